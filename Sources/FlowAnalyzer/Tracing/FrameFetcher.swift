/// The bytes of chosen frames, as the captures have them.
struct FrameFetcher {
  struct Frame {
    var bytes: [UInt8]
    /// How many bytes it had on the wire.
    var originalLength: Int
    var linkNumber: UInt16
    /// By the capture's own clock.
    var time: Timestamp
  }

  struct Place: Hashable {
    var capture: Int
    var frame: UInt64
  }

  var frames: [Place: Frame] = [:]

  /// Reads each capture up to the last frame that is wanted of it.
  ///
  /// - Parameters:
  ///   - places: captures as indices into `inputs`.
  ///   - inputs: single files, in the order of the report.
  /// - Throws: `CaptureError`, where a capture cannot be read up to there any more.
  init(_ places: Set<Place>, from inputs: [CaptureInput]) throws(CaptureError) {
    for (capture, input) in inputs.enumerated() {
      let wanted = Set(places.lazy.filter { $0.capture == capture }.map(\.frame))
      guard let last = wanted.max() else { continue }
      var reader = try CaptureReader(path: input.path)
      while reader.packets < last {
        guard try reader.advance() == .packet else { break }
        guard wanted.contains(reader.packets) else { continue }
        let bytes = reader.withFrame { frame in
          // SAFETY: bytes have no padding between them.
          unsafe frame.withUnsafeBytes { unsafe [UInt8]($0) }
        }
        frames[Place(capture: capture, frame: reader.packets)] = Frame(
          bytes: bytes, originalLength: reader.originalLength, linkNumber: reader.linkNumber,
          time: reader.time)
      }
    }
  }
}

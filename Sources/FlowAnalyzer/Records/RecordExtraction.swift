/// Reads one capture, and hands out records of it.
public struct RecordExtraction: Sendable {
  private let input: CaptureInput
  private let number: Int
  private let shownPath: String

  /// - Parameters:
  ///   - input: a file, or standard input.
  ///   - shownPath: what reports call it; nil for its path.
  ///   - number: where it stands among all captures of the analysis, from zero.
  public init(of input: CaptureInput, shownAs shownPath: String? = nil, number: Int) {
    self.input = input
    self.number = number
    self.shownPath = shownPath ?? input.path
  }

  /// Reads the capture to its end.
  ///
  /// A capture that cannot be read gives frames, too: they say so.
  ///
  /// - Returns: why it could not be read, or not to its end.
  /// - Complexity: memory for a block of records, some 20 MB.
  public func run(handOut: (RecordFrame) throws -> Void) rethrows -> CaptureError? {
    var shown = input
    shown.path = shownPath
    try handOut(.begin(RecordedCaptureHeader(shown, number: number)))
    var record = CaptureRecord(shown)
    var opened: CaptureReader?
    do throws(CaptureError) {
      opened = try CaptureReader(path: input.path)
    } catch {
      record.failure = error
    }
    if var reader = opened.take() { try read(&reader, noting: &record, handOut: handOut) }
    record.failure = record.failure?.renamed(to: shownPath)
    try handOut(.end(record))
    return record.failure
  }

  private func read(
    _ reader: inout CaptureReader, noting record: inout CaptureRecord,
    handOut: (RecordFrame) throws -> Void
  ) rethrows {
    var decoder = FrameDecoder()
    var recorder = FlowRecorder()
    var segment = Segment.none
    while reader.advance(noting: &record) {
      let (time, length) = (reader.time, reader.originalLength)
      let origin = FrameDecoder.Origin(time: time, frame: reader.packets, capture: 0, point: 0)
      reader.withFrame { frame in
        do throws(DecodeError) {
          guard let linkType = reader.linkType else { throw .unsupportedLinkType }
          let range = try decoder.decode(
            frame, originalLength: length, linkType: linkType, origin: origin, into: &segment)
          record.count(segment, at: time)
          recorder.note(segment, frame.extracting(range))
        } catch {
          record.count(error, at: time, length: length)
          recorder.noteOther(at: time)
        }
      }
      if recorder.isBlockFull { try handOut(.block(recorder.takeBlock())) }
    }
    recorder.finish()
    if !recorder.isEmpty { try handOut(.block(recorder.takeBlock())) }
    decoder.finish()
    if record.cutHeaders > 0 { record.warnings.append(.cutHeaders(packets: record.cutHeaders)) }
    if let count = decoder.fragments.abandoned[0] {
      record.warnings.append(.incompleteDatagrams(count))
    }
  }
}

extension CaptureError {
  /// The same of a capture with another path.
  fileprivate func renamed(to path: String) -> CaptureError {
    switch self {
    case .notFound: .notFound(path: path)
    case .permissionDenied: .permissionDenied(path: path)
    case .cannotOpen(_, let code): .cannotOpen(path: path, code: code)
    case .noCaptures, .standardInputTwice: self
    case .empty: .empty(path: path)
    case .notACapture(_, let signature): .notACapture(path: path, looksLike: signature)
    case .cutInFileHeader: .cutInFileHeader(path: path)
    case .unsupportedFormat(_, let reason): .unsupportedFormat(path: path, reason: reason)
    case .unsupportedLinkType(_, let number, let name):
      .unsupportedLinkType(path: path, number: number, name: name)
    case .filterRefused(_, let linkName, let reason):
      .filterRefused(path: path, linkName: linkName, reason: reason)
    case .damaged(_, let packets, let offset, let reason):
      .damaged(path: path, packets: packets, offset: offset, reason: reason)
    case .readFailed(_, let packets, let code):
      .readFailed(path: path, packets: packets, code: code)
    }
  }
}

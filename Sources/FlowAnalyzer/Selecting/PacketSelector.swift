/// Tells, packet by packet, whether it is one that is asked for.
///
/// The filter is compiled once for each kind of link layer that the captures have.
final class PacketSelector {
  private let expression: String?
  private(set) var window = TimeWindow(PacketSelection(), start: nil)
  private var filters: [Kind: Filter] = [:]

  private struct Kind: Hashable {
    var linkType: UInt16
    var isBigEndian: Bool
  }

  /// A box: dictionaries hold nothing that cannot be copied.
  private final class Filter {
    let filter: PacketFilter
    init(_ filter: consuming PacketFilter) { self.filter = filter }
  }

  /// Nil where every packet is asked for.
  init?(_ selection: PacketSelection) {
    guard !selection.isEverything else { return nil }
    expression = selection.filter
  }

  /// - Parameter start: when the first packet of all captures was captured, by the clock of all.
  func begin(_ selection: PacketSelection, at start: Timestamp?) {
    window = TimeWindow(selection, start: start)
  }

  /// Whether the reader's current packet is asked for; if it is not, it is counted.
  ///
  /// - Parameter time: of the packet, by the clock of all.
  /// - Throws: where the filter cannot be applied to such packets.
  func selects(
    _ reader: borrowing CaptureReader, at time: Timestamp, noting record: inout CaptureRecord
  ) throws(CaptureError) -> Bool {
    guard window.includes(time) else {
      record.countUnasked(.outsideTime)
      return false
    }
    if reader.isRecorded { return try selectsRecorded(reader, noting: &record) }
    // Its interface has a link type that is not read: for that it is counted elsewhere.
    guard let expression, reader.linkType != nil else { return true }
    let kind = Kind(linkType: reader.linkNumber, isBigEndian: reader.order == .big)
    let filter = try filter(expression, for: kind, of: reader.path)
    let isMatch = reader.withFrame { frame in
      filter.filter.matches(frame, originalLength: reader.originalLength)
    }
    if !isMatch { record.countUnasked(.filtered) }
    return isMatch
  }

  /// The same of a packet whose frame was looked at when its record was made.
  private func selectsRecorded(
    _ reader: borrowing CaptureReader, noting record: inout CaptureRecord
  ) throws(CaptureError) -> Bool {
    switch reader.recordedPassage {
    case .refused(let linkType, let isBigEndian):
      let kind = Kind(linkType: linkType, isBigEndian: isBigEndian)
      if let expression { _ = try filter(expression, for: kind, of: reader.path) }
      fallthrough
    case .without(.filtered, _):
      record.countUnasked(.filtered)
      return false
    case .without, .fragment, nil: return true
    }
  }

  private func filter(
    _ expression: String, for kind: Kind, of path: String
  ) throws(CaptureError) -> Filter {
    if let known = filters[kind] { return known }
    do throws(PacketFilterError) {
      let filter = Filter(
        try PacketFilter(
          expression, linkType: UInt32(kind.linkType), order: kind.isBigEndian ? .big : .little))
      filters[kind] = filter
      return filter
    } catch {
      throw .filterRefused(
        path: path, linkName: DataLink.describe(linkType: UInt32(kind.linkType)).name,
        reason: error.reason)
    }
  }
}

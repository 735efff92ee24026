/// Which packets of the captures are analysed: as if the others had never been captured.
public struct PacketSelection: Equatable, Sendable, Codable {
  /// An expression of libpcap's filter language (pcap-filter); nil keeps every packet.
  public var filter: String?
  /// The first instant that belongs to it, and the first that does not any more, by the clock of all;
  /// nil is no limit.
  public var since: TimeBound?
  public var until: TimeBound?

  public init(filter: String? = nil, since: TimeBound? = nil, until: TimeBound? = nil) {
    self.filter = filter
    self.since = since
    self.until = until
  }

  var isEverything: Bool { self == PacketSelection() }

  /// Whether it asks for a time, too.
  var isTimed: Bool { since != nil || until != nil }

  /// What of it a first look at the captures goes by. Which side they show, and how their clocks differ,
  /// does not hang on the time that is asked about.
  var atAnyTime: PacketSelection { PacketSelection(filter: filter) }
}

/// An instant as people give it; some forms need to know when the captures begin.
public enum TimeBound: Equatable, Sendable, Codable {
  case instant(Timestamp)
  /// Nanoseconds after the first packet.
  case afterStart(Int64)
  /// A time of day in UTC, in nanoseconds since midnight: that of the first packet's day, or of the
  /// next day where it would lie more than half a day before that packet.
  case timeOfDay(Int64)

  /// - Parameter start: when the first packet of all was captured.
  func instant(start: Timestamp) -> Timestamp {
    switch self {
    case .instant(let instant): return instant
    case .afterStart(let distance):
      let (sum, isTooLate) = start.nanoseconds.addingReportingOverflow(distance)
      return Timestamp(nanoseconds: isTooLate ? .max : sum)
    case .timeOfDay(let time):
      let (day, _) = start.nanoseconds.floored(by: Self.day)
      let instant = Timestamp(nanoseconds: day &* Self.day &+ time)
      return start.nanoseconds(since: instant) > Self.day / 2
        ? instant.advanced(byNanoseconds: Self.day) : instant
    }
  }

  private static let day: Int64 = 86_400_000_000_000
}

/// What a `PacketSelection` comes to for given captures, by the clock of all: from `since` on, and
/// before `until`.
struct TimeWindow: Equatable, Codable {
  var since: Timestamp?
  var until: Timestamp?

  /// - Parameter start: when the first packet of all was captured; nil where there is none.
  init(_ selection: PacketSelection, start: Timestamp?) {
    since = start.flatMap { selection.since?.instant(start: $0) }
    until = start.flatMap { selection.until?.instant(start: $0) }
  }

  func includes(_ time: Timestamp) -> Bool {
    if let since, time < since { return false }
    if let until, time >= until { return false }
    return true
  }
}

/// A piece of what `extract-records` writes of a capture: it goes from who reads captures to who judges them.
public enum RecordFrame: Sendable {
  /// What comes first.
  case begin(RecordedCaptureHeader)
  /// Some of its segments, as `docs/records.md` describes them.
  case block([UInt8])
  /// What comes last: what was counted on the way, and how reading ended.
  case end(CaptureRecord)
}

/// Which capture records are of, and how the user named it.
public struct RecordedCaptureHeader: Sendable, Codable, Equatable {
  /// Of the form of records.
  static let version = Int(RecordCoding.version)

  private(set) var version = Self.version
  /// Where it stands among all captures of the analysis, from zero.
  var number: Int
  var path: String
  var role: CaptureRole?
  var pointName: String?
  var balancer: String?
  /// Which packets are to be analysed.
  var selection: PacketSelection

  init(
    _ input: CaptureInput, number: Int, _ selection: PacketSelection = PacketSelection()
  ) {
    self.number = number
    self.selection = selection
    path = input.path
    role = input.role
    pointName = input.pointName
    balancer = input.balancer
  }

  var input: CaptureInput {
    CaptureInput(path: path, role: role, pointName: pointName, balancer: balancer)
  }
}

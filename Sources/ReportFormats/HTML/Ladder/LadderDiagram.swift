/// What passed between client, load balancer and server, made ready to be drawn: lanes side by side,
/// rows in time order, and bars for what lasted.
struct LadderDiagram {
  /// Their names, from left to right.
  var lanes: [String]
  var rows: [Row] = []
  var bars: [Bar] = []

  struct Row {
    /// What stands at the left: a time, or a time since the first row.
    var time: String
    var event: Event
    var role: Role
    /// So much time lies between this row and the one before that it is worth a word.
    var wait: String?
  }

  enum Event {
    /// A segment; one that is lost has no head.
    case segment(from: Int, to: Int, label: String, isLost: Bool)
    /// Something that happens at one place.
    case note(lane: Int, label: String)
  }

  /// What something is to the reader; each is drawn in a way of its own, not in colour alone.
  enum Role: String {
    case plain, old, good, bad
  }

  /// What a lane held from one row to another.
  struct Bar {
    var lane: Int
    /// Positions in `rows`; nil where it begins before the first, or goes on behind the last.
    var from: Int?
    var to: Int?
    var label: String
    var role: Role
  }
}

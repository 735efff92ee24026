/// A place where packets were captured, with a clock of its own.
public struct CapturePoint: Sendable {
  public let role: CaptureRole
  /// Nil where the user gave none.
  public let name: String?
  /// Which point of its side it is, counted from 1.
  let ordinal: Int
  /// How many files of this point are being read: more than one only at a named point.
  fileprivate var openFiles = 0
  /// The latest file's path without its digits: files of a rotation differ in digits.
  fileprivate var stem: String
}

/// Decides which files are one capture point.
///
/// Files of one side that do not overlap are one point. That is decided greedily in the order of
/// their first packets: a file that begins joins a point of its side at which no file is being
/// read. Among several such points it prefers one whose latest file has the same name but for
/// digits, then the oldest. A named input joins its namesake, overlapping or not.
struct CapturePoints: Sendable {
  private(set) var all: [CapturePoint] = []

  /// The point of a file that begins to be read.
  mutating func begin(_ input: CaptureInput) -> Int {
    let stem = Self.stem(of: input.path)
    let index = indexOfPoint(for: input, stem: stem) ?? all.count
    if index == all.count {
      let ordinal = all.count { $0.role == input.side } + 1
      all.append(
        CapturePoint(role: input.side, name: input.pointName, ordinal: ordinal, stem: stem))
    }
    all[index].openFiles += 1
    all[index].stem = stem
    return index
  }

  /// The path without its digits, in which files of a rotation differ.
  static func stem(of path: String) -> String { path.filter { !$0.isNumber } }

  /// Notes that a file of the point was read to its end.
  mutating func end(at index: Int) { all[index].openFiles -= 1 }

  private func indexOfPoint(for input: CaptureInput, stem: String) -> Int? {
    let candidates = all.indices.filter {
      all[$0].role == input.side && all[$0].name == input.pointName
        && (input.pointName != nil || all[$0].openFiles == 0)
    }
    return candidates.first { all[$0].stem == stem } ?? candidates.first
  }
}

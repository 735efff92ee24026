/// What is to be added to the times of each capture point, so that all keep one clock.
struct ClockCorrections: Sendable {
  /// The files of one point, as far as a file that was not begun yet can be told to be one of them.
  private struct Key: Hashable {
    var side: CaptureRole
    var name: String?
    /// The path without its digits.
    var stem: String

    init(_ input: CaptureInput) {
      side = input.side
      name = input.pointName
      stem = CapturePoints.stem(of: input.path)
    }
  }

  private var ofPath: [String: Int64] = [:]
  private var ofStem: [Key: Int64] = [:]
  private var ofSide: [CaptureRole: Int64] = [:]

  /// - Parameter correction: in nanoseconds.
  mutating func set(_ correction: Int64, for input: CaptureInput) {
    ofPath[input.path] = correction
    ofStem[Key(input)] = ofStem[Key(input)] ?? correction
    ofSide[input.side] = ofSide[input.side] ?? correction
  }

  /// Adds to the correction of a file's point, for files of it that are still to be opened.
  mutating func shift(_ input: CaptureInput, by shift: Int64) {
    let corrected = correction(for: input) &+ shift
    let key = Key(input)
    ofStem[key] = corrected
    for path in Array(ofPath.keys) where CapturePoints.stem(of: path) == key.stem {
      ofPath[path] = (ofPath[path] ?? 0) &+ shift
    }
  }

  /// In nanoseconds; that of the side's first point where the file's own is not known.
  func correction(for input: CaptureInput) -> Int64 {
    ofPath[input.path] ?? ofStem[Key(input)] ?? ofSide[input.side] ?? 0
  }
}

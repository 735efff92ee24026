extension AnalysisReport {
  /// The findings that the report lists; each is made anew whenever it is asked for, as a hundred
  /// thousand of them in full would be most of a run's memory.
  public struct Findings: RandomAccessCollection, Sendable {
    public let endIndex: Int
    private let finding: @Sendable (Int) -> Finding

    public var startIndex: Int { 0 }

    /// - Parameter finding: makes the one at a position below `count`, each time the same.
    init(count: Int, _ finding: @escaping @Sendable (Int) -> Finding) {
      endIndex = count
      self.finding = finding
    }

    public subscript(position: Int) -> Finding {
      precondition(indices.contains(position), "there is no such finding")
      return finding(position)
    }
  }
}

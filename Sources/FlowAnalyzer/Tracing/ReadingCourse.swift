/// How the captures were read, so that they can be read again in just that way: the same sides, clocks
/// and order, and so the same segments in the same batches.
struct ReadingCourse: Sendable {
  let survey: Survey
  /// What was added to the times of capture points, each after so many batches.
  private(set) var clockShifts: [Shifts] = []

  struct Shifts: Sendable {
    var batch: Int
    var shifts: [(point: UInt32, shift: Int64)]
  }

  init(_ survey: Survey) { self.survey = survey }

  mutating func note(_ shifts: [(point: UInt32, shift: Int64)], afterBatch batch: Int) {
    if !shifts.isEmpty { clockShifts.append(Shifts(batch: batch, shifts: shifts)) }
  }

}

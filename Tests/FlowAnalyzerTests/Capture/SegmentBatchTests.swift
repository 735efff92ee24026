import Testing

@testable import FlowAnalyzer

/// Batches take packets on a lane of their own; one segment at a time goes the ordinary way.
@Suite struct SegmentBatchTests {
  /// All that a source gives, as text.
  private struct Output: Equatable {
    var segments: [String] = []
    var captures: [String] = []
    var latest: Timestamp?

    mutating func end(_ source: borrowing SegmentSource) {
      captures = source.captures.map { "\($0)" }
      latest = source.latestPacket
    }
  }

  private func oneByOne(_ inputs: [CaptureInput]) -> Output {
    var source = SegmentSource(inputs: inputs)
    var output = Output()
    while let segment = source.next() { output.segments.append("\(segment) \(source.side)") }
    output.end(source)
    return output
  }

  private func batches(of capacity: Int, _ inputs: [CaptureInput]) -> Output {
    var source = SegmentSource(inputs: inputs)
    var batch = SegmentBatch(capacity: capacity)
    var output = Output()
    repeat {
      batch.removeAll()
      source.fill(&batch)
      for position in 0..<batch.count {
        output.segments.append("\(batch[position].segment) \(batch[position].side)")
      }
    } while !source.isFinished
    output.end(source)
    return output
  }

  @Test(arguments: ["l4-collide", "half-open-v6", "l7-http", "loss-lb"])
  func `a batch holds what comes one by one`(scenario: String) {
    let path = KernelTruth.capture(scenario).path
    let one = [CaptureInput(path: path, role: .server)]
    // Side by side with itself as the other side, and as a further point of the same.
    let two = one + [CaptureInput(path: path, role: .client)]
    let copies = one + [CaptureInput(path: path, role: .server, pointName: "other")]
    let both = [CaptureInput(path: path, role: .both)]
    for inputs in [one, two, copies, both] {
      let expected = oneByOne(inputs)
      for capacity in [2, 7, SegmentBatch.standardCapacity] {
        #expect(batches(of: capacity, inputs) == expected, "capacity \(capacity)")
      }
    }
  }
}

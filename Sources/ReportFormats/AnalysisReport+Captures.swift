import FlowAnalyzer

/// What all captures of a report show together.
extension AnalysisReport {
  /// From the first packet of any capture to the last; nil without packets.
  var captureSpan: ClosedRange<Timestamp>? {
    guard let first = captures.compactMap(\.firstPacket).min(),
      let last = captures.compactMap(\.lastPacket).max()
    else { return nil }
    return first...max(first, last)
  }

  /// Packets that capturing hosts say they dropped; nil where none says anything.
  var droppedPackets: UInt64? {
    let counts = captures.compactMap(\.dropped)
    return counts.isEmpty ? nil : counts.reduce(0, &+)
  }
}

extension OpenCapture {
  /// Why a capture's turn was over.
  enum TurnEnd {
    /// The current packet is the last one in the batch.
    case batchIsFull
    /// The current packet is not in the batch: others may come before it.
    case isOver
    /// There is no packet any more.
    case captureIsOver
  }

  /// Decodes its packets into a batch, from the current one on, for as long as it is its turn.
  ///
  /// Nothing here is done but what every packet needs: what there is to know about the other captures
  /// is in `turn`. It must have its point, and the batch must have room.
  mutating func take(
    turn: Turn, into batch: inout SegmentBatch, decoder: inout FrameDecoder,
    sieve: inout SegmentSieve, noting record: inout CaptureRecord
  ) -> TurnEnd {
    var origin = FrameDecoder.Origin(
      time: time, frame: 0, capture: UInt32(truncatingIfNeeded: index),
      point: UInt32(truncatingIfNeeded: point ?? 0))
    while true {
      origin.time = time
      origin.frame = reader.packets
      latestPacket = max(latestPacket, time)
      do throws(DecodeError) {
        guard let linkType = reader.linkType else { throw .unsupportedLinkType }
        try reader.withFrame { frame throws(DecodeError) in
          let range = try decoder.decode(
            frame, originalLength: reader.originalLength, linkType: linkType, origin: origin,
            into: &batch.next)
          record.countSegment(at: reader.time, hasCutHeader: batch.next.options.isTruncated)
          if let side = sieve.side(of: &batch.next, role: role) {
            batch.appendNext(side: side, tcp: frame.extracting(range))
          } else {
            record.countDuplicates(1)
          }
        }
      } catch {
        record.count(error, at: reader.time)
      }
      if batch.isFull { return .batchIsFull }
      guard reader.advance(noting: &record) else { return .captureIsOver }
      guard turn.includes(time) else { return .isOver }
    }
  }
}

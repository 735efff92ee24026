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
  ///
  /// - Parameter selector: nil where every packet is asked for; else each is looked at by itself.
  mutating func take(
    turn: Turn, selector: PacketSelector?, into batch: inout SegmentBatch,
    decoder: inout FrameDecoder, sieve: inout SegmentSieve, noting record: inout CaptureRecord
  ) -> TurnEnd {
    if let selector {
      return takeSelected(
        selector, turn: turn, into: &batch, decoder: &decoder, sieve: &sieve, noting: &record)
    }
    while true {
      takeCurrentPacket(into: &batch, decoder: &decoder, sieve: &sieve, noting: &record)
      if batch.isFull { return .batchIsFull }
      let isOver = takePacketsAtHand(
        turn: turn, into: &batch, decoder: &decoder, sieve: &sieve, noting: &record)
      if isOver { return .isOver }
      if batch.isFull { return .batchIsFull }
      guard reader.advance(noting: &record) else { return .captureIsOver }
      guard turn.includes(time) else { return .isOver }
    }
  }

  /// The same for packets that are looked at one by one.
  private mutating func takeSelected(
    _ selector: PacketSelector, turn: Turn, into batch: inout SegmentBatch,
    decoder: inout FrameDecoder, sieve: inout SegmentSieve, noting record: inout CaptureRecord
  ) -> TurnEnd {
    while true {
      do throws(CaptureError) {
        if try selector.selects(reader, at: time, noting: &record) {
          takeCurrentPacket(into: &batch, decoder: &decoder, sieve: &sieve, noting: &record)
          if batch.isFull { return .batchIsFull }
        }
      } catch {
        record.failure = error
        return .captureIsOver
      }
      guard reader.advance(noting: &record) else { return .captureIsOver }
      guard turn.includes(time) else { return .isOver }
    }
  }

  private mutating func takeCurrentPacket(
    into batch: inout SegmentBatch, decoder: inout FrameDecoder, sieve: inout SegmentSieve,
    noting record: inout CaptureRecord
  ) {
    latestPacket = max(latestPacket, time)
    let origin = origin(time: time, number: reader.packets)
    reader.withFrame { frame in
      batch.take(
        frame, originalLength: reader.originalLength, linkType: reader.linkType, origin: origin,
        at: reader.time, role: role, side: nil, decoder: &decoder, sieve: &sieve, noting: &record)
    }
  }

  /// Nearly all packets go this way.
  ///
  /// - Returns: whether the current packet is one that does not belong to the turn.
  @inline(never)
  private mutating func takePacketsAtHand(
    turn: Turn, into batch: inout SegmentBatch, decoder: inout FrameDecoder,
    sieve: inout SegmentSieve, noting record: inout CaptureRecord
  ) -> Bool {
    let (role, correction) = (role, correction)
    let side = sieve.side(ofAllWith: role)
    var (origin, latest) = (origin(time: time, number: 0), latestPacket)
    let isOver = reader.lendPackets(
      while: { turn.includes($0.advanced(byNanoseconds: correction)) },
      { frame, packet, linkType, number in
        origin.time = packet.time.advanced(byNanoseconds: correction)
        origin.frame = number
        latest = max(latest, origin.time)
        batch.take(
          frame, originalLength: packet.originalLength, linkType: linkType, origin: origin,
          at: packet.time, role: role, side: side, decoder: &decoder, sieve: &sieve,
          noting: &record)
        return !batch.isFull
      })
    latestPacket = latest
    return isOver
  }

  private func origin(time: Timestamp, number: UInt64) -> FrameDecoder.Origin {
    FrameDecoder.Origin(
      time: time, frame: number, capture: UInt32(truncatingIfNeeded: index),
      point: UInt32(truncatingIfNeeded: point ?? 0))
  }
}

extension SegmentBatch {
  /// Decodes a packet and appends its segment, unless it has none or that is a further copy.
  ///
  /// - Parameters:
  ///   - time: by the capture's own clock.
  ///   - side: nil if the sieve must tell.
  @inline(__always)
  fileprivate mutating func take(
    _ frame: RawSpan, originalLength: Int, linkType: LinkType?, origin: FrameDecoder.Origin,
    at time: Timestamp, role: CaptureRole, side: Side?, decoder: inout FrameDecoder,
    sieve: inout SegmentSieve, noting record: inout CaptureRecord
  ) {
    do throws(DecodeError) {
      guard let linkType else { throw .unsupportedLinkType }
      let range = try decoder.decode(
        frame, originalLength: originalLength, linkType: linkType, origin: origin, into: &next)
      record.count(next, at: time)
      if let side = side ?? sieve.side(of: &next, role: role) {
        appendNext(side: side, tcp: frame.extracting(range))
      } else {
        record.countDuplicates(1)
      }
    } catch {
      record.count(error, at: time, length: originalLength)
    }
  }
}

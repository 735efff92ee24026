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
      if reader.hasFound {
        let isOver = takeFound(
          turn: turn, into: &batch, decoder: &decoder, sieve: &sieve, noting: &record)
        if isOver { return .isOver }
      } else {
        takeCurrentPacket(into: &batch, decoder: &decoder, sieve: &sieve, noting: &record)
      }
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
    lastPacket = time
    if reader.isRecorded {
      takeRecorded(into: &batch, decoder: &decoder, sieve: &sieve, noting: &record)
      return
    }
    let origin = origin(time: time, number: reader.packets)
    reader.withFrame { frame in
      batch.take(
        frame, originalLength: reader.originalLength, linkType: reader.linkType, origin: origin,
        at: reader.time, role: role, decoder: &decoder, sieve: &sieve, noting: &record)
    }
  }

  /// The same for one that was decoded when its record was made.
  private func takeRecorded(
    into batch: inout SegmentBatch, decoder: inout FrameDecoder, sieve: inout SegmentSieve,
    noting record: inout CaptureRecord
  ) {
    reader.withRecordedPacket { segment, frame, tcp in
      guard frame > 0 else {
        take(
          Passage(segment, tcp), tcp, into: &batch, decoder: &decoder, sieve: &sieve,
          noting: &record)
        return
      }
      batch.next = copy segment
      batch.next.origin = origin(time: time, number: frame)
      record.count(batch.next, at: reader.time)
      guard let side = sieve.side(of: &batch.next, role: role) else {
        record.countDuplicates(1)
        return
      }
      batch.appendNext(
        side: side, of: tcp,
        at: CommonHeaders.Place(start: 0, end: tcp.byteCount, maySayMore: tcp.byteCount > 0))
    }
  }

  /// The same for one that had no segment then.
  private func take(
    _ passage: Passage, _ bytes: RawSpan, into batch: inout SegmentBatch,
    decoder: inout FrameDecoder, sieve: inout SegmentSieve, noting record: inout CaptureRecord
  ) {
    switch passage {
    case .without(let reason, let length): record.count(reason, at: reader.time, length: length)
    case .fragment(let linkType, let number, let length):
      batch.take(
        bytes.extracting(Passage.fragmentHeadBytes..<bytes.byteCount), originalLength: length,
        linkType: LinkType(dataLink: Int32(linkType)), origin: origin(time: time, number: number),
        at: reader.time, role: role,
        decoder: &decoder, sieve: &sieve, noting: &record)
    case .refused: return
    }
  }

  /// Takes the current packet and those found behind it, as long as it is their turn.
  ///
  /// Nearly all packets go this way: what is the same for all is looked at once, and common headers are
  /// read where they lie.
  ///
  /// - Returns: whether the turn is over: then the current packet was not taken; else it was, as the last one.
  @inline(never)
  private mutating func takeFound(
    turn: Turn, into batch: inout SegmentBatch, decoder: inout FrameDecoder,
    sieve: inout SegmentSieve, noting record: inout CaptureRecord
  ) -> Bool {
    let (role, correction) = (role, correction)
    let sideOfAll = sieve.side(ofAllWith: role)
    let former = record.tally.times
    var origin = origin(time: time, number: reader.packets)
    let (count, isOver, last) = reader.withFound { bytes, found in
      let first = found.position
      let link = CommonLink(found.linkType)
      let end = min(found.count, first &+ batch.room)
      var (position, others, isOver) = (first, 0, false)
      while position < end {
        let packet = found[position]
        let time = packet.time.advanced(byNanoseconds: correction)
        if position > first, !turn.includes(time) {
          isOver = true
          break
        }
        // SAFETY: all of a packet that was found lies within the buffer.
        let frame = unsafe bytes.extracting(unchecked: packet.range)
        origin.time = time
        if let place = link.read(frame, into: &batch.next) {
          batch.next.origin = origin
          record.tally.note(segmentAt: packet.time, digest: batch.next.digest)
          if let side = sideOfAll ?? sieve.sideOfCommon(&batch.next, role: role) {
            batch.appendNext(side: side, of: frame, at: place)
          } else {
            record.countDuplicates(1)
          }
        } else {
          others &+= 1
          batch.take(
            frame, originalLength: reader.originalLength(of: packet), linkType: found.linkType,
            origin: origin, at: packet.time, role: role, decoder: &decoder, sieve: &sieve,
            noting: &record)
        }
        origin.frame &+= 1
        position &+= 1
      }
      record.tally.count(
        notedPackets: position - first - others, found.times(of: first..<position, behind: former))
      return (position - first, isOver, origin.time)
    }
    lastPacket = last
    reader.pass(isOver ? count : count - 1)
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
  /// - Parameter time: by the capture's own clock.
  @inline(never)
  fileprivate mutating func take(
    _ frame: RawSpan, originalLength: Int, linkType: LinkType?, origin: FrameDecoder.Origin,
    at time: Timestamp, role: CaptureRole, decoder: inout FrameDecoder,
    sieve: inout SegmentSieve, noting record: inout CaptureRecord
  ) {
    decoder.hasMetFragment = false
    do throws(DecodeError) {
      guard let linkType else { throw .unsupportedLinkType }
      let range = try decoder.decode(
        frame, originalLength: originalLength, linkType: linkType, origin: origin, into: &next)
      if decoder.hasMetFragment {
        record.countFragment(
          at: time, length: originalLength, nil, isCut: next.options.isTruncated)
      } else {
        record.count(next, at: time)
      }
      if let side = sieve.side(of: &next, role: role) {
        appendNext(
          side: side, of: frame,
          at: CommonHeaders.Place(
            start: range.lowerBound, end: range.upperBound, maySayMore: true))
      } else {
        record.countDuplicates(1)
      }
    } catch {
      if decoder.hasMetFragment {
        record.countFragment(at: time, length: originalLength, error, isCut: error.isCut)
      } else {
        record.count(error, at: time, length: originalLength)
      }
    }
  }
}

extension SegmentSieve {
  /// Out of line: what reads packets one after the other needs the registers, too.
  @inline(never)
  fileprivate mutating func sideOfCommon(_ segment: inout Segment, role: CaptureRole) -> Side? {
    side(of: &segment, role: role)
  }
}

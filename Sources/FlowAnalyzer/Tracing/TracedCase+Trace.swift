/// From what was gathered to the trace: connections with numbers, and all frames in one order.
extension TracedCase {
  func trace() -> FindingTrace {
    var trace = FindingTrace(
      finding: finding, frames: [], connections: [], encounters: encounters,
      isComplete: hitsSeen == finding.hits.count)
    guard hitsSeen > 0 else { return trace }
    for strand in strands where strand.isAnchored {
      var log = strand.log
      for entry in evidence(in: strand) { log.append(entry) }
      log.finish()
      addServerSide(log.entries, strand.tuple, to: &trace)
    }
    addClientSide(to: &trace)
    trace.alignClients()
    trace.frames.sort { $0.order < $1.order }
    return trace
  }

  /// What a SYN without an answer has met shows in the next answer, whoever asked for it.
  private func evidence(in strand: Strand) -> ArraySlice<FrameLog.Entry> {
    guard strand.isLeft,
      finding.hits.last(where: { $0.tuple == strand.tuple })?.answer == .unanswered,
      let answer = strand.aside.entries.firstIndex(where: { !$0.frame.isFromOpener })
    else { return [] }
    return strand.aside.entries[...answer]
  }

  private func addServerSide(
    _ entries: [FrameLog.Entry], _ tuple: FourTuple, to trace: inout FindingTrace
  ) {
    // A SYN has no partner's number yet; the same connection has one later.
    var numbers: [FrameLog.Incarnation: Int] = [:]
    for entry in entries {
      var key = entry.incarnation
      key.responderBase = nil
      let number = numbers[key] ?? trace.connections.count
      if numbers[key] == nil {
        numbers[key] = number
        trace.connections.append(
          TracedConnection(
            side: .server, tuple: tuple, part: part(of: key, tuple), openerBase: key.openerBase,
            responderBase: nil, beganUnseen: key.beganUnseen))
      }
      if let base = entry.incarnation.responderBase {
        trace.connections[number].responderBase = base
      }
      var frame = entry.frame
      frame.connection = number
      trace.frames.append(frame)
    }
  }

  private func part(
    of incarnation: FrameLog.Incarnation, _ tuple: FourTuple
  ) -> TracedConnection.Part {
    for (hit, holder) in zip(finding.hits, holders) where hit.tuple == tuple {
      if let holder, holder.openerBase == incarnation.openerBase,
        holder.beganUnseen == incarnation.beganUnseen
      {
        return .previous
      }
    }
    if !incarnation.beganUnseen {
      return incarnation.openerBase == SequenceNumber(finding.hits[0].isn) ? .current : .other
    }
    // Only the answers of what was held are left of it.
    return holders.contains { $0 != nil } ? .other : .previous
  }

  // MARK: - The clients' side

  private func addClientSide(to trace: inout FindingTrace) {
    var legs: [(leg: ClientStrand.Leg, part: TracedConnection.Part)] = []
    if let leg = currentLeg { legs.append((leg, .current)) }
    for index in finding.hits.indices {
      guard let leg = previousLeg(of: index, trace),
        !legs.contains(where: {
          $0.leg.tuple == leg.tuple && $0.leg.incarnation == leg.incarnation
        })
      else { continue }
      legs.append((leg, .previous))
    }
    for (leg, part) in legs {
      var log = leg.log
      // What went before it was let in is another story.
      if part == .previous { log.removeAll(beforeSYN: leg.incarnation.openerBase) }
      log.finish()
      let number = trace.connections.count
      trace.connections.append(
        TracedConnection(
          side: .client, tuple: leg.tuple, part: part, openerBase: leg.incarnation.openerBase,
          responderBase: leg.incarnation.responderBase, beganUnseen: leg.incarnation.beganUnseen))
      for entry in log.entries {
        var frame = entry.frame
        frame.connection = number
        trace.frames.append(frame)
      }
    }
  }

  private func strand(of client: AnalysisReport.Client?) -> ClientStrand? {
    guard let client, let port = client.port else { return nil }
    return clients.first { $0.client == Endpoint(address: client.ip, port: port) }
  }

  private var currentLeg: ClientStrand.Leg? {
    guard let strand = strand(of: finding.current.client), let first = finding.hits.first else {
      return nil
    }
    if finding.current.method.keepsISN {
      return strand.leg(withISN: SequenceNumber(first.isn))
    }
    return strand.leg(openAt: first.at)
  }

  /// The client's connection whose partner left the tuple behind.
  private func previousLeg(of hit: Int, _ trace: FindingTrace) -> ClientStrand.Leg? {
    let party = finding.hits[hit].previous
    guard let strand = strand(of: party.client), let holder = holders[hit] else { return nil }
    if party.method.keepsISN { return strand.leg(withISN: holder.openerBase) }
    // Where one connection has served several clients, the last of them came after it was opened.
    let last = trace.frames.last {
      trace.connections[$0.connection].openerBase == holder.openerBase
        && trace.connections[$0.connection].tuple == finding.hits[hit].tuple
        && $0.segment.payloadLength > 0
    }
    return strand.leg(openAt: last?.segment.time ?? finding.hits[hit].at)
  }
}

extension JoinMethod {
  /// Connections found so have the client's ISN on both sides.
  var keepsISN: Bool {
    switch self {
    case .isn, .timestamp, .options, .sameTuple: true
    case .serverISN, .payload, .proxyProtocol, .toa, .forwarded, .timing, .none: false
    }
  }
}

extension TracedFrame {
  /// By time, and where that is equal by place.
  fileprivate var order: (Timestamp, UInt32, UInt64) {
    (segment.time, segment.capture, segment.frame)
  }
}

/// A tuple that the server holds at the end of a capture.
struct HeldTuple: Equatable {
  /// From the peer to the holder.
  var tuple: FourTuple
  var state: TCPState
  var since: Timestamp
  var timerStartedAt: Timestamp
  var hasUnknownTimes: Bool
}

extension FlowTracker {
  /// Calls `body` with each tuple whose responder holds it at the end of the captures.
  ///
  /// - Parameter ignoresResets: whether a server, by address number, ignores RSTs in TIME_WAIT.
  func forEachHeldTuple(
    ignoresResets: (ServerKnowledge) -> Bool, _ body: (HeldTuple) -> Void
  ) {
    for position in 0..<records.endPosition where records[position].isLive {
      guard let connection = records[position].connection, !isForgettable(position, at: now) else {
        continue
      }
      let holder = connection.responder
      switch holder.state {
      case .closed, .synSent, .synReceived: continue
      case .timeWait:
        let age = now.nanoseconds(since: holder.timerStartedAt)
        if age >= retention.timeWait { continue }
        if records[position].hasRareFacts,
          rareFacts.known(of: position).killedAt >= holder.heldSince
        {
          continue
        }
        if holder.isReset {
          let key = records[position].key
          let server = connection.originatorIsLow ? key.highAddress : key.lowAddress
          if !ignoresResets(knowledge[server]) { continue }
        }
      case .established, .finWait1, .finWait2, .closeWait, .closing, .lastAck:
        if holder.isReset { continue }
      }
      body(
        HeldTuple(
          tuple: tuple(of: records[position].key, sourceIsLow: connection.originatorIsLow),
          state: holder.state, since: holder.heldSince, timerStartedAt: holder.timerStartedAt,
          hasUnknownTimes: holder.hasUnknownTimes))
    }
  }

  /// A verdict says that a SYN has ended the TIME_WAIT that it met, without a connection of its own.
  mutating func noteKilled(by exchange: Exchange) {
    let (key, _) = TupleKey.of(
      source: exchange.source, exchange.sourcePort, destination: exchange.destination,
      exchange.destinationPort)
    guard let position = place(of: key), let holder = records[position].connection?.responder,
      holder.state == .timeWait, holder.heldSince == exchange.holder.since, !holder.isReset
    else { return }
    noteRareFacts(of: position) { $0.killedAt = exchange.time }
  }

  private func tuple(of key: TupleKey, sourceIsLow: Bool) -> FourTuple {
    let low = Endpoint(address: addresses[key.lowAddress], port: key.lowPort)
    let high = Endpoint(address: addresses[key.highAddress], port: key.highPort)
    return FourTuple(source: sourceIsLow ? low : high, destination: sourceIsLow ? high : low)
  }
}

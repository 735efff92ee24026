import BasicContainers

/// The chain of open SYNs that hangs on a tuple's record, oldest first.
extension FlowTracker {
  /// Whether more SYNs wait on a tuple than are kept.
  mutating func hasLongChain(_ position: Int) -> Bool {
    var node = records[position].firstPending
    var count = 0
    while node != TupleRecord.none {
      count += 1
      node = pending[Int(node)].next
    }
    return count > Self.longestChain
  }

  /// The last of a tuple's open SYNs. Chains are short: there is one as a rule.
  @inline(__always)
  mutating func newestPending(_ position: Int) -> UInt32 {
    var newest = records[position].firstPending
    guard newest != TupleRecord.none else { return newest }
    while true {
      let next = pending[Int(newest)].next
      if next == TupleRecord.none { return newest }
      newest = next
    }
  }

  mutating func append(_ exchange: Exchange, _ position: Int) {
    let place = pending.take(orAdd: PendingSyn(exchange: exchange))
    pending[place].exchange = exchange
    pending[place].next = TupleRecord.none
    let node = UInt32(truncatingIfNeeded: place)
    let last = newestPending(position)
    if last == TupleRecord.none {
      records[position].firstPending = node
    } else {
      pending[Int(last)].next = node
    }
  }

  /// Sets the proof on every open SYN before `node` that has none yet.
  mutating func setProof(_ proof: Exchange.Proof, upTo end: UInt32, _ position: Int) {
    var node = records[position].firstPending
    while node != TupleRecord.none, node != end {
      if pending[Int(node)].exchange.proof == .none { pending[Int(node)].exchange.proof = proof }
      node = pending[Int(node)].next
    }
  }

  /// Hands out the SYNs before `end`.
  mutating func finish(before end: UInt32, _ position: Int) {
    while records[position].firstPending != end, records[position].hasPending {
      finishFirst(position)
    }
  }

  /// Hands out the SYNs up to `last` and with it.
  mutating func finish(through last: UInt32, _ position: Int) {
    guard last != TupleRecord.none else { return }
    finish(before: last, position)
    finishFirst(position)
  }

  /// Hands out all open SYNs of a tuple.
  mutating func finishPending(_ position: Int) {
    while records[position].hasPending { finishFirst(position) }
  }

  mutating func finishFirst(_ position: Int) {
    let node = records[position].firstPending
    guard node != TupleRecord.none else { return }
    pending[Int(node)].exchange.watched = now.nanoseconds(
      since: pending[Int(node)].exchange.time)
    if !records[position].hasConnection, pending[Int(node)].exchange.answer != .synAck {
      records[position].hadUnansweredSyn = true
    }
    finished.append(node)
    records[position].firstPending = pending[Int(node)].next
  }

  /// How many SYNs are ready for judgement.
  @inline(__always)
  var finishedCount: Int { finished.count }

  /// The exchange of a SYN that is ready for judgement, by its number in `finished`.
  @inline(__always)
  func finishedExchange(_ number: Int) -> Exchange { pending[finishedPlace(number)].exchange }

  /// Where it is kept in `pending`, to be looked at without a copy.
  @inline(__always)
  func finishedPlace(_ number: Int) -> Int { Int(finished[number]) }

  /// Forgets the SYNs that were ready for judgement.
  mutating func releaseFinished() {
    for number in 0..<finished.count { pending.remove(Int(finished[number])) }
    finished.removeAll(keepingCapacity: true)
  }
}

/// Taking back the joiner's numbers of addresses: a flood of forged ones must not fill the memory.
extension Joiner {
  /// Takes back those that nothing kept in the audit has any more, once there are many.
  mutating func sweepAddresses(
    _ servers: borrowing FlowTracker, _ ledger: borrowing AuditLedger
  ) {
    if addresses.isSweepDue { sweepUnusedAddresses(servers, ledger) }
  }

  @inline(never)
  private mutating func sweepUnusedAddresses(
    _ servers: borrowing FlowTracker, _ ledger: borrowing AuditLedger
  ) {
    var table = AddressTable()
    swap(&table, &addresses)
    table.sweep { uses in
      for number in 0..<legs.endPosition where legs[number].notes.contains(.isLive) {
        uses.note(legs[number].client)
        uses.note(legs[number].virtual)
        uses.note(legs[number].server)
      }
      for tuples in moreServers.values { for tuple in tuples { uses.note(tuple) } }
      for list in users.values { uses.note(list) }
      noteFormerUsers(in: &uses)
      topology.noteAddresses(in: &uses)
      servers.noteClients(in: &uses)
      ledger.noteClients(in: &uses)
    }
    swap(&table, &addresses)
  }
}

extension FlowTracker {
  /// Notes the numbers that the joiner has given to clients of what is kept here.
  fileprivate func noteClients(in uses: inout AddressTable.Uses) {
    for position in 0..<records.endPosition where records[position].isLive {
      uses.note(joins[position].occupant)
    }
    // Places that are free have a client of before; it stays a little longer.
    for place in 0..<pending.endPosition { uses.note(pending[place].exchange.previous) }
    attempts.noteClients(in: &uses)
    for arrival in arrivals?.arrivals ?? [] { uses.note(arrival.client) }
  }
}

extension AddressTable.Uses {
  mutating func note(_ party: Party) { note(party.address) }

  mutating func note(_ list: ClientList) { for party in list.clients { note(party) } }

  fileprivate mutating func note(_ tuple: ServerTuple) {
    note(tuple.source)
    note(tuple.destination)
  }
}

/// What the join knows of a tuple of the servers' side.
struct JoinedTuple: BitwiseCopyable {
  /// What it keeps about the tuple, by its own numbers.
  var number = TupleRecord.none
  /// The client of the last connection that got a SYN-ACK.
  var occupant = Party.unknown
}

/// A stream that is to be opened when something is sent is a mark in the record, as all connections
/// of the server side begin with one: where nobody ever sends anything, the column stays empty.
///
/// Who only reads is `mutating` for the reason that stands in `FlowTracker+Syn.swift`.
extension FlowTracker {
  /// What the join keeps about a tuple: a `ServerStream`, by its number.
  @inline(__always)
  mutating func join(of record: Int) -> UInt32 {
    records[record].awaitsStream ? ServerStream.unopened : joins[record].number
  }

  @inline(__always)
  mutating func setJoin(_ number: UInt32, of record: Int) {
    let isUnopened = number == ServerStream.unopened
    records[record].awaitsStream = isUnopened
    let kept = isUnopened ? TupleRecord.none : number
    joins.change(record, isNeeded: kept != TupleRecord.none) { $0.number = kept }
  }

  /// The client of the last connection of a tuple that got a SYN-ACK.
  @inline(__always)
  mutating func occupant(of record: Int) -> Party { joins[record].occupant }

  @inline(__always)
  mutating func setOccupant(_ party: Party, of record: Int) {
    joins.change(record, isNeeded: party.isKnown) { $0.occupant = party }
  }
}

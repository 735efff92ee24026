import Testing

@testable import FlowAnalyzer

/// The short way of segments in order must come to what the long way comes to.
@Suite("Segments in order")
struct QuickPassTests {
  private struct Walk {
    var random: SeededGenerator
    var quick = 0
    var slow = 0
    /// Segments with which a connection opened or closed by the short way.
    var across = 0
    /// How many of a hundred segments have a FIN.
    var finRate = 0

    /// Both ends' numbers lie near the wrap now and then.
    mutating func connection() -> Connection {
      let near = Bool.random(using: &random)
      let isn = SequenceNumber(near ? .max - 40 : UInt32.random(in: 0 ... .max, using: &random))
      var synAck = segment(
        from: false, sequence: SequenceNumber(.max - 3), acknowledgment: isn.advanced(by: 1))
      synAck.flags = [.syn, .ack]
      var options = TCPOptions()
      options.hasTimestamps = Bool.random(using: &random)
      options.timestampValue = 100
      synAck.options = options
      return Connection(
        synSequence: isn, synOptions: options, synAck: synAck,
        startedAt: Timestamp(nanoseconds: 0), originatorIsLow: true)
    }

    mutating func segment(
      from low: Bool, sequence: SequenceNumber, acknowledgment: SequenceNumber
    ) -> Segment {
      let client = Endpoint(address: IPAddress(v4: 1), port: 4000)
      let server = Endpoint(address: IPAddress(v4: 2), port: 80)
      var options = TCPOptions()
      options.hasTimestamps = Int.random(in: 0..<8, using: &random) > 0
      options.timestampValue = UInt32.random(in: 90...120, using: &random)
      options.timestampEchoReply = UInt32.random(in: 90...120, using: &random)
      return Segment(
        time: Timestamp(nanoseconds: Int64.random(in: 0...1000, using: &random)),
        source: low ? client : server, destination: low ? server : client, sequence: sequence,
        acknowledgment: acknowledgment, flags: .ack,
        window: UInt16.random(in: 0 ... .max, using: &random),
        payloadLength: UInt32.random(in: 0...2, using: &random) * 5, options: options,
        ipIdentification: 0, dontFragment: true, digest: 0, frame: 1, capture: 0, point: 0)
    }

    /// Feeds a segment to both ends by the short way across states, and at length.
    mutating func compareAcrossStates(
      _ segment: Segment, _ connection: Connection, senderIsLow: Bool
    ) {
      let ends = (
        connection.endpoint(isLow: senderIsLow), connection.endpoint(isLow: !senderIsLow)
      )
      var (one, other) = (ends, ends)
      guard
        EndpointStateMachine.passInOrderAcrossStates(segment, from: &one.0, to: &one.1)
      else {
        expectSame(one, ends)
        return
      }
      if ends.0.state != one.0.state || ends.1.state != one.1.state { across += 1 }
      let insteadOfLastACK = Connection.passAtLength(
        segment, from: &other.0, to: &other.1, beganUnseen: connection.beganUnseen,
        timer: .anyAcknowledgment)
      expectSame(one, other)
      #expect(insteadOfLastACK == false)
    }

    /// Mostly in order; else a little off, or with a flag that matters.
    mutating func step(_ connection: inout Connection) {
      let low = Bool.random(using: &random)
      let sender = connection.endpoint(isLow: low)
      let receiver = connection.endpoint(isLow: !low)
      func off(_ random: inout SeededGenerator) -> UInt32 {
        Int.random(in: 0..<6, using: &random) > 0
          ? 0 : UInt32(bitPattern: Int32.random(in: -6...6, using: &random))
      }
      var segment = segment(
        from: low, sequence: sender.nextToSend.advanced(by: off(&random)),
        acknowledgment: receiver.nextToSend.advanced(by: off(&random)))
      if Int.random(in: 0..<100, using: &random) == 0 {
        segment.flags = TCPFlags(rawValue: UInt8.random(in: 0 ... .max, using: &random))
      } else if Int.random(in: 0..<100, using: &random) < finRate {
        segment.flags.insert(.fin)
      }
      compareAcrossStates(segment, connection, senderIsLow: low)
      var other = connection
      let isQuick = connection.passQuickly(segment, senderIsLow: low)
      other.observe(segment, senderIsLow: low)
      if isQuick {
        quick += 1
        expectSame(connection, other)
      } else {
        slow += 1
        connection = other
      }
    }
  }

  @Test(arguments: 0..<200 as Range<UInt64>)
  func `open and close by the short way to the same place`(seed: UInt64) {
    var walk = Walk(random: SeededGenerator(seed: seed))
    walk.finRate = 12
    for _ in 0..<25 {
      var connection = walk.connection()
      for _ in 0..<30 { walk.step(&connection) }
    }
    #expect(walk.across > 25, "seed \(seed)")
  }

  @Test(arguments: 0..<40 as Range<UInt64>)
  func `go the short way to the same place`(seed: UInt64) {
    var walk = Walk(random: SeededGenerator(seed: seed))
    var connection = walk.connection()
    for _ in 0..<300 { walk.step(&connection) }
    #expect(walk.slow > 10, "seed \(seed)")
  }

  @Test func `most take it`() {
    var walk = Walk(random: SeededGenerator(seed: 1))
    for _ in 0..<200 {
      var connection = walk.connection()
      for _ in 0..<20 { walk.step(&connection) }
    }
    #expect(walk.quick > 500)
  }
}

/// Compares all fields, also those that are private: bit by bit, and by their names only where a gap
/// between fields may differ.
private func expectSame<Value: BitwiseCopyable>(
  _ one: Value, _ other: Value, sourceLocation: SourceLocation = #_sourceLocation
) {
  let isEqual = unsafe withUnsafeBytes(of: one) { bytes in
    unsafe withUnsafeBytes(of: other) { unsafe bytes.elementsEqual($0) }
  }
  if !isEqual { #expect("\(one)" == "\(other)", sourceLocation: sourceLocation) }
}

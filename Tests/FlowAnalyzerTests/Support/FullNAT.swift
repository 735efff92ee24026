@testable import FlowAnalyzer

/// What LVS FULLNAT makes of the server side of a plain translation: the client's sequence numbers are
/// shifted for each connection, timestamps are replaced by NOPs in both directions, and the client's
/// address may stand in an option of its first segments after the SYN (reference, section 7).
struct FullNAT {
  /// Numbers each SYN anew that is tried from another port.
  var shiftsEachTuple = false
  /// Puts the client's address into segments that acknowledge the server's SYN and nothing more.
  var hasTOA = false
  /// The client of each ISN, for TOA.
  var clients: [UInt32: (address: UInt32, port: UInt16)] = [:]

  private struct Incarnation {
    var isn: UInt32
    var shift: UInt32
    var serverISN: UInt32?
  }

  /// The clients by their ISNs, as a capture of the client side (SLL2, IPv4) shows them.
  static func clients(in capture: CaptureBuilder) -> [UInt32: (address: UInt32, port: UInt16)] {
    var clients: [UInt32: (address: UInt32, port: UInt16)] = [:]
    for packet in capture.packets {
      let tcp = capture.tcpOffset(of: packet)
      guard packet.bytes[tcp + 13] & 0x12 == 0x02 else { continue }
      clients[packet.bytes.number(at: tcp + 4)] = (
        packet.bytes.number(at: tcp - 8), UInt16(packet.bytes.number(at: tcp) >> 16)
      )
    }
    return clients
  }

  /// Rewrites a capture of the server side.
  func translated(_ capture: CaptureBuilder) -> CaptureBuilder {
    var result = capture
    var incarnations: [UInt32: [Incarnation]] = [:]
    for index in capture.packets.indices {
      var frame = capture.packets[index].bytes
      let tcp = capture.tcpOffset(of: capture.packets[index])
      let ports = frame.number(at: tcp)
      let isFromServer = ports >> 16 == 80
      let tuple = isFromServer ? ports & 0xffff : ports >> 16
      let flags = frame[tcp + 13]
      let sequence = frame.number(at: tcp + 4)
      let acknowledgment = frame.number(at: tcp + 8)
      if !isFromServer, flags & 0x12 == 0x02,
        incarnations[tuple]?.contains(where: { $0.isn == sequence }) != true
      {
        // The shift is the connection's own.
        let key = UInt64(sequence) << 16 | UInt64(shiftsEachTuple ? tuple : 0)
        let shift = UInt32(truncatingIfNeeded: mixed(key)) | 1
        incarnations[tuple, default: []].append(Incarnation(isn: sequence, shift: shift))
      }
      let number = isFromServer ? acknowledgment : sequence
      let known = incarnations[tuple] ?? []
      // The incarnation whose numbers these are: connections are short.
      if let place = known.indices.reversed().first(where: { number &- known[$0].isn < 1 << 20 }) {
        let hasNumber = !isFromServer || flags & 0x10 != 0
        if hasNumber { frame.set(number &+ known[place].shift, at: tcp + (isFromServer ? 8 : 4)) }
        if isFromServer, flags & 0x12 == 0x12 { incarnations[tuple]?[place].serverISN = sequence }
        Self.stripTimestamps(&frame, tcp)
        if hasTOA, !isFromServer, flags & 0x06 == 0,
          known[place].serverISN.map({ $0 &+ 1 }) == acknowledgment,
          let client = clients[known[place].isn]
        {
          Self.insertTOA(client, into: &frame, tcp)
        }
      }
      result.packets[index].bytes = frame
    }
    return result
  }

  private static func stripTimestamps(_ frame: inout [UInt8], _ tcp: Int) {
    let end = tcp + Int(frame[tcp + 12] >> 4) * 4
    var offset = tcp + 20
    while offset + 1 < end, frame[offset] != 0 {
      if frame[offset] == 1 {
        offset += 1
        continue
      }
      let length = Int(frame[offset + 1])
      if frame[offset] == 8, length == 10 {
        for place in offset..<offset + 10 { frame[place] = 1 }
      }
      offset += length
    }
  }

  /// In place of the NOPs that the timestamps have left.
  private static func insertTOA(
    _ client: (address: UInt32, port: UInt16), into frame: inout [UInt8], _ tcp: Int
  ) {
    guard frame[tcp + 12] >> 4 == 8 else { return }
    frame.replaceSubrange(
      tcp + 20..<tcp + 28,
      with: [254, 8] + bytes(client.port) + bytes(client.address))
  }
}

@testable import FlowAnalyzer

/// What network adapters do to payload on behalf of the host: captures show it before or after.
extension CaptureBuilder {
  /// Every payload in segments of so many bytes.
  func inPieces(of size: Int) -> CaptureBuilder {
    var result = self
    result.packets = packets.flatMap { packet in
      let payload = payload(of: packet)
      guard payload.count > size, payload.endIndex <= packet.bytes.count else { return [packet] }
      return stride(from: 0, to: payload.count, by: size).map { start in
        let end = Swift.min(start + size, payload.count)
        var piece = packet
        piece.bytes = Array(packet.bytes[..<payload.startIndex])
        piece.bytes += packet.bytes[payload.startIndex + start..<payload.startIndex + end]
        piece.originalLength = nil
        let tcp = tcpOffset(of: packet)
        piece.bytes.set(piece.bytes.number(at: tcp + 4) &+ UInt32(start), at: tcp + 4)
        // FIN and PSH are the last one's.
        if end < payload.count { piece.bytes[tcp + 13] &= ~0x09 }
        setLength(&piece)
        return piece
      }
    }
    return result
  }

  /// The first thing that the server says on each connection is longer by so many bytes, in one frame.
  func withLargeFrames(of size: UInt32) -> CaptureBuilder {
    var result = self
    var growths: [[UInt8]: Growth] = [:]
    for index in packets.indices {
      var packet = packets[index]
      let tcp = tcpOffset(of: packet)
      let isFromServer = packet.bytes[tcp..<tcp + 2].elementsEqual([0, 80])
      let flags = packet.bytes[tcp + 13]
      let (isSyn, isAcknowledging) = (flags & 0x02 != 0, flags & 0x10 != 0)
      guard isFromServer || isAcknowledging else { continue }
      let field = tcp + (isFromServer ? 4 : 8)
      let number = packet.bytes.number(at: field)
      let end = number &+ UInt32(payload(of: packet).count)
      var growth = growths[client(of: packet, isFromServer: isFromServer)] ?? Growth()
      if isFromServer {
        if isSyn { growth.begin(isn: number, size) }
        if end != number, growth.place == nil { growth.place = end }
        growth.next = end &+ UInt32(flags & 0x01)
        growths[client(of: packet, isFromServer: true)] = growth
      }
      if isFromServer, end != number, end == growth.place {
        packet.bytes += [UInt8](repeating: 0x20, count: Int(size))
        packet.originalLength = nil
        setLength(&packet)
      }
      packet.bytes.set(number &+ growth.shift(of: number, size), at: field)
      result.packets[index] = packet
    }
    return result
  }

  /// How the server's numbers on a tuple move.
  private struct Growth {
    /// Of all numbers of the connection.
    var base: UInt32 = 0
    /// Behind which number they move once more.
    var place: UInt32?
    /// What the server would send next.
    var next: UInt32 = 0

    mutating func begin(isn: UInt32, _ size: UInt32) {
      // Out of TIME_WAIT Linux takes a number that follows those of the old connection.
      base = isn == next &+ 65_537 ? base &+ (place == nil ? 0 : size) : 0
      place = nil
    }

    func shift(of number: UInt32, _ size: UInt32) -> UInt32 {
      guard let place, Int32(bitPattern: number &- place) >= 0 else { return base }
      return base &+ size
    }
  }

  private func client(of packet: Packet, isFromServer: Bool) -> [UInt8] {
    let tcp = tcpOffset(of: packet)
    let width = packet.bytes[linkType == 1 ? 14 : 20] >> 4 == 4 ? 4 : 16
    let (address, port) = isFromServer ? (tcp - width, tcp + 2) : (tcp - 2 * width, tcp)
    return Array(packet.bytes[address..<address + width] + packet.bytes[port..<port + 2])
  }

  /// Where a frame's payload lies, captured or not.
  private func payload(of packet: Packet) -> Range<Int> {
    let start = tcpEnd(of: packet)
    let link = linkType == 1 ? 14 : 20
    let ip = packet.bytes[link...]
    let (offset, header) = ip[link] >> 4 == 4 ? (2, 0) : (4, 40)
    let length = Int(ip[link + offset]) << 8 + Int(ip[link + offset + 1]) + header
    return start..<max(start, link + length)
  }

  /// Sets the IP packet's length to what the frame has of it.
  private func setLength(_ packet: inout Packet) {
    let link = linkType == 1 ? 14 : 20
    let (offset, header) = packet.bytes[link] >> 4 == 4 ? (2, 0) : (4, 40)
    packet.bytes.replaceSubrange(
      link + offset..<link + offset + 2, with: bytes(UInt16(packet.bytes.count - link - header)))
  }
}

@testable import FlowAnalyzer

/// A conversation between a client (behind the LB, so: an SNAT address) and a server, written down
/// packet by packet in the manner of packetdrill:
///
///      0.000 > S  1000            ts 100        # the client's SYN
///      0.001 < S. 5000 ack 1001   ts 700 ecr 100
///      0.002 >  . 1001 ack 5001
///     11.000 < F. 5001(200) ack 1001 id 7       # 200 bytes and a FIN
///     99.000 end                                # the capture goes on until here
///
/// Time in seconds; `>` from the client, `<` from the server; flags as packetdrill has them (`S`,
/// `F`, `R`, `P`, `.` for ACK); the sequence number, absolute, with the payload length in
/// parentheses; then any of `ack N`, `ts N`, `ecr N`, `win N`, `ws N`, `id N` (IPv4 identification;
/// segments of the server count up from 1 where it is absent), `port N` (the client's port),
/// `from N` and `to N` (the last byte of the client's and of the server's address), `point N`.
/// `say TEXT`, the last on its line, is a payload; `|` in it stands for CRLF.
/// Numbers may be hexadecimal (`0x10`). `TIME copy` is a copy of the packet above, as a mirror port
/// makes it. What follows `#` is for the reader.
///
/// `clock` stands for the ISN that a Linux server's clock (64 ns a step) gives a fresh socket at
/// that time on the tuple whose first SYN-ACK had 5000 at 0.001 s; `clock+1` for what follows it.
struct Conversation {
  var segments: [Segment] = []
  var isIPv6 = false
  /// What segments say, by their frame numbers.
  private(set) var payloads: [UInt64: [UInt8]] = [:]

  private var serverIdentification: UInt16 = 0
  private var lastClock: UInt32 = 0

  init(_ script: String, isIPv6: Bool = false) {
    self.isIPv6 = isIPv6
    for (number, line) in script.split(separator: "\n").enumerated() {
      let parts = line.prefix { $0 != "#" }.split(separator: " say ", maxSplits: 1)
      let words = parts.first?.split(separator: " ").map(String.init) ?? []
      guard !words.isEmpty else { continue }
      guard var segment = segment(words) else {
        preconditionFailure("line \(number + 1) is no packet: \(line)")
      }
      if parts.count == 2 {
        let payload = [UInt8](parts[1].replacing("|", with: "\r\n").utf8)
        payloads[segment.frame] = payload
        segment.payloadLength = UInt32(payload.count)
      }
      segments.append(segment)
    }
  }

  private mutating func segment(_ words: [String]) -> Segment? {
    guard let seconds = Double(words[0]) else { return nil }
    let time = Timestamp(nanoseconds: Int64((seconds * 1_000_000_000).rounded()))
    if words.count == 2, words[1] == "end" { return bystander(at: time) }
    if words.count == 2, words[1] == "copy" { return copy(at: time) }
    guard words.count >= 4 else { return nil }
    if words[3] == "clock" { lastClock = Self.clock(at: time) }
    guard let position = Position(resolved(words[3])) else { return nil }

    var values: [String: UInt32] = [:]
    var rest = words.dropFirst(4)
    while let name = rest.popFirst() {
      guard let word = rest.popFirst(), let value = Self.number(resolved(word)) else { return nil }
      values[name] = value
    }
    let isFromServer = words[1] == "<"
    if isFromServer { serverIdentification &+= 1 }
    let client = Endpoint(
      address: address(isIPv6 ? 0xfd10 : 0x0a0a_0100, host: values["from"] ?? 1),
      port: UInt16(values["port"] ?? 4003))
    let server = Endpoint(
      address: address(isIPv6 ? 0xfd68 : 0xc0a8_0100, host: values["to"] ?? 1), port: 80)

    var options = TCPOptions()
    if values["ts"] != nil || values["ecr"] != nil {
      options.hasTimestamps = true
      options.timestampValue = values["ts"] ?? 0
      options.timestampEchoReply = values["ecr"] ?? 0
    }
    if let scale = values["ws"] { options.windowScale = UInt8(scale) }
    let identification =
      values["id"].map { UInt16($0) } ?? (isFromServer ? serverIdentification : 9)
    var segment = Segment(
      time: time, source: isFromServer ? server : client,
      destination: isFromServer ? client : server, sequence: SequenceNumber(position.sequence),
      acknowledgment: SequenceNumber(values["ack"] ?? 0), flags: Self.flags(words[2]),
      window: UInt16(values["win"] ?? 1000), payloadLength: position.length, options: options,
      ipIdentification: isIPv6 ? 0 : identification, dontFragment: !isIPv6, digest: 0,
      frame: UInt64(segments.count + 1), capture: 0, point: values["point"] ?? 0)
    segment.digest = UInt64(segments.count + 1)
    return segment
  }

  /// A segment of somebody else, which only moves the capture's time: a RST leaves nothing behind.
  private func bystander(at time: Timestamp) -> Segment {
    let here = Endpoint(address: address(1, host: 1), port: 1)
    let there = Endpoint(address: address(1, host: 2), port: 2)
    return Segment(
      time: time, source: here, destination: there, sequence: SequenceNumber(1),
      acknowledgment: SequenceNumber(1), flags: .rst, window: 1, payloadLength: 0,
      options: TCPOptions(), ipIdentification: 0, dontFragment: true,
      digest: UInt64(segments.count + 1), frame: UInt64(segments.count + 1), capture: 0, point: 0)
  }

  /// The packet above once more, with its digest but a frame number of its own.
  private func copy(at time: Timestamp) -> Segment? {
    guard var segment = segments.last else { return nil }
    segment.time = time
    segment.frame = UInt64(segments.count + 1)
    return segment
  }

  /// What `secure_tcp_seq` gives at `time` to the tuple that got 5000 at 0.001 s.
  private static func clock(at time: Timestamp) -> UInt32 {
    5000 &+ UInt32(truncatingIfNeeded: (time.nanoseconds - 1_000_000) / 64)
  }

  /// A word with `clock` or `clock+N` spelled out as a number.
  private func resolved(_ word: String) -> String {
    guard word.hasPrefix("clock") else { return word }
    let rest = word.dropFirst("clock".count)
    guard rest.first == "+" else { return "\(lastClock)\(rest)" }
    let digits = rest.dropFirst().prefix(while: \.isNumber)
    let step = UInt32(digits) ?? 0
    return "\(lastClock &+ step)\(rest.dropFirst(1 + digits.count))"
  }

  private func address(_ network: UInt32, host: UInt32) -> IPAddress {
    isIPv6
      ? IPAddress(v6High: UInt64(network) << 48, low: UInt64(host))
      : IPAddress(v4: network | host)
  }

  private static func flags(_ letters: String) -> TCPFlags {
    let known: [Character: TCPFlags] = [
      "S": .syn, "F": .fin, "R": .rst, "P": .psh, ".": .ack, "-": [],
    ]
    return letters.reduce(into: TCPFlags()) { flags, letter in
      guard let flag = known[letter] else { preconditionFailure("no flag: \(letter)") }
      flags.formUnion(flag)
    }
  }

  fileprivate static func number(_ text: String) -> UInt32? {
    text.hasPrefix("0x") ? UInt32(text.dropFirst(2), radix: 16) : UInt32(text)
  }

  private struct Position {
    var sequence: UInt32
    var length: UInt32 = 0

    init?(_ word: String) {
      let parts = word.split(separator: "(")
      guard let sequence = Conversation.number(String(parts[0])) else { return nil }
      self.sequence = sequence
      if parts.count == 2 {
        guard let length = Conversation.number(String(parts[1].dropLast())) else { return nil }
        self.length = length
      }
    }
  }
}

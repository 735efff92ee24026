/// Who has which address: clients in front of the load balancer, the SNAT addresses behind it.
enum Topology {
  static let virtual = Segment.Endpoint(address: 0xc633_640a, port: 443)  // 198.51.100.10
  static let server = Segment.Endpoint(address: 0x0a14_0005, port: 8080)  // 10.20.0.5
  static let firstPort: UInt16 = 1025

  /// 198.18.0.0/15, the range for benchmarks.
  static func clientAddress(_ host: Int) -> UInt32 { 0xc612_0001 + UInt32(host) }

  /// 10.10.0.0 and up, without .0 and .255.
  static func snatAddress(_ number: UInt32) -> UInt32 {
    0x0a0a_0000 + (number / 254) << 8 + number % 254 + 1
  }
}

/// The clients' hosts: each with its own clocks, and its own way to the server.
struct ClientHosts {
  private let key: UInt64
  private var nextPorts: [UInt16]
  private let withoutTimestamps: Double

  init(count: Int, key: UInt64, withoutTimestamps: Double) {
    self.key = mixed(key)
    self.withoutTimestamps = withoutTimestamps
    nextPorts = (0..<count).map { UInt16(1024 + mixed(key &+ UInt64($0)) % 60_000) }
  }

  var count: Int { nextPorts.count }

  mutating func takePort(_ host: Int) -> UInt16 {
    nextPorts[host] = nextPorts[host] == .max ? 1024 : nextPorts[host] + 1
    return nextPorts[host]
  }

  func hasTimestamps(_ host: Int) -> Bool {
    Double(hash(host, 1) % 10_000) >= withoutTimestamps * 10_000
  }

  func timestamp(_ host: Int, at now: UInt64) -> UInt32 {
    UInt32(truncatingIfNeeded: hash(host, 2) &+ now / 1_000_000)
  }

  func initialSequence(_ host: Int, port: UInt16, at now: UInt64) -> UInt32 {
    UInt32(truncatingIfNeeded: hash(host, 3) &+ mixed(UInt64(port)) &+ now >> 6)
  }

  /// Nanoseconds to the server and back: 0.2 to 40 ms.
  func roundTrip(_ host: Int) -> UInt64 { 200_000 + hash(host, 4) % 39_800_000 }

  private func hash(_ host: Int, _ what: UInt64) -> UInt64 {
    mixed(key ^ (UInt64(host) << 3 | what))
  }
}

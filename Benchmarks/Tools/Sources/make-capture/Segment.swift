/// One TCP segment as it passes the load balancer: the same numbers on both sides of it, other
/// addresses.
struct Segment {
  struct Flags: OptionSet {
    let rawValue: UInt8
    static let fin = Flags(rawValue: 1)
    static let syn = Flags(rawValue: 2)
    static let rst = Flags(rawValue: 4)
    static let psh = Flags(rawValue: 8)
    static let ack = Flags(rawValue: 16)
  }

  struct Endpoint {
    var address: UInt32
    var port: UInt16
  }

  /// Nanoseconds since the capture began.
  var time: UInt64
  var isToServer: Bool
  var flags: Flags
  var sequence: UInt32
  var acknowledgment: UInt32
  /// 0 on a RST, which carries none, and where the connection does without.
  var timestamp: UInt32 = 0
  var echo: UInt32 = 0
  var hasTimestamps = false
  var payloadLength: UInt16 = 0
  var identification: UInt16 = 0
  var window: UInt16 = 502
  /// The client, and the address and port that the load balancer gave it.
  var client: Endpoint
  var snat: Endpoint
}

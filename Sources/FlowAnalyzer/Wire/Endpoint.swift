/// One end of a connection: an address and a port.
public struct Endpoint: BitwiseCopyable, Hashable, Comparable, Sendable {
  public var address: IPAddress
  public var port: UInt16

  public init(address: IPAddress, port: UInt16) {
    self.address = address
    self.port = port
  }

  public static func < (lhs: Endpoint, rhs: Endpoint) -> Bool {
    lhs.address == rhs.address ? lhs.port < rhs.port : lhs.address < rhs.address
  }
}

extension Endpoint: CustomStringConvertible {
  /// `10.10.1.1:4003`, or `[fd10::1]:4003` (RFC 3986, section 3.2.2).
  public var description: String {
    address.isIPv6 ? "[\(address)]:\(port)" : "\(address):\(port)"
  }
}

extension Endpoint: Packed {
  func write(to writer: inout PackedWriter) {
    writer.write(address)
    writer.write(port)
  }

  init(from reader: inout PackedReader) throws(DecodingError) {
    address = try reader.address()
    port = try reader.number()
  }
}

/// A TCP 4-tuple, oriented from the SYN's sender.
public struct FourTuple: BitwiseCopyable, Hashable, Sendable {
  public var source: Endpoint
  public var destination: Endpoint

  public init(source: Endpoint, destination: Endpoint) {
    self.source = source
    self.destination = destination
  }

  public var reversed: FourTuple { FourTuple(source: destination, destination: source) }
}

extension FourTuple: CustomStringConvertible {
  public var description: String { "\(source) > \(destination)" }
}

extension FourTuple: Packed {
  func write(to writer: inout PackedWriter) {
    source.write(to: &writer)
    destination.write(to: &writer)
  }

  init(from reader: inout PackedReader) throws(DecodingError) {
    source = try Endpoint(from: &reader)
    destination = try Endpoint(from: &reader)
  }
}

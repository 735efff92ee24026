/// A header that may lead to IP, or IP itself.
enum Layer: Equatable {
  case ipv4, ipv6
  /// IP of the version that its first four bits say.
  case ip
  case ethernet, mpls, pppoe, ppp
}

/// What a header says that follows it, and where that starts.
struct LayerPayload: Equatable {
  var layer: Layer
  /// In bytes from where the header's own span begins; never beyond the captured bytes.
  var offset: Int
}

extension Layer {
  /// What follows this header, which is not IP.
  ///
  /// - Parameters:
  ///   - bytes: the captured bytes from the header's first on.
  ///   - wireLength: how many bytes there were on the wire from there on.
  func payload(of bytes: RawSpan, wireLength: Int) throws(DecodeError) -> LayerPayload {
    switch self {
    case .ethernet: try Ethernet.payload(of: bytes, wireLength: wireLength)
    case .mpls: try MPLS.payload(of: bytes, wireLength: wireLength)
    case .pppoe: try PPPoE.payload(of: bytes, wireLength: wireLength)
    case .ppp: try PPP.payload(of: bytes, wireLength: wireLength)
    case .ip: try RawIP.payload(of: bytes, wireLength: wireLength)
    case .ipv4, .ipv6: LayerPayload(layer: self, offset: 0)
    }
  }
}

/// Where IP lies in the frames of nearly all captures: behind a header of fixed length with a type in it,
/// and at most one VLAN tag, or right at the start.
///
/// What it does not know, `LinkType.payload` does, and reads these frames just the same.
struct CommonLink: BitwiseCopyable {
  private let headerLength: Int
  private let typeOffset: Int
  /// The bits of those two bytes that tell what follows.
  private let typeMask: UInt16
  private let ipv4: UInt16
  private let ipv6: UInt16

  /// - Parameter linkType: one that is rare has no common headers.
  init(_ linkType: LinkType) {
    switch linkType {
    case .ethernet: self.init(headerLength: Ethernet.headerLength, typeOffset: 12)
    case .linuxCooked: self.init(headerLength: 16, typeOffset: 14)
    case .linuxCooked2: self.init(headerLength: 20, typeOffset: 0)
    // The first four bits are IP's version.
    case .rawIP:
      self.init(headerLength: 0, typeOffset: 0, typeMask: 0xf000, ipv4: 0x4000, ipv6: 0x6000)
    // No frame is that long.
    default: self.init(headerLength: 1 << 32, typeOffset: 0)
    }
  }

  private init(
    headerLength: Int, typeOffset: Int, typeMask: UInt16 = .max, ipv4: UInt16 = EtherType.ipv4,
    ipv6: UInt16 = EtherType.ipv6
  ) {
    self.headerLength = headerLength
    self.typeOffset = typeOffset
    self.typeMask = typeMask
    self.ipv4 = ipv4
    self.ipv6 = ipv6
  }

  /// Reads the headers of a frame if there is nothing special about them.
  ///
  /// - Parameters:
  ///   - frame: the captured bytes.
  ///   - segment: what the headers say is set, unless nil is returned.
  /// - Returns: where in the frame the segment lies.
  @inline(__always)
  func read(_ frame: RawSpan, into segment: inout Segment) -> CommonHeaders.Place? {
    guard frame.byteCount >= headerLength &+ 2 else { return nil }
    // SAFETY: it is a part of the header, or the first two bytes behind it.
    let field = unsafe frame.unsafeLoadUnaligned(
      fromUncheckedByteOffset: typeOffset, as: UInt16.self)
    let type = UInt16(bigEndian: field) & typeMask
    guard type == ipv4 else { return readUncommonType(type, frame, into: &segment) }
    return CommonHeaders.readIPv4(frame.extracting(headerLength..<frame.byteCount), into: &segment)?
      .moved(by: headerLength)
  }

  @inline(never)
  private func readUncommonType(
    _ first: UInt16, _ frame: RawSpan, into segment: inout Segment
  ) -> CommonHeaders.Place? {
    var (type, offset) = (first, headerLength)
    if type == EtherType.vlan, frame.byteCount >= offset &+ 4 {
      type = frame.uint16(at: offset &+ 2)
      offset &+= 4
    }
    let packet = frame.extracting(offset..<frame.byteCount)
    let place =
      switch type {
      case ipv4: CommonHeaders.readIPv4(packet, into: &segment)
      case ipv6: CommonHeaders.readIPv6(packet, into: &segment)
      default: CommonHeaders.Place?.none
      }
    return place?.moved(by: offset)
  }
}

extension CommonHeaders.Place {
  @inline(__always)
  fileprivate func moved(by offset: Int) -> Self {
    Self(start: start &+ offset, end: end &+ offset, maySayMore: maySayMore)
  }
}

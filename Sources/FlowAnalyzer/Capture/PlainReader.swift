import Glibc

/// Reads pcap and pcapng files, without libpcap and without a copy of the packets.
///
/// The hot path from here down allocates nothing, retains nothing and knows no existential.
struct PlainReader: ~Copyable {
  private var source: ReadBuffer
  /// One of the two says how to read it.
  private let pcap: PcapFile?
  private var pcapng: PcapngFile?
  private var packets: UInt64 = 0
  private var found = FoundPackets()

  init(_ file: consuming CaptureFile, readAhead: Int) throws(CaptureError) {
    let path = file.path
    let isPcapng = file.signature == .pcapng
    var source = ReadBuffer(file, capacity: readAhead)
    let (pcap, pcapng) = try Self.header(of: &source, isPcapng: isPcapng, path: path)
    if let pcap, !pcap.isSupported {
      throw CaptureError(unsupportedLinkType: pcap.linkType, path: path)
    }
    self.source = source
    self.pcap = pcap
    self.pcapng = pcapng
  }

  private static func header(
    of source: inout ReadBuffer, isPcapng: Bool, path: String
  ) throws(CaptureError) -> (PcapFile?, PcapngFile?) {
    do throws(CaptureFault) {
      if isPcapng {
        return (nil, try PcapngFile(&source))
      }
      return (try PcapFile(&source), nil)
    } catch .cut {
      throw .cutInFileHeader(path: path)
    } catch .readFailed(let code) {
      throw .readFailed(path: path, packets: 0, code: code)
    } catch .compression(let format, let fault) {
      throw .damaged(path: path, packets: 0, offset: nil, reason: fault.reason(format))
    } catch {
      throw .unsupportedFormat(path: path, reason: error.reason)
    }
  }

  /// Has a regular file open only while it is read from.
  mutating func closeBetweenReads() { source.closeBetweenReads() }

  /// How many bytes of the file were read; nil for a pipe.
  var position: UInt64? { source.bytesTaken }

  /// Packets that were dropped while the file was written; nil where it does not say.
  var dropped: UInt64? { pcapng?.dropped }

  /// The link type of the current packet, as the file has it.
  var linkNumber: UInt32 { pcap?.linkType ?? UInt32(pcapng?.currentLinkNumber ?? 0) }

  /// The byte order of the file; in pcapng that of the current section.
  var order: ByteOrder { pcap?.order ?? pcapng?.order ?? .little }

  /// Reads the next packet. Its bytes stay where they are until the next call.
  @inline(__always)
  mutating func advance(
    to packet: inout CapturedPacket
  ) throws(CaptureError) -> CaptureReader.Outcome {
    found.pass(1)
    if !found.hasCurrent { findMore() }
    guard found.hasCurrent else { return try advanceAlone(to: &packet) }
    packets &+= 1
    giveCurrent(to: &packet)
    return .packet
  }

  /// Makes a later one of the packets that were found the current one, which there must be.
  mutating func pass(_ count: Int, to packet: inout CapturedPacket) {
    found.pass(count)
    packets &+= UInt64(count)
    giveCurrent(to: &packet)
  }

  /// `mutating`, as its callers would copy the reader for it else.
  @inline(__always)
  private mutating func giveCurrent(to packet: inout CapturedPacket) {
    let current = found[found.position]
    packet.time = current.time
    packet.originalLength = originalLength(of: current)
    packet.linkType = found.linkType
    // SAFETY: they are asked for only while the packet is the current one.
    unsafe packet.bytes = source.consumedBytes(in: current.range)
  }

  /// Finds packets that are at hand, nearly all there are; see `PcapFile` and `PcapngFile`.
  private mutating func findMore() {
    if let pcap {
      pcap.find(in: &source, into: &found)
    } else {
      pcapng?.find(in: &source, into: &found)
    }
  }

  /// Reads what is not at hand, or not as usual.
  @inline(never)
  private mutating func advanceAlone(
    to packet: inout CapturedPacket
  ) throws(CaptureError) -> CaptureReader.Outcome {
    let isFound: Bool
    do throws(CaptureFault) {
      if let pcap {
        isFound = try pcap.next(in: &source, &packet)
      } else {
        isFound = try pcapng?.next(in: &source, &packet) ?? false
      }
    } catch {
      try requireLinkType()
      return try outcome(error)
    }
    if packets == 0 { try requireLinkType() }
    guard isFound else { return .endOfFile }
    packets &+= 1
    return .packet
  }

  /// Throws unless there is an interface whose packets can be decoded: one of those that are described in
  /// front of the first packet.
  private mutating func requireLinkType() throws(CaptureError) {
    guard packets == 0, let pcapng, !pcapng.hasSupportedInterface else { return }
    throw CaptureError(unsupportedLinkType: pcapng.linkType, path: source.path)
  }

  /// Whether the current packet is one of those that were found.
  var hasFound: Bool { found.hasCurrent }

  /// How many bytes a packet that was found had on the wire.
  @inline(__always)
  func originalLength(of packet: FoundPackets.Packet) -> Int {
    // In both formats it stands right in front of the packet.
    source.withAllBytes { bytes in
      let field = bytes.uint32(at: packet.range.lowerBound - 4)
      return Int(order == .big ? field : field.byteSwapped)
    }
  }

  /// Lends the buffer in which packets were found last.
  @inline(__always)
  func withFound<Result>(
    _ body: (RawSpan, borrowing FoundPackets) -> Result
  ) -> Result {
    source.withAllBytes { body($0, found) }
  }

  @inline(never)
  private func outcome(_ fault: CaptureFault) throws(CaptureError) -> CaptureReader.Outcome {
    switch fault {
    case .cut: return .cutOff
    // A signal ended the wait for a pipe: the user wants no more of it.
    case .readFailed(code: EINTR): return .endOfFile
    case .readFailed(let code):
      throw .readFailed(path: source.path, packets: packets, code: code)
    case .compression:
      throw .damaged(
        path: source.path, packets: packets, offset: nil, reason: fault.reason)
    default:
      throw .damaged(
        path: source.path, packets: packets, offset: source.position,
        reason: source.compression.map { "\(fault.reason), in what it holds as \($0)" }
          ?? fault.reason)
    }
  }
}

extension CaptureError {
  /// - Parameter linkType: as the file has it.
  fileprivate init(unsupportedLinkType linkType: UInt32, path: String) {
    let (number, name) = DataLink.describe(linkType: linkType)
    self = .unsupportedLinkType(path: path, number: number, name: name)
  }
}

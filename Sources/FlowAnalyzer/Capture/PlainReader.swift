import Glibc

/// Reads plain pcap and pcapng files, without libpcap and without a copy of the packets.
///
/// The hot path from here down allocates nothing, retains nothing and knows no existential.
struct PlainReader: ~Copyable {
  private var source: ReadBuffer
  /// One of the two says how to read it.
  private let pcap: PcapFile?
  private var pcapng: PcapngFile?
  private var packets: UInt64 = 0

  static func reads(_ firstBytes: [UInt8]) -> Bool {
    switch FileSignature(firstBytes: firstBytes) {
    case .pcap:
      !firstBytes.starts(with: [0xa1, 0xb2, 0xcd, 0x34])
        && !firstBytes.starts(with: [0x34, 0xcd, 0xb2, 0xa1])
    case .pcapng: true
    default: false
    }
  }

  init(_ file: consuming CaptureFile, readAhead: Int) throws(CaptureError) {
    let path = file.path
    let isPcapng = file.signature == .pcapng
    var source = ReadBuffer(file, capacity: readAhead)
    let (pcap, pcapng, linkType) = try Self.header(
      of: &source, isPcapng: isPcapng, path: path)
    guard LinkType(dataLink: Int32(bitPattern: linkType)) != nil else {
      let (number, name) = DataLink.describe(linkType: linkType)
      throw .unsupportedLinkType(path: path, number: number, name: name)
    }
    self.source = source
    self.pcap = pcap
    self.pcapng = pcapng
  }

  private static func header(
    of source: inout ReadBuffer, isPcapng: Bool, path: String
  ) throws(CaptureError) -> (PcapFile?, PcapngFile?, linkType: UInt32) {
    do throws(CaptureFault) {
      if isPcapng {
        let file = try PcapngFile(&source)
        return (nil, file, file.linkType)
      }
      let file = try PcapFile(&source)
      return (file, nil, file.linkType)
    } catch .cut {
      throw .cutInFileHeader(path: path)
    } catch .readFailed(let code) {
      throw .readFailed(path: path, packets: 0, code: code)
    } catch {
      throw .unsupportedFormat(path: path, reason: error.reason)
    }
  }

  var position: UInt64? { source.position }

  /// Packets that were dropped while the file was written; nil where it does not say.
  var dropped: UInt64? { pcapng?.dropped }

  /// The link type of the current packet, as the file has it.
  var linkNumber: UInt32 { pcap?.linkType ?? UInt32(pcapng?.currentLinkNumber ?? 0) }

  /// The byte order of the file; in pcapng that of the current section.
  var order: ByteOrder { pcap?.order ?? pcapng?.order ?? .little }

  /// Reads the next packet. Its bytes stay where they are until the next call.
  mutating func advance(
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
      return try outcome(error)
    }
    guard isFound else { return .endOfFile }
    packets &+= 1
    return .packet
  }

  /// Lends packets that are at hand; see `PcapFile`. Of other formats none are.
  @inline(__always)
  mutating func lendPackets(
    _ packet: inout CapturedPacket, while isInTime: (Timestamp) -> Bool,
    _ body: (_ frame: RawSpan, PcapFile.Record, LinkType?) -> Bool
  ) -> (count: UInt64, isStoppedByTime: Bool) {
    guard let pcap else { return (0, false) }
    let lent = pcap.lendPackets(in: &source, &packet, while: isInTime, body)
    packets &+= lent.count &+ (lent.isStoppedByTime ? 1 : 0)
    return lent
  }

  @inline(never)
  private func outcome(_ fault: CaptureFault) throws(CaptureError) -> CaptureReader.Outcome {
    switch fault {
    case .cut: return .cutOff
    // A signal ended the wait for a pipe: the user wants no more of it.
    case .readFailed(code: EINTR): return .endOfFile
    case .readFailed(let code):
      throw .readFailed(path: source.path, packets: packets, code: code)
    default:
      throw .damaged(
        path: source.path, packets: packets, offset: source.position, reason: fault.reason)
    }
  }
}

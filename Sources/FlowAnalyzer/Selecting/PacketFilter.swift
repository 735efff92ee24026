import CPcap
import Glibc

/// An expression of libpcap's filter language, compiled for one link type: it sees packets as they are
/// in the file, headers from the link layer on, as tcpdump's does.
@safe
struct PacketFilter: ~Copyable {
  private var program: bpf_program

  /// - Parameters:
  ///   - expression: as tcpdump takes it.
  ///   - linkType: as capture files number it.
  ///   - order: the byte order of the file; loopback headers are in the writer's.
  /// - Throws: what libpcap says against it.
  init(_ expression: String, linkType: UInt32, order: ByteOrder) throws(PacketFilterError) {
    var program = unsafe bpf_program()
    // A capture without packets, as only a handle of a file knows the link types of files, and whether
    // their byte order is another.
    let header = Self.fileHeader(linkType: linkType, order: order)
    let reason = unsafe Self.withHandle(of: header) { (handle) -> String? in
      guard let handle = unsafe handle else { return "libpcap does not know the link type" }
      return unsafe pcap_compile(handle, &program, expression, 1, Self.unknownNetmask) == 0
        ? nil : unsafe String(cString: pcap_geterr(handle))
    }
    if let reason { throw PacketFilterError(reason: reason) }
    unsafe self.program = program
  }

  deinit {
    var program = unsafe self.program
    unsafe pcap_freecode(&program)
  }

  /// PCAP_NETMASK_UNKNOWN, a macro: a file does not tell what `ip broadcast` asks.
  private static let unknownNetmask: UInt32 = 0xffff_ffff

  private static func fileHeader(linkType: UInt32, order: ByteOrder) -> [UInt8] {
    let version: [UInt8] = order == .big ? [0, 2, 0, 4] : [2, 0, 4, 0]
    var bytes: [UInt8] = []
    func append(_ value: UInt32) {
      for shift in [24, 16, 8, 0] as [UInt32] {
        let place = order == .big ? shift : 24 - shift
        bytes.append(UInt8(truncatingIfNeeded: value >> place))
      }
    }
    append(0xa1b2_c3d4)
    bytes += version
    for value in [0, 0, PcapFile.largestPacket, linkType] { append(value) }
    return bytes
  }

  private static func withHandle<Result>(
    of header: [UInt8], _ body: (OpaquePointer?) -> Result
  ) -> Result {
    var header = header
    // SAFETY: the stream reads from `header`, which outlives it.
    return unsafe header.withUnsafeMutableBytes { bytes in
      guard let file = unsafe fmemopen(bytes.baseAddress, bytes.count, "rb") else {
        return body(nil)
      }
      guard let handle = unsafe pcap_fopen_offline(file, nil) else {
        unsafe fclose(file)
        return body(nil)
      }
      defer { unsafe pcap_close(handle) }
      return unsafe body(handle)
    }
  }

  /// - Parameters:
  ///   - frame: the captured bytes.
  ///   - originalLength: how many bytes it had on the wire.
  func matches(_ frame: RawSpan, originalLength: Int) -> Bool {
    var header = pcap_pkthdr()
    header.caplen = UInt32(truncatingIfNeeded: frame.byteCount)
    header.len = UInt32(truncatingIfNeeded: originalLength)
    var program = unsafe self.program
    // SAFETY: the program is read only; it looks at no byte beyond `caplen`.
    return unsafe frame.withUnsafeBytes { bytes in
      guard let start = bytes.baseAddress else { return false }
      return unsafe pcap_offline_filter(
        &program, &header, start.assumingMemoryBound(to: UInt8.self)) != 0
    }
  }
}

/// What libpcap says against a filter.
public struct PacketFilterError: Error, Hashable, CustomStringConvertible {
  public var reason: String
  public var description: String { reason }
}

extension PacketSelection {
  /// Throws where the filter is wrong whatever the captures are: for each of the link types.
  public func requireFilter() throws(PacketFilterError) {
    guard let filter else { return }
    var first: PacketFilterError?
    for linkType in LinkType.fileNumbers {
      do throws(PacketFilterError) {
        _ = try PacketFilter(filter, linkType: linkType, order: .little)
        return
      } catch {
        // The first is Ethernet, for which a complaint says most.
        first = first ?? error
      }
    }
    if let first { throw first }
  }
}

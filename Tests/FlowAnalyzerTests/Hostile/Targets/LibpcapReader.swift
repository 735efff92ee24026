import CPcap
import Glibc

@testable import FlowAnalyzer

/// The packets of one capture, in file order, as libpcap reads them: the oracle for our own reader.
///
/// The sole owner of a libpcap handle and its stream.
@safe
struct LibpcapReader: ~Copyable {
  let path: String
  private let linkType: LinkType
  /// As `pcap_datalink` says.
  let linkNumber: UInt32
  /// How many packets were read.
  private var packets: UInt64 = 0
  /// Only in pcap files: see `Timestamp.init`.
  private let hasShortSeconds: Bool

  private let handle: OpaquePointer
  private let file: UnsafeMutablePointer<FILE>

  /// - Parameter path: of a regular file.
  init(path: String) throws(CaptureError) {
    let isPcap = try Self.isPcap(path)
    guard let file = unsafe fopen(path, "rb") else {
      throw .cannotOpen(path: path, code: errno)
    }
    var reason = [CChar](repeating: 0, count: Int(PCAP_ERRBUF_SIZE))
    let handle = unsafe pcap_fopen_offline_with_tstamp_precision(
      file, UInt32(PCAP_TSTAMP_PRECISION_NANO), &reason)
    guard let handle = unsafe handle else {
      // libpcap closes nothing when it fails.
      let isCut = unsafe feof(file) != 0
      unsafe fclose(file)
      throw isCut
        ? .cutInFileHeader(path: path)
        : .unsupportedFormat(path: path, reason: String(message: reason))
    }
    let number = unsafe pcap_datalink(handle)
    guard let linkType = LinkType(dataLink: number) else {
      unsafe pcap_close(handle)
      throw .unsupportedLinkType(path: path, number: number, name: DataLink.name(of: number))
    }
    self.path = path
    hasShortSeconds = isPcap
    self.linkType = linkType
    linkNumber = UInt32(bitPattern: number)
    unsafe self.handle = handle
    // libpcap closes it with its handle.
    unsafe self.file = file
  }

  private static func isPcap(_ path: String) throws(CaptureError) -> Bool {
    try CaptureFile(path: path).signature == .pcap
  }

  deinit { unsafe pcap_close(handle) }

  /// How many bytes of the file libpcap has consumed; nil for a pipe.
  var position: UInt64? { unsafe UInt64(exactly: ftello(file)) }

  /// Reads the next packet. Its bytes are libpcap's until the next call.
  ///
  /// - Throws: `CaptureError.damaged` or `.readFailed`. Either is final.
  mutating func advance(
    to packet: inout CapturedPacket
  ) throws(CaptureError) -> CaptureReader.Outcome {
    var header: UnsafeMutablePointer<pcap_pkthdr>? = nil
    var data: UnsafePointer<UInt8>? = nil
    let code = unsafe pcap_next_ex(handle, &header, &data)
    guard code == 1, let header = unsafe header else { return try outcome(code: code) }
    packets += 1
    packet.time = unsafe Timestamp(header.pointee.ts, hasShortSeconds: hasShortSeconds)
    packet.originalLength = unsafe Int(header.pointee.len)
    packet.linkType = linkType
    unsafe packet.bytes = UnsafeRawBufferPointer(start: data, count: Int(header.pointee.caplen))
    return .packet
  }

  /// What `pcap_next_ex` means by a result other than 1.
  ///
  /// It says -2 only where a packet could have begun. A cut anywhere else is an error to it, told
  /// from others by the stream's end-of-file mark: reading stopped there for want of bytes. So a
  /// length field that was damaged to reach beyond the end of the file counts as a cut.
  private func outcome(code: Int32) throws(CaptureError) -> CaptureReader.Outcome {
    if code == PCAP_ERROR_BREAK { return .endOfFile }
    if unsafe ferror(file) != 0 {
      // A signal ended the wait for a pipe: the user wants no more of it.
      if errno == EINTR { return .endOfFile }
      throw .readFailed(path: path, packets: packets, code: errno)
    }
    if unsafe feof(file) != 0 { return .cutOff }
    let reason = unsafe pcap_geterr(handle).map { unsafe String(cString: $0) } ?? "no reason given"
    throw .damaged(path: path, packets: packets, offset: position, reason: reason)
  }
}

extension Timestamp {
  /// - Parameters:
  ///   - time: seconds and, contrary to its field's name, nanoseconds.
  ///   - hasShortSeconds: they were 32 bits in the file. Those of pcap are unsigned, but libpcap
  ///     extends their sign: from 2038 on they would be of 1902.
  fileprivate init(_ time: timeval, hasShortSeconds: Bool) {
    let seconds = hasShortSeconds && time.tv_sec < 0 ? time.tv_sec &+ 1 << 32 : time.tv_sec
    self.init(nanoseconds: Int64(seconds) &* 1_000_000_000 &+ Int64(time.tv_usec))
  }
}

extension String {
  /// - Parameter message: text that ends in a zero byte, as C leaves it.
  fileprivate init(message: [CChar]) {
    self.init(decoding: message.prefix { $0 != 0 }.map(UInt8.init(bitPattern:)), as: UTF8.self)
  }
}

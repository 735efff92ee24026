import CPcap
import Glibc

/// The packets of one capture, in file order, as libpcap reads them.
///
/// The sole owner of a libpcap handle and its stream. It holds one packet at a time, the current
/// one; before the first `advance()` there is none.
@safe
struct PcapReader: ~Copyable {
  enum Outcome {
    /// The next packet is the current one.
    case packet
    case endOfFile
    /// The file ends in the middle of a packet.
    case cutOff
  }

  let path: String
  let linkType: LinkType
  /// Capture time of the current packet.
  private(set) var time = Timestamp(nanoseconds: 0)
  /// How many bytes the current packet had on the wire.
  private(set) var originalLength = 0
  /// How many packets were read; also the 1-based number of the current one.
  private(set) var packets: UInt64 = 0

  private let handle: OpaquePointer
  private let file: UnsafeMutablePointer<FILE>
  private let readAhead: UnsafeMutableRawBufferPointer
  /// The current packet's bytes; libpcap owns them until the next `advance()`.
  private var bytes = unsafe UnsafeRawBufferPointer(start: nil, count: 0)

  /// 64 KiB stay in the processor's cache between the kernel's copy and ours: with 128 KiB and
  /// more the system time doubles and triples (measured). glibc's own 4 KiB cost a system call
  /// every few packets.
  static let readAheadSize = 64 * 1024

  /// - Parameters:
  ///   - path: a file, or `-` for standard input.
  ///   - readAhead: how many bytes to read at once.
  init(path: String, readAhead size: Int = Self.readAheadSize) throws(CaptureError) {
    let stream = try ByteStream(path: path, readAhead: size)
    switch FileSignature(firstBytes: try stream.firstBytes(path: path)) {
    case .pcap, .pcapng: break
    case .empty: throw .empty(path: path)
    case let other: throw .notACapture(path: path, looksLike: other)
    }

    var reason = [CChar](repeating: 0, count: Int(PCAP_ERRBUF_SIZE))
    let opened = unsafe stream.withFile {
      unsafe pcap_fopen_offline_with_tstamp_precision(
        $0, UInt32(PCAP_TSTAMP_PRECISION_NANO), &reason)
    }
    guard let handle = unsafe opened else {
      // libpcap closes nothing when it fails.
      throw stream.isAtEnd
        ? .cutInFileHeader(path: path)
        : .unsupportedFormat(path: path, reason: String(message: reason))
    }
    let number = unsafe pcap_datalink(handle)
    // From here on libpcap closes the stream with its handle.
    let (file, readAhead) = unsafe stream.release()
    guard let linkType = LinkType(dataLink: number) else {
      unsafe pcap_close(handle)
      unsafe readAhead.deallocate()
      let name = unsafe pcap_datalink_val_to_name(number).map { unsafe String(cString: $0) }
      throw .unsupportedLinkType(path: path, number: number, name: name)
    }
    self.path = path
    self.linkType = linkType
    unsafe self.handle = handle
    unsafe self.file = file
    unsafe self.readAhead = readAhead
  }

  deinit {
    unsafe pcap_close(handle)
    unsafe readAhead.deallocate()
  }

  var status: FileStatus? { unsafe FileStatus(descriptor: fileno(file)) }

  /// How many bytes of the file libpcap has consumed; nil for a pipe.
  var position: UInt64? { unsafe UInt64(exactly: ftello(file)) }

  /// Reads the next packet.
  ///
  /// - Throws: `CaptureError.damaged` or `.readFailed`. Either is final.
  mutating func advance() throws(CaptureError) -> Outcome {
    var header: UnsafeMutablePointer<pcap_pkthdr>? = nil
    var data: UnsafePointer<UInt8>? = nil
    let code = unsafe pcap_next_ex(handle, &header, &data)
    guard code == 1, let header = unsafe header else {
      unsafe bytes = UnsafeRawBufferPointer(start: nil, count: 0)
      return try outcome(code: code)
    }
    packets += 1
    time = unsafe Timestamp(captureHeader: header.pointee.ts)
    originalLength = unsafe Int(header.pointee.len)
    unsafe bytes = UnsafeRawBufferPointer(start: data, count: Int(header.pointee.caplen))
    return .packet
  }

  /// Lends the captured bytes of the current packet.
  func withFrame<Result, Failure: Error>(
    _ body: (RawSpan) throws(Failure) -> Result
  ) throws(Failure) -> Result {
    // SAFETY: `pcap_next_ex` promises `caplen` bytes until the next call, and `advance()` cannot
    // be called while `self` is borrowed.
    try unsafe body(bytes.bytes)
  }

  /// What `pcap_next_ex` means by a result other than 1.
  ///
  /// It says -2 only where a packet could have begun. A cut anywhere else is an error to it, told
  /// from others by the stream's end-of-file mark: reading stopped there for want of bytes. So a
  /// length field that was damaged to reach beyond the end of the file counts as a cut.
  private func outcome(code: Int32) throws(CaptureError) -> Outcome {
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
  /// - Parameter time: seconds and, contrary to its field's name, nanoseconds.
  fileprivate init(captureHeader time: timeval) {
    // The 32-bit seconds of pcap are unsigned, but libpcap extends their sign: from 2038 on they
    // would be of 1902. Those of pcapng have 64 bits and are right as they are.
    let seconds = time.tv_sec < 0 ? time.tv_sec &+ 1 << 32 : time.tv_sec
    self.init(nanoseconds: Int64(seconds) &* 1_000_000_000 &+ Int64(time.tv_usec))
  }
}

extension String {
  /// - Parameter message: text that ends in a zero byte, as C leaves it.
  fileprivate init(message: [CChar]) {
    self.init(decoding: message.prefix { $0 != 0 }.map(UInt8.init(bitPattern:)), as: UTF8.self)
  }
}

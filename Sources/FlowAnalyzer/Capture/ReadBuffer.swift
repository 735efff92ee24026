/// A file read piece by piece into one buffer, of which records are lent without a copy.
///
/// Not a mapping: a file that shrinks while it is read must not kill the process, resident memory
/// must not grow with the file, and pipes go the same way. Records that straddle the buffer's end
/// move to its front before the rest of them is read; only a record larger than the buffer makes
/// it grow, which the formats bound.
@safe
struct ReadBuffer: ~Copyable {
  private var file: CaptureFile
  private var storage: UnsafeMutableRawBufferPointer
  /// The bytes in `start..<end` of `storage` were read from the file and not consumed yet.
  private var start = 0
  private var end: Int
  /// How many bytes of content were read.
  private var received: UInt64

  /// Measured with the file in the page cache, reading and decoding, user and system time together: 37 to
  /// 39 ns for a packet of 82 bytes with anything from 128 KiB to 1 MiB, with 64 KiB 40 ns.
  static let standardCapacity = 256 * 1024

  /// - Parameter capacity: how many bytes to read at once; a few will do for a look.
  init(_ file: consuming CaptureFile, capacity: Int) {
    let first = file.firstBytes
    // SAFETY: given back by `deinit`, or when the buffer grows.
    unsafe storage = .allocate(byteCount: max(capacity, FileSignature.length), alignment: 64)
    unsafe storage.copyBytes(from: first)
    end = first.count
    received = UInt64(first.count)
    self.file = file
  }

  deinit { unsafe storage.deallocate() }

  var path: String { file.path }

  /// How its content is compressed; nil if it is not.
  var compression: CompressionFormat? { file.compression }

  /// How many bytes of the file itself were taken; nil for a pipe.
  var bytesTaken: UInt64? {
    guard let taken = file.compressedBytesRead else { return position }
    return file.origin.map { $0 + taken }
  }

  /// How many bytes of the content were consumed; nil for a pipe.
  var position: UInt64? { file.origin.map { $0 + received - UInt64(count) } }

  /// Has a regular file open only while it is read from.
  mutating func closeBetweenReads() { file.closeBetweenReads() }

  /// How many bytes are at hand.
  var count: Int { end &- start }

  /// A part of the bytes at hand. It stays where it is until `fill(to:)` is called.
  @inline(__always)
  func bytes(at offset: Int, count length: Int) -> UnsafeRawBufferPointer {
    precondition(offset >= 0 && length >= 0 && offset &+ length <= count)
    // SAFETY: just checked; `start` and `end` are in order and within the storage.
    return unsafe UnsafeRawBufferPointer(start: front + offset, count: length)
  }

  /// Lends all bytes at hand.
  @inline(__always)
  func withBytes<Result>(_ body: (RawSpan) -> Result) -> Result {
    // SAFETY: they stay where they are while `self` is borrowed.
    unsafe body(RawSpan(_unsafeStart: UnsafeRawPointer(front), byteCount: count))
  }

  /// Where in the buffer the first byte at hand lies.
  @inline(__always) var offset: Int { start }

  /// Lends the whole buffer, with bytes that were consumed: they are overwritten only by `fill(to:)`.
  @inline(__always)
  func withAllBytes<Result>(_ body: (RawSpan) -> Result) -> Result {
    // SAFETY: they stay where they are while `self` is borrowed.
    unsafe body(
      RawSpan(_unsafeStart: UnsafeRawPointer(front - start), byteCount: end))
  }

  /// A part of the buffer with bytes that were consumed; as `withAllBytes` has it.
  @inline(__always)
  func consumedBytes(in range: Range<Int>) -> UnsafeRawBufferPointer {
    precondition(range.lowerBound >= 0 && range.upperBound <= start)
    // SAFETY: just checked; `start` lies within the storage.
    return unsafe UnsafeRawBufferPointer(
      start: front - start + range.lowerBound, count: range.count)
  }

  @inline(__always)
  private var front: UnsafeMutableRawPointer {
    // SAFETY: the storage is never empty, so that it has an address.
    unsafe storage.baseAddress.unsafelyUnwrapped + start
  }

  /// Passes over bytes at hand.
  @inline(__always)
  mutating func consume(_ length: Int) {
    precondition(length <= count)
    start &+= length
  }

  /// Passes over bytes at hand, and lends a part of them. It stays where it is until `fill(to:)` is
  /// called: what was consumed is overwritten only then.
  @inline(__always)
  mutating func consume(
    _ length: Int, lending offset: Int, count part: Int
  ) -> UnsafeRawBufferPointer {
    precondition(offset >= 0 && part >= 0 && offset &+ part <= length && length <= count)
    // SAFETY: just checked; `start` and `end` are in order and within the storage.
    let lent = unsafe UnsafeRawBufferPointer(start: front + offset, count: part)
    start &+= length
    return unsafe lent
  }

  /// Reads on if fewer than `wanted` bytes are at hand.
  ///
  /// - Returns: false if the file ends before.
  @inline(__always)
  mutating func fill(to wanted: Int) throws(CaptureFault) -> Bool {
    if wanted <= count { return true }
    return try refill(to: wanted)
  }

  @inline(never)
  private mutating func refill(to wanted: Int) throws(CaptureFault) -> Bool {
    makeRoom(for: wanted)
    while count < wanted {
      let got = try unsafe file.read(
        into: UnsafeMutableRawBufferPointer(rebasing: storage[end...]))
      if got == 0 { return false }
      end += got
      received += UInt64(got)
    }
    return true
  }

  /// Moves the bytes at hand to the front, and grows if `wanted` bytes do not fit.
  private mutating func makeRoom(for wanted: Int) {
    let rest = unsafe bytes(at: 0, count: count)
    if unsafe wanted <= storage.count {
      // The two may overlap.
      unsafe storage.copyMemory(from: rest)
    } else {
      let larger = unsafe UnsafeMutableRawBufferPointer.allocate(
        byteCount: max(wanted, 2 * storage.count), alignment: 64)
      unsafe larger.copyMemory(from: rest)
      unsafe storage.deallocate()
      unsafe storage = larger
    }
    end = rest.count
    start = 0
  }
}

/// How a file has its integers.
enum ByteOrder { case little, big }

extension ReadBuffer {
  /// The integer `offset` bytes behind the first that is at hand.
  func uint8(at offset: Int) -> UInt8 { integer(at: offset, .big) }

  func uint16(at offset: Int, _ order: ByteOrder) -> UInt16 { integer(at: offset, order) }

  func uint32(at offset: Int, _ order: ByteOrder) -> UInt32 { integer(at: offset, order) }

  func uint64(at offset: Int, _ order: ByteOrder) -> UInt64 { integer(at: offset, order) }

  private func integer<Value: FixedWidthInteger & BitwiseCopyable>(
    at offset: Int, _ order: ByteOrder
  ) -> Value {
    // SAFETY: `bytes` checks the bounds; every bit pattern is an integer; no alignment is needed.
    let value = unsafe bytes(at: offset, count: MemoryLayout<Value>.size)
      .loadUnaligned(as: Value.self)
    return order == .big ? Value(bigEndian: value) : Value(littleEndian: value)
  }
}

import Glibc

/// A file that may be a capture, opened, with the first bytes of its content.
///
/// The content is what the file holds or, where that is compressed, what it was before. The first
/// bytes are taken off, so that the format of a pipe can be told, too. Whoever reads on begins with
/// them.
struct CaptureFile: ~Copyable {
  private var content: Content
  let path: String

  /// - Parameter path: a file, or `-` for standard input.
  /// - Throws: that it cannot be opened or read, or that its compressed data is cut or damaged before
  ///   the first bytes.
  init(path: String) throws(CaptureError) {
    content = try Self.content(at: path)
    self.path = path
  }

  private static func content(at path: String) throws(CaptureError) -> Content {
    var content = Content(try FileDescriptor(path: path))
    if let fault = content.begin() { throw CaptureError(fault, openingFailedAt: path) }
    return content
  }

  /// Where in the file the first byte lies; nil for what cannot be sought in: pipes, terminals.
  var origin: UInt64? { content.origin }

  /// What the file system said when the file was opened.
  var status: FileStatus? { content.status }

  /// Of the content: as many as a `FileSignature` needs; fewer if it is shorter.
  var firstBytes: [UInt8] { content.firstBytes }

  var signature: FileSignature { FileSignature(firstBytes: firstBytes) }

  /// How the file is compressed; nil if it is not.
  var compression: CompressionFormat? { content.compression?.format }

  /// How many bytes of a compressed file were read; nil if it is not.
  var compressedBytesRead: UInt64? { content.compression?.bytesRead }

  /// Has a regular file open only while it is read from, so that it takes no descriptor in between.
  mutating func closeBetweenReads() { content.closeBetweenReads() }

  /// Reads on: some bytes of content, zero at its end.
  mutating func read(into buffer: UnsafeMutableRawBufferPointer) throws(CaptureFault) -> Int {
    try unsafe content.read(into: buffer)
  }

  /// Throws unless the first bytes are those of a capture.
  mutating func requireCapture() throws(CaptureError) {
    // Some kinds of files that are not read can be named if one looks farther. An archive begins with the
    // name of a file.
    if [.unknown, .text].contains(signature) {
      try? content.look(upTo: FileSignature.farthestLength)
    }
    switch signature {
    case .pcap, .pcapng: return
    case .empty: throw .empty(path: path)
    case let other: throw .notACapture(path: path, looksLike: other)
    }
  }

  private struct Content: ~Copyable {
    private var descriptor: FileDescriptor
    let origin: UInt64?
    let status: FileStatus?
    /// Nil where the file is its content.
    var compressed: CompressedContent?
    var firstBytes: [UInt8] = []

    init(_ descriptor: consuming FileDescriptor) {
      origin = UInt64(exactly: lseek(descriptor.number, 0, SEEK_CUR))
      status = FileStatus(descriptor: descriptor.number)
      self.descriptor = descriptor
      compressed = nil
    }

    /// The format, and how many bytes of the file itself were read.
    var compression: (format: CompressionFormat, bytesRead: UInt64)? {
      switch compressed {
      case .some(let content): (content.format, content.bytesRead)
      case .none: nil
      }
    }

    /// Reads the first bytes. Returned, as an error that is thrown between the making of a value without
    /// copies and its return is too much for the compiler (6.3.1).
    mutating func begin() -> CaptureFault? {
      do throws(CaptureFault) {
        try readFirstBytes()
        return nil
      } catch {
        return error
      }
    }

    private mutating func readFirstBytes() throws(CaptureFault) {
      try look(upTo: FileSignature.length)
      let format = CompressionFormat(firstBytes: firstBytes)
      guard format != nil || CompressionFormat.isSkippable(firstBytes) else { return }
      compressed = try CompressedContent(firstBytes: firstBytes, format: format)
      firstBytes = []
      try look(upTo: FileSignature.length)
    }

    mutating func read(into buffer: UnsafeMutableRawBufferPointer) throws(CaptureFault) -> Int {
      // SAFETY: the buffer is the caller's, and both write within its bounds.
      if let count = try unsafe compressed?.read(into: buffer, from: &descriptor) { return count }
      return try unsafe descriptor.read(into: buffer)
    }

    mutating func closeBetweenReads() {
      if let status, status.kind == .regular { descriptor.closeBetweenReads(status) }
    }

    /// Reads on until there are so many first bytes, or no more.
    mutating func look(upTo length: Int) throws(CaptureFault) {
      while firstBytes.count < length {
        var piece = [UInt8](repeating: 0, count: length - firstBytes.count)
        // SAFETY: the buffer is the array's own.
        let count = unsafe piece.withUnsafeMutableBytes { buffer in
          Result { () throws(CaptureFault) in try unsafe read(into: buffer) }
        }
        guard try count.get() > 0 else { return }
        firstBytes += try piece.prefix(count.get())
      }
    }
  }
}

extension CaptureError {
  /// - Parameter fault: what came before anything of the content could be told.
  fileprivate init(_ fault: CaptureFault, openingFailedAt path: String) {
    switch fault {
    case .cut: self = .cutInFileHeader(path: path)
    case .readFailed(let code): self = .readFailed(path: path, packets: 0, code: code)
    default: self = .damaged(path: path, packets: 0, offset: nil, reason: fault.reason)
    }
  }
}

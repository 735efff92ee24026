/// What the reader of a format stumbled over; `CaptureReader` knows the file and the place.
enum CaptureFault: Error, BitwiseCopyable {
  /// The file ends inside of a record.
  case cut
  /// The operating system failed to read; `code` is an `errno`.
  case readFailed(code: Int32)
  /// What compresses the file is at fault.
  case compression(CompressionFormat, CompressionFault)
  case version(major: UInt16, minor: UInt16)
  /// A packet of more bytes than can be meant.
  case capturedLength(UInt32, limit: UInt32)
  /// A pcapng block whose length cannot be meant.
  case blockLength(UInt32)
  /// A pcapng block says at its end another length than at its beginning.
  case blockLengthsDiffer(UInt32, UInt32)
  /// A pcapng block of `type` is too short for its content.
  case blockTooShort(type: UInt32)
  case byteOrderMagic(UInt32)
  case packetBeforeInterface
  /// A packet of an interface that the section does not describe.
  case unknownInterface(UInt32)
  /// A section describes more interfaces than can be meant.
  case tooManyInterfaces
  /// An option of an interface that makes no sense or came twice.
  case interfaceOption(code: UInt16)
}

extension CaptureFault {
  /// In words that end a sentence of `CaptureError`.
  var reason: String {
    switch self {
    case .cut: "the file ends there"
    case .readFailed(let code): "reading failed (\(code))"
    case .compression(let format, let fault): fault.reason(format)
    case .version(let major, let minor): "version \(major).\(minor) of the format is not known"
    case .capturedLength(let length, let limit):
      "a packet is said to have \(length) captured bytes, more than the possible \(limit)"
    case .blockLength(let length): "a block is said to have \(length) bytes, which cannot be"
    case .blockLengthsDiffer(let first, let last):
      "a block is said to have \(first) bytes at its beginning, but \(last) at its end"
    case .blockTooShort(let type): "a block of type \(type) is too short for what it should hold"
    case .byteOrderMagic(let value):
      "a section begins with \(String(value, radix: 16)) in place of the byte-order magic"
    case .tooManyInterfaces:
      "a section describes more than \(PcapngFile.mostInterfaces) interfaces"
    case .packetBeforeInterface: "a packet comes before any interface is described"
    case .unknownInterface(let number):
      "a packet is said to be of interface \(number), which is not described"
    case .interfaceOption(let code):
      "option \(code) of an interface has a length or value that cannot be, or comes twice"
    }
  }
}

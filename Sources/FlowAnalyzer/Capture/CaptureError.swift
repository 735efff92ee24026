/// Why a capture could not be read, or not to its end.
///
/// A capture that ends in the middle of a packet is no error: see `CaptureWarning.cutOff`.
public enum CaptureError: Error, Hashable, Sendable, Codable {
  case notFound(path: String)
  case permissionDenied(path: String)
  /// The operating system refused, for the reason `code`, an `errno`.
  case cannotOpen(path: String, code: Int32)
  case noCaptures(directory: String)
  /// `-` was given more than once; its packets can be had only once.
  case standardInputTwice
  case empty(path: String)
  case notACapture(path: String, looksLike: FileSignature)
  /// The file ends before its own header does.
  case cutInFileHeader(path: String)
  /// It is a capture, of a version or kind that is not read for `reason`.
  case unsupportedFormat(path: String, reason: String)
  /// Link type `number`, with the name that libpcap has for it.
  case unsupportedLinkType(path: String, number: Int32, name: String?)
  /// The filter of `PacketSelection` cannot be applied to link layers called `linkName`, for `reason`.
  case filterRefused(path: String, linkName: String?, reason: String)
  /// What follows `packets` packets makes no sense, for `reason`; reading stopped near byte
  /// `offset` of the file, nil for a pipe.
  case damaged(path: String, packets: UInt64, offset: UInt64?, reason: String)
  /// The operating system failed to read on after `packets` packets; `code` is an `errno`.
  case readFailed(path: String, packets: UInt64, code: Int32)
}

extension CaptureError: CustomStringConvertible {
  /// One sentence or two for people: which file, what and where, what to do.
  public var description: String {
    switch self {
    case .notFound(let path):
      "\(name(path)): there is no such file or directory."
    case .permissionDenied(let path):
      "\(name(path)): permission denied. Captures often belong to root: "
        + "make the file readable with chmod or chown."
    case .cannotOpen(let path, let code):
      "\(name(path)): cannot be opened: \(systemMessage(code))."
        + (isForWantOfDescriptors ? " Raise the limit, see ulimit -n, or name fewer captures." : "")
    case .noCaptures(let directory):
      "\(name(directory)): no pcap or pcapng file in this directory. "
        + "Directories inside of it are not searched; name them."
    case .standardInputTwice:
      "standard input is named twice, and can be read only once. Name the other captures as files."
    case .empty(let path):
      "\(name(path)): the file is empty, not even a capture's header is in it."
    case .notACapture(let path, let signature):
      "\(name(path)): not a capture. " + advice(path: path, signature: signature)
    case .cutInFileHeader(let path):
      "\(name(path)): cut off inside of its file header, before the first packet. "
        + "Copy the file again, or take a new capture."
    case .unsupportedFormat(let path, let reason):
      "\(name(path)): a capture of a kind that cannot be read: \(reason). "
        + "Try to convert it: editcap -F pcap \(path.shellWord) converted.pcap"
    case .unsupportedLinkType(let path, let number, let linkName):
      "\(name(path)): its link type \(linkName.map { "\($0) (\(number))" } ?? "\(number)") "
        + "is not supported. Supported are \(LinkType.supportedNames)."
    case .filterRefused(let path, let linkName, let reason):
      "\(name(path)): the filter cannot be applied to its link layer\(linkName.map { " \($0)" } ?? ""): "
        + "\(reason)."
    case .damaged(let path, let packets, let offset, let reason):
      "\(name(path)): cannot be read on after packet \(packets)"
        + (offset.map { ", near byte \($0)" } ?? "") + ": \(reason). "
        + analysed(packets) + "Copy the file again; if it is whole, try to convert it: "
        + "editcap -F pcap \(path.shellWord) converted.pcap"
    case .readFailed(let path, let packets, let code):
      "\(name(path)): reading failed after packet \(packets): \(systemMessage(code)). "
        + analysed(packets) + "Copy the file to another disk and try again."
    }
  }

  private func analysed(_ packets: UInt64) -> String {
    packets == 0 ? "" : "The packets up to there are analysed. "
  }

  private func name(_ path: String) -> String {
    path == CaptureInput.standardInputPath ? "standard input" : path
  }

  private func advice(path: String, signature: FileSignature) -> String {
    if let decompressor = signature.decompressor {
      // To a file, as a pipe cannot be read twice, and so cannot tell the two sides apart.
      let isPipe = path == CaptureInput.standardInputPath
      let file = (isPipe ? "capture.pcap" : signature.nameDecompressed(path)).shellWord
      return "It is compressed; decompress it to a file: "
        + "\(decompressor)\(isPipe ? "" : " " + path.shellWord) > \(file) && snat-audit analyze \(file)"
    }
    return switch signature {
    case .snoop:
      "It is a snoop capture; convert it: editcap -F pcap \(path.shellWord) converted.pcap"
    case .otherCapture(let name):
      "It is a capture of another kind (\(name)); convert it: "
        + "editcap -F pcap \(path.shellWord) converted.pcap"
    case .netScaler:
      "It is a trace in NetScaler's own format; take it again with: "
        + "start nstrace -traceformat PCAP"
    case .tar, .zip: "It is an archive; unpack it and name the captures in it, or their directory."
    case .text:
      "It looks like text; the capture itself is needed, as tcpdump -w FILE writes it."
    default: "Its first bytes are neither those of pcap nor those of pcapng."
    }
  }
}

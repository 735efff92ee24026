/// Which side of the load balancer a capture shows.
public enum CaptureRole: String, Hashable, Sendable, CaseIterable, Codable {
  case client
  case server
  /// One file with both sides, such as `tcpdump -i any` on the load balancer writes it.
  case both

  /// The sides that such a capture shows.
  var sides: [Side] {
    switch self {
    case .client: [.client]
    case .server: [.server]
    case .both: [.client, .server]
    }
  }
}

/// A capture as the command line names it.
public struct CaptureInput: Hashable, Sendable {
  /// A file, a directory, or `-` for standard input.
  public var path: String
  /// Nil where the user did not say.
  public var role: CaptureRole?
  /// The name of the capture point, where the user gave one. Inputs of one role and name are one
  /// point even if they overlap, and no other input joins it.
  public var pointName: String?
  /// The load balancer at which it was taken, where the user named one. Captures of different ones are
  /// analysed apart.
  public var balancer: String?
  /// Where its records are read in its place; nil where it is read itself.
  var recorded: RecordedContent?

  public init(
    path: String, role: CaptureRole? = nil, pointName: String? = nil, balancer: String? = nil
  ) {
    self.path = path
    self.role = role
    self.pointName = pointName
    self.balancer = balancer
  }

  /// The path that stands for standard input.
  public static let standardInputPath = "-"

  public var isStandardInput: Bool { path == Self.standardInputPath && recorded == nil }

  /// The path of what is read.
  var location: String { recorded?.path ?? path }

  /// The side that the capture is taken for.
  var side: CaptureRole { role ?? .server }
}

extension CaptureInput {
  /// The input itself, or the captures in it if it is a directory.
  ///
  /// A directory is not searched any deeper, and its captures come sorted by name. Files that are
  /// no capture are passed over, but not those that seem to be one and cannot be read as it is:
  /// nobody should believe them analysed.
  ///
  /// - Throws: `CaptureError.noCaptures`, or that the directory cannot be read.
  func expanded() throws(CaptureError) -> [CaptureInput] {
    guard !isStandardInput, FileStatus(path: location)?.kind == .directory else { return [self] }
    var found: [CaptureInput] = []
    for name in try Directory.entries(of: path).sorted() {
      var input = self
      input.path = path.hasSuffix("/") ? path + name : "\(path)/\(name)"
      guard FileStatus(path: input.path)?.kind == .regular else { continue }
      if Self.seemsToBeCapture(input.path, name: name) { found.append(input) }
    }
    guard !found.isEmpty else { throw .noCaptures(directory: path) }
    return found
  }

  private static func seemsToBeCapture(_ path: String, name: String) -> Bool {
    let isNamedLikeOne = name.contains(".pcap") || name.contains(".cap")
    do {
      switch try CaptureFile(path: path).signature {
      case .pcap, .pcapng: return true
      case .gzip, .zstd, .lz4, .lz4Legacy, .xz, .bzip2: return isNamedLikeOne
      case .snoop, .netScaler, .otherCapture: return isNamedLikeOne
      case .tar, .zip, .text, .empty, .unknown: return isNamedLikeOne
      }
    } catch {
      return isNamedLikeOne
    }
  }
}

import FlowAnalyzer
import Glibc

/// Where a report goes.
enum ReportDestination: Equatable {
  case standardOutput
  case file(String)

  /// Writes what `body` gives to the sink.
  ///
  /// A file is written aside and then renamed, so that nobody ever sees half of it.
  ///
  /// What exists and is no regular file, such as a terminal or a named pipe, is written to as it
  /// is; a link stays a link.
  ///
  /// - Throws: `SystemError`, `MissingFolder`, or what else `body` throws.
  func write(_ body: (inout ReportSink) throws -> Void) throws {
    switch self {
    case .standardOutput: try Self.stream(to: STDOUT_FILENO, body)
    case .file(let path):
      switch FileKind(path: path) {
      case .directory: throw SystemError(code: EISDIR)
      case .special: try Self.overwrite(path, body)
      case .regular, .missing: try Self.replace(Self.resolved(path) ?? path, body)
      }
    }
  }

  /// A reader that has gone away, such as `head`, wants no more: that is no error.
  private static func stream(
    to descriptor: Int32, _ body: (inout ReportSink) throws -> Void
  ) throws {
    signal(SIGPIPE, SIG_IGN)
    do {
      try fill(descriptor, body)
    } catch let error as SystemError where error.code == EPIPE {}
  }

  private static func fill(
    _ descriptor: Int32, _ body: (inout ReportSink) throws -> Void
  ) throws {
    var sink = ReportSink(descriptor: descriptor)
    try body(&sink)
    try sink.flush()
  }

  private static func overwrite(_ path: String, _ body: (inout ReportSink) throws -> Void) throws {
    let descriptor = unsafe open(path, O_WRONLY | O_CLOEXEC)
    guard descriptor >= 0 else { throw SystemError.last }
    defer { close(descriptor) }
    try stream(to: descriptor, body)
  }

  private static func replace(_ path: String, _ body: (inout ReportSink) throws -> Void) throws {
    // Beside the target, as a rename does not cross file systems; exclusive, as another run may
    // write the same report.
    let aside = "\(path).\(getpid()).part"
    try Leftovers.guarding(aside) { try write(aside, toReplace: path, body) }
  }

  private static func write(
    _ aside: String, toReplace path: String, _ body: (inout ReportSink) throws -> Void
  ) throws {
    let descriptor = unsafe open(aside, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0o666)
    guard descriptor >= 0 else {
      let error = SystemError.last
      let folder = path.lastIndex(of: "/").map { String(path[..<$0]) } ?? ""
      // Some folders that exist, such as /proc, take no files in the same words.
      guard error.code == ENOENT, !folder.isEmpty, FileKind(path: folder) == .missing else {
        throw error
      }
      throw MissingFolder(path: folder)
    }
    do {
      do {
        // What only some may read stays so.
        if let permissions = permissions(of: path) { fchmod(descriptor, permissions) }
        try fill(descriptor, body)
      } catch {
        close(descriptor)
        throw error
      }
      // File systems over a network report a full disk only here.
      guard close(descriptor) == 0, unsafe rename(aside, path) == 0 else { throw SystemError.last }
    } catch {
      unsafe unlink(aside)
      throw error
    }
  }

  /// Nil where there is no file yet.
  private static func permissions(of path: String) -> mode_t? {
    var status = stat()
    return unsafe stat(path, &status) == 0 ? status.st_mode & 0o777 : nil
  }

  /// The path behind links; nil where there is nothing yet.
  private static func resolved(_ path: String) -> String? {
    guard let target = unsafe realpath(path, nil) else { return nil }
    defer { unsafe free(target) }
    return unsafe String(cString: target)
  }
}

/// A file cannot be made where there is no folder.
private struct MissingFolder: Error, CustomStringConvertible {
  let path: String

  var description: String { "there is no folder \(path)" }
}

extension ReportDestination: CustomStringConvertible {
  var description: String {
    switch self {
    case .standardOutput: "standard output"
    case .file(let path): path
    }
  }
}

/// What a path leads to.
enum FileKind {
  case missing, regular, directory, special

  init(path: String) {
    var status = stat()
    guard unsafe stat(path, &status) == 0 else {
      self = .missing
      return
    }
    switch status.st_mode & S_IFMT {
    case S_IFREG: self = .regular
    case S_IFDIR: self = .directory
    default: self = .special
    }
  }
}

extension ReportDestination {
  /// Whether both are one file, however it is spelled, and whether or not it is there already.
  func isSameTarget(as other: ReportDestination) -> Bool {
    guard case .file(let path) = self, case .file(let otherPath) = other else {
      return self == other
    }
    return Self.target(path) == Self.target(otherPath)
  }

  private static func target(_ path: String) -> String {
    if let target = resolved(path) { return target }
    guard let slash = path.lastIndex(of: "/") else { return (resolved(".") ?? ".") + "/" + path }
    let folder = slash == path.startIndex ? "/" : String(path[..<slash])
    return (resolved(folder) ?? folder) + "/" + path[path.index(after: slash)...]
  }

  /// Whether writing here would destroy what is read at `path`.
  func isSameFile(as path: String) -> Bool {
    guard case .file(let destination) = self else { return false }
    return Self.areOneFile(destination, path)
  }

  /// Whether two paths lead to one file, or one directory.
  static func areOneFile(_ one: String, _ other: String) -> Bool {
    var (first, second) = (stat(), stat())
    guard unsafe stat(one, &first) == 0, unsafe stat(other, &second) == 0 else { return false }
    return first.st_dev == second.st_dev && first.st_ino == second.st_ino
      && [S_IFREG, S_IFDIR].contains(first.st_mode & S_IFMT)
  }
}

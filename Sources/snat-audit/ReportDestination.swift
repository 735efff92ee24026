import FlowAnalyzer
import Glibc

/// Where a report goes.
enum ReportDestination: Equatable {
  case standardOutput
  case file(String)

  /// A file is written aside and then renamed, so that nobody ever sees half of it.
  ///
  /// What exists and is no regular file, such as a terminal or a named pipe, is written to as it
  /// is; a link stays a link.
  func write(_ text: String) throws(SystemError) {
    switch self {
    case .standardOutput: try StandardOutput.write(text)
    case .file(let path):
      switch FileKind(path: path) {
      case .directory: throw SystemError(code: EISDIR)
      case .special: try Self.overwrite(path, text)
      case .regular, .missing: try Self.replace(Self.resolved(path) ?? path, text)
      }
    }
  }

  private static func overwrite(_ path: String, _ text: String) throws(SystemError) {
    let descriptor = unsafe open(path, O_WRONLY | O_CLOEXEC)
    guard descriptor >= 0 else { throw .last }
    defer { close(descriptor) }
    signal(SIGPIPE, SIG_IGN)
    do {
      try Descriptor.write(text, to: descriptor)
    } catch {
      if error.code != EPIPE { throw error }
    }
  }

  private static func replace(_ path: String, _ text: String) throws(SystemError) {
    // Beside the target, as a rename does not cross file systems; exclusive, as another run may
    // write the same report.
    let aside = "\(path).\(getpid()).part"
    let descriptor = unsafe open(aside, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0o666)
    guard descriptor >= 0 else { throw .last }
    do throws(SystemError) {
      try Descriptor.write(text, to: descriptor)
      // File systems over a network report a full disk only here.
      guard close(descriptor) == 0, unsafe rename(aside, path) == 0 else { throw .last }
    } catch {
      unsafe unlink(aside)
      throw error
    }
  }

  /// The path behind links; nil where there is nothing yet.
  private static func resolved(_ path: String) -> String? {
    guard let target = unsafe realpath(path, nil) else { return nil }
    defer { unsafe free(target) }
    return unsafe String(cString: target)
  }
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
  /// Whether writing here would destroy the capture at `path`.
  func isSameFile(as path: String) -> Bool {
    guard case .file(let destination) = self else { return false }
    var own = stat()
    var other = stat()
    guard unsafe stat(destination, &own) == 0, unsafe stat(path, &other) == 0 else { return false }
    return own.st_dev == other.st_dev && own.st_ino == other.st_ino
      && own.st_mode & S_IFMT == S_IFREG
  }
}

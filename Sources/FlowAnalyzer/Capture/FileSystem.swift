import Glibc

/// What the file system says about a path.
struct FileStatus {
  enum Kind { case regular, directory, other }

  var kind: Kind
  /// In bytes; meaningful for regular files.
  var size: UInt64
  /// Two files have the same one only if they are one.
  var identity: Identity

  struct Identity: Equatable {
    var device: dev_t
    var number: ino_t
  }

  /// Nil if the path leads nowhere; links are followed.
  init?(path: String) {
    var status = stat()
    guard unsafe stat(path, &status) == 0 else { return nil }
    self.init(status)
  }

  /// Nil if the descriptor is not open.
  init?(descriptor: Int32) {
    var status = stat()
    guard unsafe fstat(descriptor, &status) == 0 else { return nil }
    self.init(status)
  }

  private init(_ status: stat) {
    switch status.st_mode & S_IFMT {
    case S_IFREG: kind = .regular
    case S_IFDIR: kind = .directory
    default: kind = .other
    }
    size = UInt64(clamping: status.st_size)
    identity = Identity(device: status.st_dev, number: status.st_ino)
  }
}

enum Directory {
  /// The names in a directory, in no order, hidden ones left out.
  static func entries(of path: String) throws(CaptureError) -> [String] {
    guard let directory = unsafe opendir(path) else {
      throw CaptureError(openingFailedWith: errno, path: path)
    }
    defer { unsafe closedir(directory) }
    var names: [String] = []
    while let entry = unsafe readdir(directory) {
      // SAFETY: `d_name` ends in a zero byte, and the entry lives until the next `readdir`.
      let name = unsafe withUnsafeBytes(of: &entry.pointee.d_name) {
        unsafe String(decoding: $0.prefix { $0 != 0 }, as: UTF8.self)
      }
      if !name.hasPrefix(".") { names.append(name) }
    }
    return names
  }
}

extension CaptureError {
  /// - Parameter code: the `errno` that opening left behind.
  init(openingFailedWith code: Int32, path: String) {
    switch code {
    case ENOENT, ENOTDIR: self = .notFound(path: path)
    case EACCES, EPERM: self = .permissionDenied(path: path)
    default: self = .cannotOpen(path: path, code: code)
    }
  }

  /// This process, or all together, have as many files open as they may.
  var isForWantOfDescriptors: Bool {
    switch self {
    case .cannotOpen(_, EMFILE), .cannotOpen(_, ENFILE): true
    default: false
    }
  }

  func systemMessage(_ code: Int32) -> String {
    // SAFETY: `strerror` returns a string that lives until the thread's next call of it.
    unsafe strerror(code).map { unsafe String(cString: $0) } ?? "error \(code)"
  }
}

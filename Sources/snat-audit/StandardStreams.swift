import Glibc

/// Bytes to a descriptor, all of them or an error; no buffer in between that could lose one.
enum Descriptor {
  static func write(_ text: String, to descriptor: Int32) throws(SystemError) {
    try write(Array(text.utf8), to: descriptor)
  }

  static func write(_ bytes: [UInt8], to descriptor: Int32) throws(SystemError) {
    let code = unsafe bytes.withUnsafeBufferPointer { bytes -> Int32 in
      var written = 0
      while written < bytes.count {
        // SAFETY: the bytes from `written` to the end lie in the buffer.
        let count = unsafe Glibc.write(
          descriptor, bytes.baseAddress?.advanced(by: written), bytes.count - written)
        if count >= 0 {
          written += count
        } else if errno != EINTR {
          return errno
        }
      }
      return 0
    }
    if code != 0 { throw SystemError(code: code) }
  }
}

/// Standard output: data, nothing else.
enum StandardOutput {
  /// A reader that has gone away, such as `head`, wants no more: that is no error.
  static func write(_ text: String) throws(SystemError) {
    signal(SIGPIPE, SIG_IGN)
    do {
      try Descriptor.write(text, to: STDOUT_FILENO)
    } catch {
      if error.code != EPIPE { throw error }
    }
  }
}

/// Standard error: messages for people, one line each.
enum Message {
  static func error(_ text: String) { write("snat-audit: error: \(text)\n") }
  static func warning(_ text: String) { write("snat-audit: warning: \(text)\n") }

  /// Where not even standard error takes it, there is nobody left to tell.
  static func write(_ text: String) { try? Descriptor.write(text, to: STDERR_FILENO) }
}

/// What the operating system refused; `code` is an `errno`.
struct SystemError: Error, CustomStringConvertible {
  var code: Int32

  static var last: SystemError { SystemError(code: errno) }

  var description: String {
    // SAFETY: `strerror` returns a string that lives until the thread's next call of it.
    unsafe strerror(code).map { unsafe String(cString: $0) } ?? "error \(code)"
  }
}

import FlowAnalyzer
import Glibc

/// What can be done on a descriptor that may be a terminal.
struct Terminal {
  let descriptor: Int32

  static let output = Terminal(descriptor: STDOUT_FILENO)
  static let error = Terminal(descriptor: STDERR_FILENO)

  var isTerminal: Bool { isatty(descriptor) == 1 }

  /// Colour is for terminals that have it and users who did not decline it (no-color.org).
  var hasColor: Bool {
    isTerminal && (Self.environment("NO_COLOR") ?? "").isEmpty
      && Self.environment("TERM") != "dumb"
  }

  /// Nil where the terminal does not say.
  var columns: Int? {
    var size = winsize()
    guard isTerminal, unsafe ioctl(descriptor, UInt(TIOCGWINSZ), &size) == 0, size.ws_col > 0 else {
      return nil
    }
    return Int(size.ws_col)
  }

  /// Prose longer than this is hard to read, however wide the window.
  private static let widest = 120

  /// How a text report for this descriptor is laid out: as in a file, unless it is a terminal.
  var style: TextStyle {
    guard isTerminal, let columns else { return TextStyle(hasColor: hasColor) }
    return TextStyle(width: min(columns, Self.widest), hasColor: hasColor)
  }

  private static func environment(_ name: String) -> String? {
    // SAFETY: nothing in this program changes the environment.
    unsafe getenv(name).map { unsafe String(cString: $0) }
  }
}

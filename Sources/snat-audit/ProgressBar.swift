import FlowAnalyzer
import Glibc

/// How far a long read has come, on standard error if that is a terminal, and gone at the end.
struct ProgressBar {
  private let terminal: Terminal
  private let isEnabled: Bool
  private let start: ContinuousClock.Instant
  private var lastDrawn: ContinuousClock.Instant?

  /// Short reads need no bar.
  private static let patience = Duration.milliseconds(500)
  private static let interval = Duration.milliseconds(100)

  init(terminal: Terminal = .error) {
    self.terminal = terminal
    isEnabled = terminal.isTerminal
    start = .now
  }

  mutating func update(_ progress: Analyzer.Progress) {
    guard isEnabled else { return }
    let now = ContinuousClock.now
    guard now - start >= Self.patience, lastDrawn.map({ now - $0 >= Self.interval }) ?? true else {
      return
    }
    lastDrawn = now
    let width = max(10, min((terminal.columns ?? 80) - 36, 40))
    Message.write("\r" + Self.text(progress, elapsed: now - start, width: width) + Self.eraseToEnd)
  }

  /// Leaves the line as if nothing had been there.
  mutating func erase() {
    guard lastDrawn != nil else { return }
    lastDrawn = nil
    Message.write("\r" + Self.eraseToEnd)
  }

  private static let eraseToEnd = "\u{1B}[K"

  /// `reading [#####     ]  42 %  1.2 of 2.9 GB`, or the time where the size is not known.
  static func text(_ progress: Analyzer.Progress, elapsed: Duration, width: Int) -> String {
    guard let total = progress.bytesTotal, total > 0 else {
      return "reading, \(elapsed.components.seconds) s"
    }
    let share = min(Double(progress.bytesRead) / Double(total), 1)
    let filled = Int(share * Double(width))
    let bar = String(repeating: "#", count: filled) + String(repeating: " ", count: width - filled)
    let percent = String(Int(share * 100))
    let padding = String(repeating: " ", count: max(0, 3 - percent.count))
    return "reading [\(bar)] \(padding)\(percent) %  \(megabytes(progress.bytesRead)) of "
      + "\(megabytes(total)) MB"
  }

  private static func megabytes(_ bytes: UInt64) -> UInt64 { (bytes + 500_000) / 1_000_000 }
}

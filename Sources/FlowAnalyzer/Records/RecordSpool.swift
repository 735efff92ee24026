import Glibc

/// Keeps the records of the captures of one load balancer in files, until all have come and can be judged.
///
/// Captures overlap in time and come one after the other; what is on the way of all of them need not fit into
/// memory.
public final class RecordSpool {
  private struct Capture {
    let header: RecordedCaptureHeader
    var content: RecordedContent
    /// Nil as long as its records come.
    var record: CaptureRecord?
  }

  private var captures: [Capture] = []
  private let directory: String
  /// That of the capture whose records come.
  private var file: Int32 = -1

  /// - Parameter directory: where a folder of its own is made, which goes with the spool.
  public init(in directory: String) throws(RecordSpoolError) {
    var template = Array("\(directory)/snat-audit-XXXXXX".utf8CString)
    let isMade = unsafe template.withUnsafeMutableBufferPointer { buffer in
      unsafe buffer.baseAddress.map { unsafe mkdtemp($0) != nil } ?? false
    }
    guard isMade else { throw .cannotWrite(path: directory, code: errno) }
    self.directory = unsafe template.withUnsafeBufferPointer { buffer in
      unsafe String(decoding: buffer.dropLast().map(UInt8.init(bitPattern:)), as: UTF8.self)
    }
  }

  deinit { removeAll() }

  /// Removes all files.
  public func removeAll() {
    if file >= 0 { close(file) }
    file = -1
    for capture in captures { unsafe unlink(capture.content.path) }
    unsafe rmdir(directory)
  }

  /// Takes in the next frame. Those of a capture come together and in order.
  public func add(_ frame: RecordFrame) throws(RecordSpoolError) {
    switch frame {
    case .begin(let header):
      guard header.version == RecordedCaptureHeader.version else {
        throw .otherVersion(header.version)
      }
      guard captures.last.map({ $0.record != nil }) ?? true else { throw .outOfOrder }
      if let first = captures.first?.header {
        guard first.balancer == header.balancer else { throw .otherBalancer }
        guard first.selection == header.selection else { throw .otherSelection }
        guard captures.allSatisfy({ $0.header.number < header.number }) else { throw .outOfOrder }
      }
      try begin(header)
    case .block(let bytes):
      guard let last = captures.last, last.record == nil else { throw .outOfOrder }
      try write(RecordedContent.length(bytes.count), to: last.content.path)
      try write(bytes, to: last.content.path)
    case .end(let record):
      guard let last = captures.last, last.record == nil else { throw .outOfOrder }
      guard record.isSound else { throw .damaged(capture: last.header.path, nil) }
      captures[captures.count - 1].record = record
      captures[captures.count - 1].content.isTruncated = record.truncated
      captures[captures.count - 1].content.dropped = record.dropped
      captures[captures.count - 1].content.failure = record.failure
      close(file)
      file = -1
    }
  }

  private func begin(_ header: RecordedCaptureHeader) throws(RecordSpoolError) {
    let path = "\(directory)/\(header.number)"
    file = unsafe open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0o600)
    guard file >= 0 else { throw .cannotWrite(path: path, code: errno) }
    captures.append(Capture(header: header, content: RecordedContent(path: path)))
  }

  private func write(_ bytes: [UInt8], to path: String) throws(RecordSpoolError) {
    var written = 0
    while written < bytes.count {
      // SAFETY: what is read lies within the array.
      let count = unsafe bytes.withUnsafeBytes { buffer in
        unsafe Glibc.write(
          file, buffer.baseAddress.map { unsafe $0 + written }, bytes.count - written)
      }
      guard count > 0 else { throw .cannotWrite(path: path, code: errno) }
      written += count
    }
  }

  /// The captures, to be read again. All must have come to their ends.
  func inputs() throws(RecordSpoolError) -> [CaptureInput] {
    guard !captures.isEmpty else { throw .empty }
    guard captures.last?.record != nil else { throw .outOfOrder }
    return captures.map { capture in
      var input = capture.header.input
      input.recorded = capture.content
      return input
    }
  }

  /// What was noted of each when it was read first.
  var records: [CaptureRecord] { captures.compactMap(\.record) }

  /// Which packets of them are to be analysed.
  var selection: PacketSelection { captures.first?.header.selection ?? PacketSelection() }

  /// Where the first of them stands among the captures of all load balancers.
  var firstNumber: Int { captures.first?.header.number ?? 0 }
}

extension RecordedContent {
  fileprivate static func length(_ count: Int) -> [UInt8] {
    (0..<lengthBytes).reversed().map { UInt8(truncatingIfNeeded: count >> (8 * $0)) }
  }
}

extension Analyzer {
  /// Judges the captures of one load balancer from their records, as `analyze` judges captures.
  ///
  /// - Parameter progress: as of `analyze`.
  public func judge(
    _ spool: RecordSpool, progress: (Progress) -> Bool = { _ in true }
  ) throws(RecordSpoolError) -> PartialSummary {
    var analyzer = self
    analyzer.configuration.selection = spool.selection
    var (summary, _) = analyzer.summary(of: try spool.inputs(), progress: progress)
    for (position, record) in spool.records.enumerated() {
      let failure = summary.captures[position].failure
      guard failure == record.failure || failure?.isRefusal == true || summary.isPartial else {
        throw .damaged(capture: record.path, failure)
      }
      // Of what is asked for by time nobody knew then what it would be.
      if !spool.selection.isTimed { summary.captures[position].adopt(record) }
    }
    summary.disguise(by: configuration.anonymizer)
    summary.number = spool.firstNumber
    return summary
  }
}

extension CaptureError {
  /// It comes of what is asked for, and only of packets at the time that is asked for.
  fileprivate var isRefusal: Bool {
    switch self {
    case .filterRefused: true
    default: false
    }
  }
}

/// Why records cannot be judged.
public enum RecordSpoolError: Error, Equatable, Sendable {
  case empty
  case otherVersion(Int)
  case otherBalancer
  case otherSelection
  case outOfOrder
  case cannotWrite(path: String, code: Int32)
  /// Its records cannot be read.
  case damaged(capture: String, CaptureError?)
}

extension RecordSpoolError: CustomStringConvertible {
  public var description: String {
    switch self {
    case .empty: "there are no records; `snat-audit extract-records` writes them"
    case .otherVersion(let version):
      "records have version \(version), this program reads version "
        + "\(RecordedCaptureHeader.version); use the same program for all stages"
    case .otherBalancer:
      "records are of several load balancers; judge those of each by themselves"
    case .otherSelection:
      "records were extracted by different --filter, --since or --until; extract all of them by the same"
    case .outOfOrder:
      "records of a capture come in pieces, without their end or behind others; give those of each "
        + "capture together, as extract-records wrote them, by the numbers of the captures"
    case .damaged(let capture, let failure):
      "the records of \(capture) are damaged; extract them again"
        + (failure.map { " (\($0))" } ?? "")
    case .cannotWrite(let path, let code):
      // SAFETY: `strerror` returns a string that lives until the thread's next call of it.
      "\(path): cannot be written: \(unsafe String(cString: strerror(code)))"
    }
  }
}

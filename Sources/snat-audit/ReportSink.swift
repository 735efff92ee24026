/// Takes a report in pieces and passes it on in larger ones, so that no report is ever whole in
/// memory.
struct ReportSink {
  /// How many bytes are gathered before they are passed on.
  private static let capacity = 1 << 16

  private let descriptor: Int32
  private var pending: [UInt8] = []

  init(descriptor: Int32) { self.descriptor = descriptor }

  mutating func write(_ text: String) throws(SystemError) {
    pending.append(contentsOf: text.utf8)
    if pending.count >= Self.capacity { try flush() }
  }

  /// Takes text in UTF-8.
  mutating func write(_ text: Span<UInt8>) throws(SystemError) {
    unsafe text.withUnsafeBufferPointer { unsafe pending.append(contentsOf: $0) }
    if pending.count >= Self.capacity { try flush() }
  }

  /// Passes on what was gathered: the last thing to do with a sink.
  mutating func flush() throws(SystemError) {
    try Descriptor.write(pending, to: descriptor)
    pending.removeAll(keepingCapacity: true)
  }
}

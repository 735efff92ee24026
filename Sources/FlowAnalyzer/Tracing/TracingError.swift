/// Why the captures of a finished analysis could not be read again.
public enum TracingError: Error, Hashable, Sendable {
  /// It is standard input or a pipe, whose packets can be had only once.
  case notRepeatable(path: String)
}

extension TracingError: CustomStringConvertible {
  public var description: String {
    switch self {
    case .notRepeatable(CaptureInput.standardInputPath):
      "standard input: the packets of a finding are sought in a second reading, and it can be read "
        + "only once. Save it to a file first, and name that."
    case .notRepeatable(let path):
      "\(path): the packets of a finding are sought in a second reading, and this can be read only "
        + "once. Copy it to a file first, and name that."
    }
  }
}

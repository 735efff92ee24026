import FlowAnalyzer

/// Fields of events: what is not known is left out, as in ECS a null says nothing.
extension JSONWriter {
  mutating func field(_ name: StaticString, _ value: String?) {
    guard let value else { return }
    self.name(name)
    string(value)
  }

  mutating func field(_ name: StaticString, _ value: some RawRepresentable<String>) {
    field(name, value.rawValue)
  }

  mutating func field(_ name: StaticString, _ value: Bool) {
    self.name(name)
    bool(value)
  }

  mutating func field(_ name: StaticString, _ value: (some BinaryInteger)?) {
    guard let value else { return }
    self.name(name)
    number(Int64(clamping: value))
  }

  mutating func field(_ name: StaticString, _ value: Timestamp?) {
    guard let value else { return }
    self.name(name)
    plainString { value.writeText(to: &$0) }
  }

  mutating func field(_ name: StaticString, _ value: IPAddress) {
    self.name(name)
    plainString { value.writeText(to: &$0) }
  }

  mutating func field(_ name: StaticString, _ values: [String]) {
    self.name(name)
    array { json in for value in values { json.string(value) } }
  }

  mutating func field(_ name: StaticString, _ values: [IPAddress]) {
    self.name(name)
    array { json in for value in values { json.plainString { value.writeText(to: &$0) } } }
  }

  mutating func field(_ name: StaticString, _ value: Seconds?) {
    guard let value else { return }
    self.name(name)
    let text = String { value.writeText(to: &$0) }
    verbatim { $0.appendFraction(text) }
  }

  mutating func field(_ name: StaticString, _ value: Double) {
    self.name(name)
    let text = String { $0.append(decimal: value) }
    verbatim { $0.appendFraction(text) }
  }

  /// Elasticsearch takes the first value it sees for the type of all: 0 for whole numbers, and then
  /// cuts 0.5 down to them. What may have a fraction always has one.
  private mutating func appendFraction(_ number: String) {
    append(number.utf8Span.span)
    if !number.contains(where: { $0 == "." || $0 == "e" }) {
      append(".")
      append("0")
    }
  }

  mutating func object(_ name: StaticString, _ body: (inout JSONWriter) -> Void) {
    self.name(name)
    object(body)
  }
}

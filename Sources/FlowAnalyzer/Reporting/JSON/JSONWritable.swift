/// A value that writes itself as JSON.
///
/// Types of the report write their fields by hand, in the order of their names: what stands in the
/// report is what stands here, and renaming a property changes no format.
protocol JSONWritable {
  func write(to json: inout JSONWriter)
}

extension JSONWriter {
  mutating func field(_ name: StaticString, _ value: some JSONWritable) {
    self.name(name)
    value.write(to: &self)
  }

  mutating func array(of values: some Sequence<some JSONWritable>) {
    array { json in for value in values { value.write(to: &json) } }
  }
}

// MARK: - Simple values

extension Bool: JSONWritable {
  func write(to json: inout JSONWriter) { json.bool(self) }
}

extension String: JSONWritable {
  func write(to json: inout JSONWriter) { json.string(self) }
}

extension Double: JSONWritable {
  func write(to json: inout JSONWriter) { json.number(self) }
}

extension JSONWritable where Self: BinaryInteger {
  func write(to json: inout JSONWriter) {
    if Self.isSigned {
      json.number(Int64(truncatingIfNeeded: self))
    } else {
      json.number(UInt64(truncatingIfNeeded: self))
    }
  }
}

extension Int: JSONWritable {}
extension Int32: JSONWritable {}
extension UInt16: JSONWritable {}
extension UInt32: JSONWritable {}
extension UInt64: JSONWritable {}

/// What is not known is null: the contract's fields are always there.
extension Optional: JSONWritable where Wrapped: JSONWritable {
  func write(to json: inout JSONWriter) {
    if let self { self.write(to: &json) } else { json.null() }
  }
}

extension Array: JSONWritable where Element: JSONWritable {
  func write(to json: inout JSONWriter) { json.array(of: self) }
}

/// Sorted by name: the order of a dictionary is another one in each run.
extension Dictionary: JSONWritable where Key == String, Value: JSONWritable {
  func write(to json: inout JSONWriter) {
    json.object { json in
      for (name, value) in sorted(by: { $0.key < $1.key }) {
        json.name(name)
        value.write(to: &json)
      }
    }
  }
}

/// Closed lists are written by their names.
extension JSONWritable where Self: RawRepresentable, RawValue == String {
  func write(to json: inout JSONWriter) { json.string(rawValue) }
}

extension Answer: JSONWritable {}
extension Evidence: JSONWritable {}
extension HeldEnd: JSONWritable {}
extension HeldKind: JSONWritable {}
extension HitReason: JSONWritable {}
extension JoinGap: JSONWritable {}
extension JoinMethod: JSONWritable {}
extension Outcome: JSONWritable {}
extension Translation: JSONWritable {}
extension Coverage.Grade: JSONWritable {}
extension Coverage.Reason: JSONWritable {}
extension AnalysisReport.Finding.Kind: JSONWritable {}

// MARK: - Values with a text of their own

extension Timestamp: JSONWritable {
  func write(to json: inout JSONWriter) { json.plainString { writeText(to: &$0) } }
}

extension Seconds: JSONWritable {
  func write(to json: inout JSONWriter) { json.verbatim { writeText(to: &$0) } }
}

extension IPAddress: JSONWritable {
  func write(to json: inout JSONWriter) { json.plainString { writeText(to: &$0) } }
}

extension FindingIdentifier: JSONWritable {
  func write(to json: inout JSONWriter) { json.plainString { $0.append(hexadecimal: value) } }
}

extension Endpoint: JSONWritable {
  func write(to json: inout JSONWriter) {
    json.object { json in
      json.field("ip", address)
      json.field("port", port)
    }
  }
}

extension FourTuple: JSONWritable {
  func write(to json: inout JSONWriter) {
    json.object { json in
      json.field("destination", destination)
      json.field("source", source)
    }
  }
}

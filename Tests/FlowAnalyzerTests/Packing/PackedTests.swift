import Testing

@testable import FlowAnalyzer

@Suite("Numbers in strings")
struct PackedTests {
  private func read<Value>(
    _ write: (inout PackedWriter) -> Void,
    _ read: (inout PackedReader) throws(DecodingError) -> Value
  ) throws -> Value {
    var writer = PackedWriter()
    write(&writer)
    var reader = PackedReader(writer.text)
    let value = try read(&reader)
    try reader.finish()
    return value
  }

  @Test(
    arguments: [
      (0, "A"), (31, "f"), (32, "gB"), (1023, "_f"), (1024, "ggB"), (.max, "____________P"),
    ] as [(UInt64, String)])
  func `five bits in a character`(value: UInt64, text: String) throws {
    var writer = PackedWriter()
    writer.write(value)
    #expect(writer.text == text)
    #expect(
      try read({ $0.write(value) }, { reader throws(DecodingError) in try reader.number() })
        == value)
  }

  @Test(arguments: [0, 1, -1, 15, -16, 16, .max, .min] as [Int64])
  func `numbers of either sign`(value: Int64) throws {
    let again: Int64 = try read(
      { $0.write(signed: value) }, { r throws(DecodingError) in try r.signed() })
    #expect(again == value)
    let optional = try read(
      { $0.writeOptional(signed: value) }, { r throws(DecodingError) in try r.optionalSigned() })
    #expect(optional == value)
  }

  @Test func `small numbers of either sign take one character`() {
    for value in -16...15 as ClosedRange<Int64> {
      var writer = PackedWriter()
      writer.write(signed: value)
      #expect(writer.text.count == 1)
    }
  }

  @Test func `times that are centuries apart`() throws {
    let times = [0, .max, .min, .min, 1_760_000_000_000_000_000, -1].map(
      Timestamp.init(nanoseconds:))
    let again = try read { writer in
      for time in times { writer.write(time) }
    } _: { reader throws(DecodingError) in
      [
        try reader.time(), try reader.time(), try reader.time(), try reader.time(),
        try reader.time(), try reader.time(),
      ]
    }
    #expect(again == times)
  }

  @Test func `the shorter way around the circle of 32 bits`() throws {
    let pairs: [(UInt32, UInt32)] = [
      (0, .max), (.max, 0), (1 << 31, 0), (0, 1 << 31), (7, 7),
    ]
    for (value, other) in pairs {
      let again = try read {
        $0.write(value, from: other)
      } _: { r throws(DecodingError) in
        try r.number(from: other)
      }
      #expect(again == value)
    }
    var writer = PackedWriter()
    writer.write(0, from: .max)
    #expect(writer.text == "C")
  }

  @Test func `an address is written once`() throws {
    let addresses = [
      IPAddress(v4: 0x0a00_0001), IPAddress(v6High: .max, low: 1), IPAddress(v4: 0x0a00_0001),
      IPAddress(v6High: 0, low: 0x0a00_0001), IPAddress(v6High: .max, low: 1),
    ]
    var writer = PackedWriter()
    for address in addresses { writer.write(address) }
    let length = writer.text.count
    writer.write(addresses[0])
    #expect(writer.text.count == length + 1)
    var reader = PackedReader(writer.text)
    for address in addresses { #expect(try reader.address() == address) }
    #expect(try reader.address() == addresses[0])
  }

  @Test func `names are written once and read by name`() throws {
    var writer = PackedWriter()
    for kind in [HeldKind.timeWait, .closing, .timeWait] { writer.write(kind) }
    var reader = PackedReader(writer.text)
    for kind in [HeldKind.timeWait, .closing, .timeWait] {
      #expect(try reader.value() == kind)
    }
    var other = PackedReader(writer.text)
    #expect(throws: DecodingError.self) { try other.value() as Outcome }
  }

  // MARK: - What nobody has written

  @Test(arguments: [
    "", "g", "____________Q", "_____________A", "A ", "A\u{e9}", "+", "AA",
  ])
  func `what is no number says so`(text: String) {
    var reader = PackedReader(text)
    #expect(throws: DecodingError.self) {
      _ = try reader.number() as UInt64
      try reader.finish()
    }
  }

  @Test func `numbers that do not fit say so`() {
    func expectError(_ text: String, _ read: (inout PackedReader) throws -> Void) {
      var reader = PackedReader(text)
      #expect(throws: DecodingError.self) { try read(&reader) }
    }
    expectError("gggE") { _ = try $0.number(as: UInt16.self) }
    expectError("____________P") { _ = try $0.number(as: Int.self) }
    expectError("_______________") { _ = try $0.signed() as Int32 }
    expectError("gggggggI") { _ = try $0.signed() as Int32 }
    expectError("C") { _ = try $0.flag() }
    expectError("____________H") { _ = try $0.count() }
    // Seven elements, of which there are six at most.
    expectError("HAAAAAA") { _ = try $0.array() as [Party] }
    expectError("____________H") { _ = try $0.array() as [Party] }
    // The second address, where there is no first one.
    expectError("BAB") { _ = try $0.address() }
    expectError("B") { _ = try $0.value() as Outcome }
    expectError("CAA") { _ = try $0.counts(3) }
  }
}

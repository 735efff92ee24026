import Testing

@testable import FlowAnalyzer

/// Our reader against libpcap. What it does better on purpose is in `PlainReaderTests`.
@Suite struct LibpcapAgreementTests {
  let directory: TemporaryDirectory

  init() throws { directory = try TemporaryDirectory() }

  /// Small enough that every record straddles the buffer's end once, or has to make it grow.
  static let readAheads = [8, 100, 333, 4096, ReadBuffer.standardCapacity]

  /// A small file of each kind that is read here.
  static func contents(of kind: Kind, _ capture: CaptureBuilder) -> [UInt8] {
    var capture = capture
    switch kind {
    case .pcap(let isBigEndian): capture.isBigEndian = isBigEndian
    case .nanosecondPcap(let isBigEndian):
      capture.isBigEndian = isBigEndian
      capture.format = .nanosecondPcap
    case .modifiedPcap(let isBigEndian): return capture.modifiedPcap(isBigEndian: isBigEndian)
    case .pcapng(let isBigEndian):
      return PcapngBuilder(capture, isBigEndian: isBigEndian).contents
    }
    return capture.contents
  }

  enum Kind: CaseIterable {
    case pcap(isBigEndian: Bool)
    case nanosecondPcap(isBigEndian: Bool)
    case modifiedPcap(isBigEndian: Bool)
    case pcapng(isBigEndian: Bool)

    static let allCases: [Kind] = [false, true].flatMap {
      [
        .pcap(isBigEndian: $0), .nanosecondPcap(isBigEndian: $0), .modifiedPcap(isBigEndian: $0),
        .pcapng(isBigEndian: $0),
      ]
    }
  }

  static var small: CaptureBuilder {
    var capture = CaptureBuilder(microseconds: [1_700_000_000_000_000, 5, 6, 7, 8, 9, 10])
    capture.packets[1].originalLength = 4000
    capture.packets[2].bytes = []
    capture.packets[3].bytes = Array(0..<201)
    return capture
  }

  /// Whether it is the same, but for what we do better.
  private func agrees(_ ours: Reading, _ libpcap: Reading) -> Bool {
    if case .damaged(_, _, _, let reason)? = libpcap.error, Self.isOvercautious(reason) {
      return ours.packets.count >= libpcap.packets.count
        && zip(ours.packets, libpcap.packets).allSatisfy(Self.agrees)
    }
    // Another interface than the first may have a link type that is read.
    if case .unsupportedLinkType = libpcap.ending, !ours.packets.isEmpty { return true }
    return ours.ending == libpcap.ending && ours.packets.count == libpcap.packets.count
      && zip(ours.packets, libpcap.packets).allSatisfy(Self.agrees)
  }

  private static func isOvercautious(_ reason: String) -> Bool {
    reason.contains("different from the") || reason.contains("different byte orders")
  }

  /// libpcap takes fractions of a second from 2^31 up as negative, where it need not swap bytes.
  private static func agrees(_ ours: Reading.Packet, _ libpcap: Reading.Packet) -> Bool {
    var ours = ours
    if [1 << 32, 1000 << 32].contains(ours.time - libpcap.time) { ours.time = libpcap.time }
    return ours == libpcap
  }

  @Test(arguments: FixtureTests.all)
  func `every fixture in every format reads the same`(scenario: String) throws {
    let capture = try CaptureBuilder(reading: KernelTruth.capture(scenario).path)
    var beginning = capture
    beginning.packets = Array(capture.packets.prefix(200))
    for kind in Kind.allCases {
      let path = try directory.write(Self.contents(of: kind, capture), as: "a.pcap")
      let libpcap = Reading(libpcap: path)
      #expect(libpcap.packets.count == capture.packets.count)
      #expect(libpcap.ending == .endOfFile)
      #expect(Reading(path) == libpcap, "\(kind)")
      // All that small buffers meet is in the first packets.
      let start = try directory.write(Self.contents(of: kind, beginning), as: "start.pcap")
      for readAhead in Self.readAheads {
        #expect(
          Reading(start, readAhead: readAhead) == Reading(libpcap: start),
          "\(kind), \(readAhead) bytes")
      }
    }
  }

  @Test(arguments: Kind.allCases)
  func `a file cut anywhere ends the same`(kind: Kind) throws {
    let contents = Self.contents(of: kind, Self.small)
    for length in 1...contents.count {
      let path = try directory.write(Array(contents[..<length]), as: "cut.pcap")
      for readAhead in [8, 100, 4096] {
        #expect(
          Reading(path, readAhead: readAhead) == Reading(libpcap: path), "\(length) bytes")
      }
    }
  }

  @Test(arguments: Kind.allCases, 1...8 as ClosedRange<UInt64>)
  func `a damaged file ends the same, after the same packets`(kind: Kind, seed: UInt64) throws {
    let contents = Self.contents(of: kind, Self.small)
    var random = SeededGenerator(seed: seed)
    for round in 0..<120 {
      let damaged = contents.damaged(using: &random)
      let path = try directory.write(damaged, as: "damaged.pcap")
      let ours = Reading(path, readAhead: [8, 100, 4096].randomElement(using: &random) ?? 8)
      let libpcap = Reading(libpcap: path)
      #expect(
        agrees(ours, libpcap) || damaged.hasFineResolution && ours.isAlike(libpcap),
        """
        seed \(seed), round \(round): \(ours.packets.count) packets, \(ours.ending); \
        libpcap \(libpcap.packets.count), \(libpcap.ending): \
        \(libpcap.error.map { "\($0)" } ?? "no error")
        """)
    }
  }

  // MARK: - Details of the formats

  @Test(
    arguments: [
      (2, 0), (2, 1), (2, 2), (2, 3), (2, 4), (2, 5), (543, 0), (543, 1), (1, 4), (3, 0), (0, 0),
    ] as [(UInt16, UInt16)], [false, true])
  func `versions of pcap, which swap the lengths`(
    version: (major: UInt16, minor: UInt16), isBigEndian: Bool
  ) throws {
    // Both lengths in both orders: where a version is misread, the next header is, too.
    var capture = CaptureBuilder(microseconds: [1, 2, 3])
    capture.isBigEndian = isBigEndian
    for length in [54, 10, 300] {
      capture.packets[0].originalLength = length
      var contents = capture.contents
      let field = bytes(version.major) + bytes(version.minor)
      let swapped = [field[1], field[0], field[3], field[2]]
      contents.replaceSubrange(4..<8, with: isBigEndian ? field : swapped)
      let path = try directory.write(contents, as: "a.pcap")
      #expect(Reading(path) == Reading(libpcap: path), "\(version), \(length)")
    }
  }

  @Test(arguments: [0, 1, 53, 54, 55, 262_144, 0x7fff_ffff, 0x8000_0000, 0xffff_ffff] as [UInt32])
  func `a snap length below the captured one`(snapLength: UInt32) throws {
    var contents = CaptureBuilder(microseconds: [1, 2, 3]).contents
    contents.replaceSubrange(16..<20, with: bytes(snapLength).reversed())
    var builder = PcapngBuilder()
    builder.section()
    builder.interface(snapLength: snapLength)
    builder.simplePacket([UInt8](repeating: 1, count: 54), originalLength: 54)
    builder.packet([UInt8](repeating: 2, count: 54), at: 1)
    for contents in [contents, builder.contents] {
      let path = try directory.write(contents, as: "a.pcap")
      #expect(Reading(path) == Reading(libpcap: path))
    }
  }

  @Test(arguments: [262_143, 262_144, 262_145] as [UInt32])
  func `packets up to the limit of libpcap`(length: UInt32) throws {
    var capture = CaptureBuilder(microseconds: [1, 2])
    capture.packets[0].bytes = [UInt8](repeating: 3, count: Int(length))
    var builder = PcapngBuilder()
    builder.section()
    builder.interface(snapLength: 0)
    builder.packet([UInt8](repeating: 4, count: Int(length)), at: 1)
    builder.packet([UInt8](repeating: 5, count: 54), at: 1)
    for contents in [capture.contents, builder.contents] {
      let path = try directory.write(contents, as: "a.pcap")
      let libpcap = Reading(libpcap: path)
      #expect(libpcap.ending == (length > 262_144 ? .damaged : .endOfFile))
      for readAhead in [8, 4096, 262_144] {
        #expect(Reading(path, readAhead: readAhead) == libpcap)
      }
    }
  }

  @Test func `large blocks up to the limit of libpcap`() throws {
    for length in [16 * 1024 * 1024, 16 * 1024 * 1024 + 4] {
      for type in [0x0bad, 6] as [UInt32] {
        var builder = PcapngBuilder()
        builder.section()
        builder.interface(snapLength: 0x7fff_ffff)
        var body = [UInt8](repeating: 0, count: length - 12)
        body[14] = 0x80  // 8 MiB captured
        builder.block(type, body)
        builder.packet([1, 2, 3], at: 1)
        let path = try directory.write(builder.contents, as: "a.pcap")
        #expect(Reading(path, readAhead: 4096) == Reading(libpcap: path))
      }
    }
  }

  @Test(arguments: [
    0, 1, 3, 6, 8, 9, 10, 12, 19, 20, 0x7f, 0x80, 0x89, 0x8a, 0x9e, 0xa2, 0xc0, 0xff,
  ])
  func `resolutions and offsets of pcapng`(resolution: UInt8) throws {
    for seconds in [0, 1, -1, 1_700_000_000, .max, .min] as [Int64] {
      var builder = PcapngBuilder()
      builder.section()
      builder.interface([.resolution(resolution), builder.offset(seconds)])
      for units in [0, 1, 999_999_999, 1_700_000_000_123_456_789, .max] as [UInt64] {
        builder.packet([1, 2, 3], at: units)
      }
      builder.simplePacket([1])
      let path = try directory.write(builder.contents, as: "a.pcap")
      #expect(Reading(path) == Reading(libpcap: path), "\(seconds)")
    }
  }

  @Test func `options of an interface that make no sense`() throws {
    typealias Option = PcapngBuilder.Option
    let offset = PcapngBuilder().offset(5)
    let lists: [[Option]] = [
      [.resolution(9), .resolution(9)], [offset, offset], [.end, .resolution(9)],
      [Option(code: 9, value: [])], [Option(code: 9, value: [1, 2])], [Option(code: 0, value: [1])],
      [Option(code: 14, value: [1, 2, 3, 4])], [Option(code: 0x7777, value: [1, 2, 3])],
    ]
    for options in lists {
      for isFirst in [false, true] {
        var builder = PcapngBuilder()
        builder.section()
        if !isFirst { builder.interface() }
        builder.interface(options)
        builder.packet([1, 2, 3], at: 1_000_000)
        let path = try directory.write(builder.contents, as: "a.pcap")
        #expect(Reading(path) == Reading(libpcap: path), "\(options)")
      }
    }
  }

  @Test func `an odd first section header, versions, and files without interfaces`() throws {
    var files: [[UInt8]] = []
    for minor in [0, 1, 2, 3] as [UInt16] {
      for second in [0, 1, 2, 9] as [UInt16] {
        var builder = PcapngBuilder()
        builder.section(minor: minor)
        builder.interface()
        builder.packet([1], at: 1)
        builder.section(minor: second)
        builder.interface()
        builder.packet([2], at: 1)
        files.append(builder.contents)
      }
    }
    var odd = files[0]
    odd[24] = 99  // the length behind the section header
    files.append(odd)
    var builder = PcapngBuilder()
    builder.section()
    files.append(builder.contents)
    builder.packet([1], at: 1)
    files.append(builder.contents)
    builder = PcapngBuilder()
    builder.section()
    builder.interface()
    builder.section()
    builder.packet([1], at: 1)
    files.append(builder.contents)
    for (index, contents) in files.enumerated() {
      let path = try directory.write(contents, as: "a.pcap")
      #expect(Reading(path) == Reading(libpcap: path), "\(index)")
    }
  }

  @Test(arguments: [0, 11, 12, 14, 100, 101, 105, 113, 147, 228, 276, 9999])
  func `link types, with and without the bits beside them`(number: UInt32) throws {
    for bits in [0, 0xf400_0000, 0x0001_0000, 0x0200_0000] as [UInt32] {
      let capture = CaptureBuilder(linkType: number | bits, frames: [[1, 2, 3]])
      let path = try directory.write(capture, as: "a.pcap")
      #expect(Reading(path) == Reading(libpcap: path))
    }
    var capture = CaptureBuilder(linkType: number, frames: [[1, 2, 3]])
    capture.format = .pcapng
    let path = try directory.write(capture, as: "a.pcap")
    #expect(Reading(path) == Reading(libpcap: path))
  }
}

extension Reading {
  /// The same but for times.
  fileprivate func isAlike(_ other: Reading) -> Bool {
    ending == other.ending && packets.map(\.bytes) == other.packets.map(\.bytes)
  }
}

extension [UInt8] {
  /// libpcap gets times wrong whose unit is 2^-35 s or less.
  fileprivate var hasFineResolution: Bool {
    indices.dropLast(4).contains {
      self[$0 + 4] > 0xa2
        && (self[$0..<$0 + 4] == [9, 0, 1, 0] || self[$0..<$0 + 4] == [0, 9, 0, 1])
    }
  }

  /// With a few bytes changed, lost, added or moved.
  func damaged(using random: inout SeededGenerator) -> [UInt8] {
    var file = self
    for _ in 0..<Int.random(in: 1...3, using: &random) where !file.isEmpty {
      let place = file.indices.randomElement(using: &random) ?? 0
      switch Int.random(in: 0..<8, using: &random) {
      case 0: file.removeSubrange(place...)
      case 1: file.remove(at: place)
      case 2: file.insert(.random(in: 0...255, using: &random), at: place)
      case 3:
        let length = Swift.min(Int.random(in: 1...64, using: &random), file.count - place)
        file.insert(contentsOf: file[place..<place + length], at: place)
      case 4:
        let word = [0, 1, 3, 0x7fff_ffff, 0xffff_ffff, 262_145, 12].randomElement(using: &random)
        let aligned = place & ~3
        let field = bytes(UInt32(word ?? 0))
        guard aligned + 4 <= file.count else { continue }
        file.replaceSubrange(
          aligned..<aligned + 4, with: Bool.random(using: &random) ? field : field.reversed())
      default:
        file[place] =
          [0, 1, .random(in: 0...255, using: &random)].randomElement(using: &random) ?? 0
      }
    }
    return file
  }
}

import Foundation
import Testing

@testable import FlowAnalyzer

/// Compressed captures, as the usual programs write them, are read as what they hold.
@Suite("Compressed captures")
struct CompressionTests {
  let directory: TemporaryDirectory

  init() throws { directory = try TemporaryDirectory() }

  /// A program that compresses, with its options.
  struct Compressor: Sendable, CustomTestStringConvertible {
    var name: String
    var options: [String] = []
    var testDescription: String { ([name] + options).joined(separator: " ") }

    func callAsFunction(_ contents: [UInt8], _ directory: TemporaryDirectory) throws -> [UInt8] {
      let path = try directory.write(contents, as: "plain")
      return [UInt8](try Program(name).output(options + ["-c", path]))
    }
  }

  static let compressors = [
    Compressor(name: "gzip"), Compressor(name: "gzip", options: ["-1"]),
    Compressor(name: "zstd"), Compressor(name: "zstd", options: ["-19"]),
    Compressor(name: "zstd", options: ["--no-check"]),
    Compressor(name: "lz4"), Compressor(name: "lz4", options: ["-9", "-BD", "-BX"]),
    Compressor(name: "lz4", options: ["-B4", "--no-frame-crc"]),
  ]
  /// One of each format.
  static let formats = [compressors[0], compressors[2], compressors[5]]

  static func fixture() throws -> [UInt8] {
    [UInt8](try Data(contentsOf: URL(filePath: KernelTruth.capture("l4-collide").path)))
  }

  private func report(_ contents: [UInt8], as name: String = "a.pcap") throws -> AnalysisReport {
    let path = try directory.write(contents, as: name)
    return Analyzer().analyze([CaptureInput(path: path, role: .server)]).report
  }

  /// A frame that decoders skip, the same for zstd and lz4.
  private static func skippable(_ length: Int) -> [UInt8] {
    [0x53, 0x2a, 0x4d, 0x18] + bytes(UInt32(length)).reversed()
      + [UInt8](repeating: 0x1f, count: length)
  }

  @Test(.needs("gzip", "zstd", "lz4"), arguments: compressors)
  func `verdicts are the same, whatever the file's name`(compressor: Compressor) throws {
    let compressed = try compressor(Self.fixture(), directory)
    let original = try #require(WrappingTests.originals["l4-collide"])
    for name in ["a.pcap", "a.gz", "noname"] {
      let report = try report(compressed, as: name)
      expectSame(try ReportContent(report), try ReportContent(original), name)
      #expect(report.captures[0].warnings == [])
      #expect(report.captures[0].packets == original.captures[0].packets)
    }
  }

  @Test(.needs("gzip", "zstd", "lz4"), arguments: formats)
  func `members and frames one behind the other are one capture`(compressor: Compressor) throws {
    let contents = try Self.fixture()
    let cuts = [0, 1, 24, 5000, 200_000, contents.count]
    var file: [UInt8] = []
    for (start, end) in zip(cuts, cuts.dropFirst()) {
      file += try compressor(Array(contents[start..<end]), directory)
    }
    // Of nothing.
    file += try compressor([], directory)
    let original = try #require(WrappingTests.originals["l4-collide"])
    expectSame(try ReportContent(try report(file)), try ReportContent(original))
  }

  @Test(.needs("zstd", "lz4"), arguments: formats.dropFirst())
  func `frames to be skipped are skipped, at the beginning as well`(compressor: Compressor) throws {
    let contents = try Self.fixture()
    let half = contents.count / 2
    let file =
      try Self.skippable(0) + Self.skippable(200_000)
      + compressor(Array(contents[..<half]), directory) + Self.skippable(5)
      + compressor(Array(contents[half...]), directory) + Self.skippable(3)
    let original = try #require(WrappingTests.originals["l4-collide"])
    expectSame(try ReportContent(try report(file)), try ReportContent(original))
  }

  @Test(.needs("gzip", "zstd", "lz4"), arguments: formats, CaptureBuilder.Format.allCases)
  func `each format of capture, small buffers`(
    compressor: Compressor, format: CaptureBuilder.Format
  ) throws {
    var capture = CaptureBuilder(microseconds: (1...40).map { $0 * 100 })
    capture.format = format
    let plain = Reading(try directory.write(capture, as: "plain.pcap"))
    let compressed = try directory.write(compressor(capture.contents, directory), as: "c.pcap")
    for readAhead in [8, 100, 4096, ReadBuffer.standardCapacity] {
      #expect(Reading(compressed, readAhead: readAhead) == plain)
    }
  }

  /// Zeros behind a member are padding, as on tapes (gzip, too, passes over them).
  @Test(.needs("gzip")) func `zeros behind gzip are nothing`() throws {
    let file = try Self.formats[0](Self.fixture(), directory) + [UInt8](repeating: 0, count: 1000)
    #expect(try report(file).captures[0].warnings == [])
  }

  // MARK: - Cut and damaged

  @Test(.needs("gzip", "zstd", "lz4"), arguments: formats)
  func `a file cut anywhere is analysed as far as it goes, and says so`(
    compressor: Compressor
  ) throws {
    let capture = CaptureBuilder(microseconds: (1...400).map { $0 * 100 })
    let file = try compressor(capture.contents, directory)
    for length in stride(from: 1, to: file.count, by: 7) {
      let path = try directory.write(Array(file[..<length]), as: "cut.pcap")
      let read = ReadOut(path)
      let record = read.captures[0]
      if let failure = record.failure {
        #expect(record.packets == 0)
        #expect(
          [
            .cutInFileHeader(path: path), .notACapture(path: path, looksLike: .unknown),
            // Zstandard begins with a parenthesis.
            .notACapture(path: path, looksLike: .text),
          ].contains(failure), "\(length): \(failure)")
      } else {
        #expect(record.truncated, "\(length) of \(file.count)")
        #expect(record.warnings.contains(.cutOff(packets: record.packets)))
        #expect(read.sequences == (0..<UInt32(record.packets)).map { $0 + 1 })
      }
    }
  }

  /// zlib gives out what it has decoded before it looks at the sums.
  @Test(.needs("gzip", "zstd", "lz4"), arguments: formats, 1...6 as ClosedRange<UInt64>)
  func `damage is an error, and what came before it is analysed`(
    compressor: Compressor, seed: UInt64
  ) throws {
    let whole = try Self.fixture()
    var file = try compressor(whole, directory)
    var random = SeededGenerator(seed: seed)
    let place = Int.random(in: 30..<file.count - 12, using: &random)
    file[place] ^= 0x10
    let path = try directory.write(file, as: "damaged.pcap")
    let record = ReadOut(path).captures[0]
    guard case .damaged(path, let packets, _, let reason) = try #require(record.failure) else {
      Issue.record("\(record.failure.map { "\($0)" } ?? "no failure")")
      return
    }
    #expect(packets == record.packets)
    #expect(reason.contains(compressor.name))
  }

  @Test(.needs("gzip", "zstd", "lz4"), arguments: formats)
  func `what follows and is no compressed data is an error`(compressor: Compressor) throws {
    let file = try compressor(Self.fixture(), directory) + Array("and so on, and so on".utf8)
    let path = try directory.write(file, as: "a.pcap")
    let record = ReadOut(path).captures[0]
    let whole = try #require(WrappingTests.originals["l4-collide"])
    #expect(record.packets == whole.captures[0].packets)
    guard case .damaged = try #require(record.failure) else {
      Issue.record("another error")
      return
    }
  }

  @Test(.needs("gzip", "zstd", "lz4"), arguments: formats)
  func `what is no capture inside says what it seems to be`(compressor: Compressor) throws {
    let capture = CaptureBuilder(microseconds: [1]).contents
    let contents: [([UInt8], FileSignature)] = [
      (Array("10:00:00 IP 10.0.0.1 > 10.0.0.2\n".utf8), .text),
      (try compressor(capture, directory), signature(compressor)),
      ([UInt8](repeating: 0, count: 257) + Array("ustar".utf8) + [0, 0x30, 0x30, 0, 0], .tar),
      ([1, 2, 3, 4, 0xff, 0xfe, 0, 9], .unknown),
    ]
    for (content, signature) in contents {
      let path = try directory.write(compressor(content, directory), as: "a.gz")
      #expect(
        ReadOut(path).failures == [.notACapture(path: path, looksLike: signature)], "\(signature)")
    }
    let empty = try directory.write(compressor([], directory), as: "a.gz")
    #expect(ReadOut(empty).failures == [.empty(path: empty)])
  }

  private func signature(_ compressor: Compressor) -> FileSignature {
    switch compressor.name {
    case "gzip": .gzip
    case "zstd": .zstd
    default: .lz4
    }
  }

  @Test(.needs("zstd")) func `a window of more than memory should hold is refused by name`() throws
  {
    // A frame header that asks for a window of 2 GiB, and a raw block.
    let file: [UInt8] = [0x28, 0xb5, 0x2f, 0xfd, 0x00, 0xa8, 0x09, 0, 0, 0x11]
    let path = try directory.write(file, as: "a.zst")
    guard case .damaged(path, packets: 0, _, let reason)? = ReadOut(path).captures[0].failure else {
      Issue.record("another error")
      return
    }
    #expect(reason.contains("--long=31"))
  }

  /// A directory has the captures of a rotation, and whatever else is there compressed.
  @Test(.needs("gzip", "zstd")) func `a directory of compressed files`() throws {
    let folder = try TemporaryDirectory()
    let capture = try CaptureBuilder(reading: KernelTruth.capture("l4-collide").path)
    for (index, part) in capture.parts(4).enumerated() {
      let compressed = try Self.formats[index % 2](part.contents, directory)
      _ = try folder.write(compressed, as: "\(index).rotated")
    }
    _ = try folder.write(Self.formats[0](Array("log\n".utf8), directory), as: "syslog.1.gz")
    let report = Analyzer().analyze([CaptureInput(path: folder.path, role: .server)]).report
    let original = try #require(WrappingTests.originals["l4-collide"])
    expectSame(
      try ReportContent(report, without: .frames), try ReportContent(original, without: .frames))
    #expect(report.captures.count == 4)
  }
}

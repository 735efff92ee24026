import Foundation
import Testing

@testable import FlowAnalyzer

@Suite struct CaptureErrorTests {
  let directory: TemporaryDirectory
  let good: String

  init() throws {
    directory = try TemporaryDirectory()
    good = try directory.write(CaptureBuilder(microseconds: [1, 2]), as: "good.pcap")
  }

  /// Reads the file beside a good one, which must not suffer.
  private func failure(of path: String) throws -> CaptureError {
    let read = ReadOut(path, good)
    #expect(read.captures[1].packets == 2)
    #expect(read.failures.count == 1)
    #expect(read.isAccountedFor)
    let error = try #require(read.captures[0].failure)
    #expect("\(error)".hasPrefix(path + ": "))
    return error
  }

  @Test func `a file that is not there`() throws {
    let path = directory.path + "/none.pcap"
    #expect(try failure(of: path) == .notFound(path: path))
  }

  @Test(.enabled(if: geteuid() != 0, "root may read everything"))
  func `a file without permission`() throws {
    let path = try directory.write(CaptureBuilder(), as: "secret.pcap")
    try FileManager.default.setAttributes([.posixPermissions: 0], ofItemAtPath: path)
    #expect(try failure(of: path) == .permissionDenied(path: path))
  }

  @Test func `a directory without captures`() throws {
    let empty = try TemporaryDirectory()
    _ = try empty.write(Array("notes".utf8), as: "notes.txt")
    #expect(try failure(of: empty.path) == .noCaptures(directory: empty.path))
  }

  @Test func `an empty file`() throws {
    let path = try directory.write([], as: "empty.pcap")
    #expect(try failure(of: path) == .empty(path: path))
  }

  @Test(
    arguments: [
      ("xz", [0xfd, 0x37, 0x7a, 0x58, 0x5a, 0, 0, 0], .xz, "xz -dc"),
      ("bzip2", Array("BZh91AY&".utf8), .bzip2, "bzip2 -dc"),
      ("snoop", Array("snoop\0\0\0\0\0\0\u{2}".utf8), .snoop, "editcap -F pcap"),
      ("text", Array("12:00:00 IP 10.0.0.1 > 10.0.0.2".utf8), .text, "tcpdump -w"),
      ("noise", [0, 1, 2, 3], .unknown, "first bytes"),
    ] as [(String, [UInt8], FileSignature, String)])
  func `a file that is no capture says what it seems to be, and what to do`(
    name: String, contents: [UInt8], signature: FileSignature, advice: String
  ) throws {
    let path = try directory.write(contents, as: name)
    let error = try failure(of: path)
    #expect(error == .notACapture(path: path, looksLike: signature))
    #expect("\(error)".contains(advice))
  }

  @Test func `the advice for a compressed file is a command that works as it stands`() {
    let error = CaptureError.notACapture(path: "it's a.pcap.gz", looksLike: .gzip)
    #expect(
      "\(error)".hasSuffix(
        #": gzip -dc 'it'\''s a.pcap.gz' > 'it'\''s a.pcap' && snat-audit analyze 'it'\''s a.pcap'"#
      ))
    let odd = CaptureError.notACapture(path: "capture", looksLike: .xz)
    #expect(
      "\(odd)".hasSuffix(": xz -dc capture > capture.pcap && snat-audit analyze capture.pcap"))
    let piped = CaptureError.notACapture(path: "-", looksLike: .zstd)
    #expect("\(piped)".hasPrefix("standard input: "))
    #expect("\(piped)".hasSuffix(": zstd -dc > capture.pcap && snat-audit analyze capture.pcap"))
  }

  @Test func `an unsupported link type has its name and the list of supported ones`() throws {
    let path = try directory.write(CaptureBuilder(linkType: 105, frames: []), as: "wifi.pcap")
    let error = try failure(of: path)
    #expect(error == .unsupportedLinkType(path: path, number: 105, name: "IEEE802_11"))
    #expect("\(error)".contains("IEEE802_11 (105)"))
    #expect("\(error)".contains(LinkType.supportedNames))
    let nameless = try directory.write(CaptureBuilder(linkType: 9999, frames: []), as: "x.pcap")
    #expect(
      try failure(of: nameless) == .unsupportedLinkType(path: nameless, number: 9999, name: nil))
  }

  @Test func `a version of the format that libpcap refuses`() throws {
    var contents = CaptureBuilder(microseconds: [1]).contents
    contents[4] = 9
    let path = try directory.write(contents, as: "future.pcap")
    guard case .unsupportedFormat(path, let reason) = try failure(of: path) else {
      Issue.record("another error")
      return
    }
    #expect(!reason.isEmpty && !reason.contains("\0"))
  }

  @Test(arguments: [CaptureBuilder.Format.pcap, .pcapng])
  func `damage in the middle says after which packet and near which byte`(
    format: CaptureBuilder.Format
  ) throws {
    var capture = CaptureBuilder(microseconds: [1, 2, 3])
    capture.format = format
    var contents = capture.contents
    capture.packets.removeLast(1)
    let start = capture.contents.count
    // The captured length of pcap, the block length of pcapng: beyond any limit of libpcap.
    contents[start + (format == .pcap ? 11 : 7)] = 0x7f
    let path = try directory.write(contents, as: "damaged.pcap")
    guard case .damaged(path, packets: 2, let offset?, let reason) = try failure(of: path) else {
      Issue.record("another error")
      return
    }
    #expect((start...start + 16).contains(Int(offset)))
    #expect(!reason.isEmpty)
    #expect(ReadOut(path).captures[0].packets == 2)
    #expect(!ReadOut(path).captures[0].truncated)
  }

  @Test func `standard input is read once, and naming it twice is an error`() async {
    // In a process of its own, whose standard input can be replaced.
    await #expect(processExitsWith: .success) {
      let directory = try TemporaryDirectory()
      let path = try directory.write(CaptureBuilder(microseconds: [1, 2]), as: "a.pcap")
      let descriptor = unsafe open(path, O_RDONLY)
      #expect(dup2(descriptor, 0) == 0)
      let read = ReadOut("-", "-")
      #expect(read.captures.map(\.packets) == [2, 0])
      #expect(read.captures.map(\.failure) == [nil, .standardInputTwice])
    }
  }
}

/// Captures of kinds that are not read, by their first bytes.
@Suite struct ForeignCaptureTests {
  @Test(
    arguments: [
      ([0xac, 0x01, 0x00, 0x1c, 2, 0, 4, 0], .otherCapture(name: "Ixia pcap"), "editcap -F pcap"),
      (
        [0xa1, 0x2b, 0x3c, 0x4d, 0, 2, 0, 4], .otherCapture(name: "Navtel pcap"), "editcap -F pcap"
      ),
      (Array("GMBU\0\u{2}\0\0".utf8), .otherCapture(name: "Network Monitor"), "editcap -F pcap"),
      (
        [1, 0, 0x30, 0, 0, 0, 0, 0] + Array("NetScaler V30 Performance Data".utf8), .netScaler,
        "-traceformat PCAP"
      ),
      (
        [UInt8](repeating: 0x61, count: 100) + [UInt8](repeating: 0, count: 157)
          + Array("ustar  \0".utf8), .tar, "unpack it"
      ),
      (Array("PK\u{3}\u{4}".utf8) + [20, 0, 0, 0, 8, 0], .zip, "unpack it"),
      ([0x02, 0x21, 0x4c, 0x18, 1, 2, 3, 4], .lz4Legacy, "lz4 -dc"),
    ] as [([UInt8], FileSignature, String)])
  func `are named, with what to do`(
    contents: [UInt8], signature: FileSignature, advice: String
  ) throws {
    let directory = try TemporaryDirectory()
    let path = try directory.write(contents, as: "a.cap")
    let failure = try #require(ReadOut(path).failures.first)
    #expect(failure == .notACapture(path: path, looksLike: signature))
    #expect("\(failure)".contains(advice))
    #expect(!"\(failure)".contains("\n"))
  }
}

import Foundation
import Testing

@testable import FlowAnalyzer

/// What our reader does better than libpcap, and where it must not fall behind.
@Suite struct PlainReaderTests {
  let directory: TemporaryDirectory

  init() throws { directory = try TemporaryDirectory() }

  @Test func `interfaces of different link types and snap lengths in one file`() throws {
    let packet = TestPacket()
    var builder = PcapngBuilder()
    builder.section()
    builder.interface()
    builder.interface(linkType: 113, snapLength: 96)
    builder.interface(linkType: 101, snapLength: 0)
    builder.packet(TestPacket.ethernet(packet.ipv4), at: 1)
    builder.packet(Array(TestPacket.linuxCooked(packet.ipv4).prefix(96)), at: 2, interface: 1)
    builder.packet(packet.ipv6, at: 3, interface: 2)
    let path = try directory.write(builder.contents, as: "a.pcap")
    let read = Reading(path)
    #expect(read.packets.map(\.linkType) == [.ethernet, .linuxCooked, .rawIP])
    #expect(read.ending == .endOfFile)
    #expect(Reading(libpcap: path).ending == .damaged)
    #expect(ReadOut(path).segments.count == 3)
  }

  @Test func `a snap length counts for its own interface`() throws {
    var builder = PcapngBuilder()
    builder.section()
    builder.interface(snapLength: 100)
    builder.interface(snapLength: 10)
    builder.packet([UInt8](repeating: 1, count: 100), at: 1)
    builder.packet([UInt8](repeating: 1, count: 11), at: 1, interface: 1)
    let read = Reading(try directory.write(builder.contents, as: "a.pcap"))
    #expect(read.packets.count == 1)
    #expect(read.ending == .damaged)
  }

  @Test func `packets of a later interface with an unsupported link type are counted`() throws {
    let packet = TestPacket.ethernet(TestPacket().ipv4)
    var builder = PcapngBuilder()
    builder.section()
    builder.interface()
    builder.interface(linkType: 105)
    builder.packet(packet, at: 1)
    builder.packet(packet, at: 2, interface: 1)
    builder.packet(packet, at: 3)
    builder.section()
    builder.interface(linkType: 105)
    builder.packet(packet, at: 4)
    let read = ReadOut(try directory.write(builder.contents, as: "a.pcap"))
    #expect(read.failures.isEmpty && read.isAccountedFor)
    #expect(read.segments.map(\.frame) == [1, 3])
    #expect(read.captures[0].skipped[.unsupportedLinkType] == 2)
    #expect(read.captures[0].lastPacket == Timestamp(nanoseconds: 4000))
  }

  @Test func `an interface with an unsupported link type may come first`() throws {
    let packet = TestPacket.ethernet(TestPacket().ipv4)
    var builder = PcapngBuilder()
    builder.section()
    builder.interface(linkType: 105)
    builder.interface()
    builder.packet(packet, at: 1)
    builder.packet(packet, at: 2, interface: 1)
    let read = ReadOut(try directory.write(builder.contents, as: "a.pcap"))
    #expect(read.failures.isEmpty && read.isAccountedFor)
    #expect(read.segments.map(\.frame) == [2])
    #expect(read.captures[0].skipped[.unsupportedLinkType] == 1)
  }

  @Test(arguments: [0, 1, 2]) func `unsupported link types alone are an error`(packets: Int) throws
  {
    var builder = PcapngBuilder()
    builder.section()
    builder.interface(linkType: 105)
    builder.interface(linkType: 127)
    for _ in 0..<packets { builder.packet([1, 2, 3], at: 1, interface: 1) }
    let path = try directory.write(builder.contents, as: "a.pcap")
    #expect(
      ReadOut(path).failures
        == [.unsupportedLinkType(path: path, number: 105, name: "IEEE802_11")])
  }

  @Test(arguments: [false, true]) func `sections of different byte orders`(
    isBigEndian: Bool
  ) throws {
    var parts = [PcapngBuilder(), PcapngBuilder()]
    for index in parts.indices {
      parts[index].isBigEndian = isBigEndian != (index == 0)
      parts[index].section()
      // Interfaces are those of their own section.
      parts[index].interface([.resolution(index == 0 ? 9 : 3)])
      parts[index].packet([UInt8(index)], at: 1_000_000)
    }
    let path = try directory.write(parts[0].contents + parts[1].contents, as: "a.pcap")
    for readAhead in [8, 4096] {
      let read = Reading(path, readAhead: readAhead)
      #expect(read.packets.map(\.bytes) == [[0], [1]])
      #expect(read.packets.map(\.time) == [1_000_000, 1_000_000_000_000])
      #expect(read.ending == .endOfFile)
    }
    #expect(Reading(libpcap: path).packets.count == 1)
  }

  @Test(arguments: [0xa3, 0xaf, 0xbf])
  func `binary resolutions too fine for 64 bits of arithmetic`(resolution: UInt8) throws {
    var builder = PcapngBuilder()
    builder.section()
    builder.interface([.resolution(resolution)])
    let half = UInt64(1) << UInt64(resolution & 0x7f - 1)
    builder.packet([1], at: half)
    builder.packet([1], at: half + half / 2)
    let read = Reading(try directory.write(builder.contents, as: "a.pcap"))
    #expect(read.packets.map(\.time) == [500_000_000, 750_000_000])
  }

  @Test(arguments: [false, true])
  func `a fraction of a second is no less for its highest bit`(isBigEndian: Bool) throws {
    var capture = CaptureBuilder(microseconds: [1])
    capture.isBigEndian = isBigEndian
    var contents = capture.contents
    contents.replaceSubrange(28..<32, with: [0x80, 0, 0, 0x80])
    let read = Reading(try directory.write(contents, as: "a.pcap"))
    #expect(read.packets.map(\.time) == [0x8000_0080 * 1000])
  }

  // MARK: - Pipes, and what is not plain

  /// Reads contents through a pipe, written in pieces.
  private func piped(_ contents: [UInt8], pieces: Int) throws -> Reading {
    let path = directory.path + "/pipe-\(UUID())"
    #expect(unsafe mkfifo(path, 0o600) == 0)
    let writer = Thread {
      let pipe = unsafe open(path, O_WRONLY)
      for start in stride(from: 0, to: contents.count, by: pieces) {
        let piece = Array(contents[start..<min(start + pieces, contents.count)])
        _ = unsafe write(pipe, piece, piece.count)
      }
      close(pipe)
    }
    writer.start()
    return Reading(path)
  }

  @Test(arguments: LibpcapAgreementTests.Kind.allCases, [1, 7, 1000])
  func `a pipe gives what a file gives, in whatever pieces it comes`(
    kind: LibpcapAgreementTests.Kind, pieces: Int
  ) throws {
    let contents = LibpcapAgreementTests.contents(of: kind, LibpcapAgreementTests.small)
    let whole = Reading(try directory.write(contents, as: "a.pcap"))
    #expect(try piped(contents, pieces: pieces) == whole)
    let cut = Reading(try directory.write(contents.dropLast(), as: "a.pcap"))
    #expect(try piped(contents.dropLast(), pieces: pieces) == cut)
    #expect(cut.ending == .cutOff)
  }

  /// The format of patched libpcaps of Linux 2.2 times: eight bytes more in each record's header.
  private var modified: [UInt8] {
    let capture = CaptureBuilder(microseconds: [1, 2])
    var contents = Array(capture.contents.prefix(24))
    contents.replaceSubrange(0..<4, with: [0x34, 0xcd, 0xb2, 0xa1])
    for (index, packet) in capture.packets.enumerated() {
      let length = bytes(UInt32(packet.bytes.count)).reversed()
      contents += [0, 0, 0, 0, UInt8(index + 1), 0, 0, 0] + length + length
      contents += [UInt8](repeating: 0, count: 8) + packet.bytes
    }
    return contents
  }

  @Test func `what only libpcap knows goes through it, from pipes as well`() throws {
    let path = try directory.write(modified, as: "a.pcap")
    let read = Reading(path)
    #expect(read.packets.map(\.time) == [1000, 2000])
    #expect(read == Reading(libpcap: path))
    #expect(try piped(modified, pieces: 5) == read)
    #expect(ReadOut(path).sequences == [1, 2])
  }

  @Test func `a file that cannot be read on is no end`() {
    // A directory can be opened, but not read.
    #expect(
      Reading(directory.path).error == .readFailed(path: directory.path, packets: 0, code: EISDIR))
  }

  @Test func `a file that shrinks while it is read is cut off`() throws {
    let capture = CaptureBuilder(microseconds: Array(1...100))
    let path = try directory.write(capture, as: "a.pcap")
    var reader = try CaptureReader(path: path, readAhead: 1000)
    #expect(try reader.advance() == .packet)
    #expect(unsafe truncate(path, 1500) == 0)
    var outcome = CaptureReader.Outcome.packet
    while outcome == .packet { outcome = try reader.advance() }
    #expect(outcome == .cutOff)
    let packets = reader.packets
    #expect((1..<100).contains(packets))
  }

  @Test func `standard input may be a file read in part`() async {
    await #expect(processExitsWith: .success) {
      let directory = try TemporaryDirectory()
      for isModified in [false, true] {
        let contents =
          isModified
          ? try PlainReaderTests().modified : CaptureBuilder(microseconds: [1, 2]).contents
        let path = try directory.write([1, 2, 3] + contents, as: "a")
        let descriptor = unsafe open(path, O_RDONLY)
        #expect(lseek(descriptor, 3, SEEK_SET) == 3)
        #expect(dup2(descriptor, 0) == 0)
        #expect(Reading("-").packets.count == 2)
      }
    }
  }
}

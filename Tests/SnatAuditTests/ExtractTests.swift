import Fixtures
import Foundation
import Testing

@Suite("extract")
struct ExtractTests {
  private static let bothSides = [
    "--client", "l4-collide/client-any.pcap", "--server", "l4-collide/server.pcap",
  ]

  @Test func `tshark reads the packets, the interfaces and a comment on each`() throws {
    guard Consumer.tshark.isThere else { return }
    let folder = try TemporaryFolder()
    let path = folder.path("finding.pcapng")
    let result = try Tool.run(["extract", "worst", "--output", path] + Self.bothSides)
    #expect(result.status == 0, "\(result.errors)")
    #expect(result.output.isEmpty)
    #expect(result.errors.isEmpty)
    #expect(try folder.names == ["finding.pcapng"])

    let information = try Shell.run("capinfos '\(path)'")
    #expect(information.contains("Number of interfaces in file: 2"))
    #expect(information.contains("Name = client side"))
    #expect(information.contains("Name = server side"))
    #expect(information.contains("Strict time order:   True"))
    #expect(information.contains("Capture comment:     Finding "))

    let comments = try Shell.run("tshark -r '\(path)' -T fields -e frame.comment")
      .split(separator: "\n")
    #expect(comments.count == 136 || comments.count > 50)
    #expect(comments.allSatisfy { $0.contains(". Frame ") })
    for text in [
      "opens the connection that leaves the tuple behind", "the server closes first",
      "from here the server holds TIME_WAIT", "hits a TIME_WAIT 1.30 s old",
      "the ACK carries the old connection's numbers", "the RST ends the TIME_WAIT",
      "connected, 4.10 s after the first SYN",
    ] {
      #expect(comments.contains { $0.contains(text) }, "\(text)")
    }
    // Nothing in it is wrong for who knows the protocols.
    let malformed = try Shell.run("tshark -r '\(path)' -Y _ws.malformed")
    #expect(malformed.isEmpty)
  }

  /// Frame by frame, by what tshark makes of both files: bytes, lengths and times.
  @Test func `bytes, lengths and times are the originals'`() throws {
    guard Consumer.tshark.isThere else { return }
    let folder = try TemporaryFolder()
    let path = folder.path("finding.pcapng")
    _ = try Tool.run("extract", "worst", "l4-collide/lb-any.pcap", "--output", path)
    let fields =
      "-o frame.generate_md5_hash:TRUE -T fields -e frame.md5_hash -e frame.len -e frame.cap_len "
      + "-e frame.time_epoch"
    let extracted = try Shell.run("tshark -r '\(path)' \(fields)").split(separator: "\n")
    let frames = try Shell.run("tshark -r '\(path)' -T fields -e frame.comment")
      .split(separator: "\n").compactMap { line -> Int? in
        guard let range = line.range(of: "Frame ") else { return nil }
        return Int(line[range.upperBound...].prefix { $0.isNumber })
      }
    let originals = try Shell.run("tshark -r l4-collide/lb-any.pcap \(fields)")
      .split(separator: "\n")
    #expect(extracted.count == frames.count)
    #expect(extracted.count > 50)
    for (line, frame) in zip(extracted, frames) { #expect(line == originals[frame - 1]) }
  }

  @Test func `standard output takes it, and it is the same file`() throws {
    let folder = try TemporaryFolder()
    let path = folder.path("finding.pcapng")
    _ = try Tool.run(["extract", "worst", "--output", path] + Self.bothSides)
    let piped = folder.path("piped.pcapng")
    _ = try Shell.run(
      "'\(Tool.url.path)' extract worst --output - \(Self.bothSides.joined(separator: " ")) > '\(piped)'"
    )
    #expect(try Data(contentsOf: URL(filePath: path)) == Data(contentsOf: URL(filePath: piped)))
  }

  @Test func `what is extracted is analysed like any capture, and has the same finding`() throws {
    let folder = try TemporaryFolder()
    let path = folder.path("finding.pcapng")
    _ = try Tool.run(["extract", "5d82", "--output", path] + Self.bothSides)
    let again = try Tool.run("explain", "5d82", path)
    #expect(again.status == 0, "\(again.errors)")
    #expect(again.output.hasPrefix("FINDING 5d82"))
  }

  @Test func `a capture is never overwritten, whichever way it was named`() throws {
    let folder = try TemporaryFolder()
    let data = try Captures.data(Captures.collide)
    let capture = try folder.file("server.pcap", data)
    for input in [capture, folder.url.path] {
      let result = try Tool.run("extract", "worst", "--server", input, "--output", capture)
      #expect(result.status == 2)
      #expect(result.messages.count == 1)
      #expect(result.errors.contains("not overwritten"), "\(result.errors)")
      #expect(try Data(contentsOf: URL(filePath: capture)) == data)
    }
  }

  @Test func `a place that cannot be written to is 2, and nothing is left there`() throws {
    let result = try Tool.run(
      "extract", "worst", "--server", Captures.collide, "--output", "/nowhere/finding.pcapng")
    #expect(result.status == 2)
    #expect(result.errors.contains("/nowhere/finding.pcapng: the packets cannot be written"))
    let without = try Tool.run("extract", "worst", "--server", Captures.collide)
    #expect(without.status == 2)
    #expect(without.errors.contains("--output"))
  }
}

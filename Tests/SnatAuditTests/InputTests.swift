import Foundation
import Testing

@Suite("Inputs, good and bad")
struct InputTests {
  let folder: TemporaryFolder

  init() throws { folder = try TemporaryFolder() }

  @Test(arguments: [
    ("empty.pcap", Data(), "the file is empty"),
    ("notes.txt", Data("10.10.1.1 > 192.168.1.1: SYN\n".utf8), "not a capture"),
    ("noise.bin", Data([0xff, 0, 0xee, 1, 2, 3, 4, 5, 6, 7]), "not a capture"),
    ("header.pcap", Captures.header(linkType: 1).prefix(10), "cut off inside of its file header"),
    ("wireless.pcap", Captures.header(linkType: 105), "link type"),
  ])
  func `what cannot be read is named with its reason, and is 2`(
    name: String, contents: Data, reason: String
  ) throws {
    let path = try folder.file(name, contents)
    let result = try Tool.run("analyze", "--server", path)
    #expect(result.status == 2)
    #expect(result.messages.count == 1, "\(result.errors)")
    #expect(result.errors.hasPrefix("snat-audit: error: \(path): "))
    #expect(result.errors.contains(reason))
    #expect(result.output.hasPrefix("VERDICT  None"))
  }

  @Test func `where nothing can be read no side was assumed`() throws {
    let result = try Tool.run("analyze", "missing.pcap")
    #expect(result.status == 2)
    #expect(result.output.contains("An input could not be read"))
    #expect(!result.output.contains("Which side"), "\(result.output)")
  }

  @Test func `a missing file does not keep the others from being reported`() throws {
    let result = try Tool.run("analyze", "--server", "missing.pcap", Captures.collide, "gone.pcap")
    #expect(result.status == 2)
    #expect(result.messages.count == 2)
    #expect(result.errors.contains("missing.pcap: there is no such file"))
    #expect(result.output.contains("missing.pcap, not read\n"), "\(result.output)")
    #expect(result.output.hasPrefix("VERDICT  73 of 140"))
    #expect(result.output.contains("error: missing.pcap"))
  }

  @Test func `a capture that is cut off is analysed up to the cut, with a warning`() throws {
    let whole = try Captures.data(Captures.collide)
    let path = try folder.file("cut.pcap", whole.prefix(whole.count / 2))
    let result = try Tool.run("analyze", "--server", path)
    #expect(result.status == 0)
    #expect(result.errors.isEmpty)
    #expect(result.output.contains("warning: cut off in the middle of a packet"))
    #expect(result.output.contains("hit a tuple that the server still held"))
  }

  @Test func `a directory stands for the captures in it`() throws {
    _ = try folder.file("a.pcap", Captures.data(Captures.clean))
    _ = try folder.file("notes.txt", Data("not read".utf8))
    let result = try Tool.run("analyze", "--server", folder.url.path)
    #expect(result.status == 0)
    #expect(result.output.contains("80 connection attempts"))
  }

  @Test func `a directory without captures is 2`() throws {
    let result = try Tool.run("analyze", "--server", folder.url.path)
    #expect(result.status == 2)
    #expect(result.errors.contains("no pcap or pcapng file in this directory"))
  }

  @Test func `standard input gives what the file gives`() throws {
    let capture = try Captures.data(Captures.collide)
    let piped = try Tool.run("analyze", "--server", "-", "--report", "json", input: capture)
    let read = try Tool.run("analyze", "--server", Captures.collide, "--report", "json")
    #expect(piped.status == 0)
    #expect(piped.output == read.output.replacing(Captures.collide, with: "-"))
  }

  @Test func `standard input can be named once only`() throws {
    let capture = try Captures.data(Captures.clean)
    let result = try Tool.run("analyze", "--server", "-", "-", input: capture)
    #expect(result.status == 2)
    #expect(result.errors.contains("standard input is named twice"))
    #expect(result.output.contains("80 connection attempts"))
  }

  @Test func `a bare capture is taken for the server side, and both outputs say so`() throws {
    let result = try Tool.run("analyze", Captures.collide)
    #expect(result.status == 0)
    #expect(result.messages.count == 1)
    #expect(
      result.errors.hasPrefix("snat-audit: warning: \(Captures.collide): taken for the server"))
    #expect(result.output.hasPrefix("VERDICT  73 of 140"))
    #expect(result.output.contains("Name it with --server to be sure."))
  }

  /// A capture of both sides, such as nobody can tell who reads it once.
  @Test(arguments: [["-"], ["--server", "-"]])
  func `the advice for standard input leads to a verdict`(names: [String]) throws {
    let capture = try Captures.data("l4-collide/lb-any.pcap")
    let result = try Tool.run(["analyze"] + names, input: capture)
    #expect(result.status == 0)
    #expect(result.output.hasPrefix("VERDICT  None: "))
    let output = result.output.split(whereSeparator: \.isWhitespace).joined(separator: " ")
    #expect(output.contains("what came through a pipe must be saved to a file for that."))
    #expect(!result.errors.contains("to be sure"))
    guard names == ["-"] else { return }
    #expect(output.contains("What came through a pipe cannot tell its side: save it to a file"))
    #expect(
      result.errors.hasPrefix("snat-audit: warning: standard input cannot tell sides apart"),
      "\(result.errors)")
    #expect(result.errors.contains("save it to a file, and name that"))
  }

  @Test func `each capture whose side is assumed has the warning that helps`() throws {
    let capture = try Captures.data(Captures.clean)
    let result = try Tool.run("analyze", "-", Captures.collide, input: capture)
    #expect(result.messages.count == 2)
    #expect(result.errors.contains("warning: \(Captures.collide): taken for the server side; say"))
    #expect(result.errors.contains("warning: standard input cannot tell sides apart"))
  }

  @Test func `a name joins files to one capture point`() throws {
    let result = try Tool.run("analyze", "--server", "web=\(Captures.collide)")
    #expect(result.status == 0)
    #expect(result.output.contains("\(Captures.collide), server side, point web"))
  }
}

import Fixtures
import Foundation
import Testing

@Suite("explain")
struct ExplainTests {
  /// A ladder of each kind.
  static let scenarios: [(name: String, arguments: [String])] = [
    ("l4-collide-one-file", ["worst", "l4-collide/lb-any.pcap"]),
    (
      "l4-collide-both-sides",
      [
        "worst", "--client", "l4-collide/client-any.pcap", "--server", "l4-collide/server.pcap",
      ]
    ),
    ("l4-collide-simple", ["5d82", "--server", "l4-collide/server.pcap"]),
    ("l4-rfc1337", ["worst", "--server", "l4-rfc1337/server.pcap"]),
    ("l4-v6", ["worst", "l4-v6/lb-any.pcap"]),
    ("l7-http", ["worst", "l7-http/lb-any.pcap"]),
    ("half-open", ["worst", "--server", "half-open/server.pcap"]),
    ("closewait", ["worst", "--server", "closewait/server.pcap"]),
    ("no-timestamps", ["worst", "--server", "no-timestamps/server.pcap", "--ascii"]),
  ]

  @Test(arguments: scenarios.map(\.name))
  func `a finding is explained as recorded`(name: String) throws {
    let arguments = try #require(Self.scenarios.first { $0.name == name }).arguments
    let result = try Tool.run(["explain"] + arguments)
    #expect(result.status == 0, "\(result.errors)")
    #expect(result.errors.isEmpty)
    try expectSnapshot(result.output, named: "explain-\(name).txt")
  }

  @Test func `the time of a place stands beside UTC`() throws {
    let plain = try Tool.run("explain", "worst", "--server", Captures.collide)
    let local = try Tool.run(
      "explain", "worst", "--server", Captures.collide, "--time-zone", "Asia/Tokyo")
    #expect(local.status == 0, "\(local.errors)")
    let lines = local.output.split(separator: "\n", omittingEmptySubsequences: false)
    let added = "of the first hit, is 2026-11-22 22:37:34+09:00 in Asia/Tokyo"
    #expect(lines[1].contains(added), "\(lines[1])")
    #expect(plain.output == (lines.prefix(1) + lines.dropFirst(2)).joined(separator: "\n"))
  }

  @Test func `that the clients' side shows no finding is no good news`() throws {
    let result = try Tool.run("explain", "worst", "--client", "l4-collide/client-any.pcap")
    #expect(result.status == 2)
    #expect(result.errors.contains("cannot show whether SYNs hit held tuples"), "\(result.errors)")
    #expect(result.errors.contains("Only the clients' side of the load balancer was captured"))
    let clean = try Tool.run("explain", "worst", "--server", Captures.clean)
    #expect(clean.errors.contains("no SYN in these captures hit a held tuple"))
  }

  @Test(arguments: scenarios.map(\.name))
  func `it keeps within 100 columns, and to ASCII where that is asked for`(name: String) throws {
    let arguments = try #require(Self.scenarios.first { $0.name == name }).arguments
    let text = try Tool.run(["explain", "--ascii"] + arguments).output
    #expect(text.utf8.allSatisfy { $0 < 128 })
    for line in text.split(separator: "\n") {
      // What is for copying is not broken.
      let isCommand = ["tshark", "tcpdump", "snat-audit"].contains { line.contains("    \($0) ") }
      #expect(line.count <= 100 || isCommand, "\(line)")
      #expect(!line.hasSuffix(" "), "\(line)")
    }
  }

  /// What is printed for copying does what it says: each filter finds what it promises, no less, and
  /// the one for the SYNs that hit nothing else.
  @Test(arguments: scenarios.map(\.name))
  func `its filters find the packets`(name: String) throws {
    guard Consumer.tshark.isThere else { return }
    let arguments = try #require(Self.scenarios.first { $0.name == name }).arguments
    let text = try Tool.run(["explain"] + arguments).output
    var title = ""
    var frames: [String: Set<String>] = [:]
    for line in text.split(separator: "\n") {
      guard line.hasPrefix("    tshark ") || line.hasPrefix("    tcpdump ") else {
        title = line.trimmingCharacters(in: .whitespaces)
        continue
      }
      if line.hasPrefix("    tshark") {
        let found = try Shell.run("\(line) -T fields -e frame.number -e tcp.flags.syn")
        #expect(!found.isEmpty, "\(line)")
        frames[title] = Set(found.split(separator: "\n").map(String.init))
      }
    }
    #expect(frames["behind the load balancer"]?.isEmpty == false)
    let hits = frames.first { $0.key.hasPrefix("the SYN") }?.value ?? []
    #expect(!hits.isEmpty)
    #expect(hits.allSatisfy { $0.hasSuffix("\t1") || $0.hasSuffix("\tTrue") })
    #expect(hits.isSubset(of: frames["behind the load balancer"] ?? []))
  }

  @Test func `the first digits of an id are enough`() throws {
    let whole = try Tool.run("explain", "5d82f89dae045e1b", "--server", Captures.collide)
    let short = try Tool.run("explain", "5d82", "--server", Captures.collide)
    #expect(whole.output == short.output)
    #expect(short.output.hasPrefix("FINDING 5d82"))
  }

  @Test(arguments: [
    (["0123456789abcdef"], "the nearest are"),
    (["f"], "findings begin with 'f'"),
    (["lb-any.pcap"], "is no id of a finding"),
    (["12345678901234567"], "is no id of a finding"),
  ])
  func `a name that leads nowhere is 2, one line, and says what to do`(
    name: [String], says text: String
  ) throws {
    for command in [["explain"], ["extract", "--output", "/dev/null"]] {
      let result = try Tool.run(command + name + ["--server", Captures.collide])
      #expect(result.status == 2)
      #expect(result.output.isEmpty)
      #expect(result.messages.count == 1, "\(result.errors)")
      #expect(result.errors.contains(text), "\(result.errors)")
    }
  }

  @Test(arguments: ["explain", "extract"])
  func `captures without findings, no captures, and standard input are refused`(
    command: String
  ) throws {
    let output = command == "extract" ? ["--output", "/dev/null"] : []
    for (arguments, text) in [
      (["worst", "--server", Captures.clean], "there is no finding"),
      (["worst"], "no capture is named"),
      (["worst", "--server", "-"], "Save it to a file first"),
      (["worst", "--server", "nowhere.pcap"], "there is no such file"),
    ] {
      let result = try Tool.run([command] + arguments + output)
      #expect(result.status == 2, "\(arguments)")
      #expect(result.output.isEmpty)
      #expect(result.messages.count == 1, "\(result.errors)")
      #expect(result.errors.contains(text), "\(result.errors)")
    }
  }

  @Test func `a capture whose side nothing tells is taken for the server's, with a warning`() throws
  {
    let result = try Tool.run("explain", "worst", Captures.collide)
    #expect(result.status == 0)
    #expect(result.output.hasPrefix("FINDING "))
    #expect(result.errors.contains("taken for the server side"))
  }

  @Test func `an input that cannot be read costs 2, and the finding is explained`() throws {
    let result = try Tool.run(
      "explain", "worst", "--server", Captures.collide, "nowhere.pcap")
    #expect(result.status == 2)
    #expect(result.output.hasPrefix("FINDING "))
    #expect(result.messages.count == 1)
  }
}

import Fixtures
import FlowAnalyzer
import Foundation
import Testing

@Suite("--filter, --since and --until")
struct SelectionTests {
  private let folder: TemporaryFolder

  init() throws { folder = try TemporaryFolder() }

  // MARK: - Filters

  @Test(arguments: [
    ("l4-collide/server.pcap", "tcp port 80"),
    ("l4-collide/server.pcap", "src host 192.168.1.1"),
    ("l4-collide/server.pcap", "tcp[tcpflags] & (tcp-syn|tcp-fin|tcp-rst) != 0"),
    ("l4-collide/server.pcap", "tcp and portrange 4000-4015"),
    ("l4-collide/server.pcap", "udp"),
    ("l4-v6/server.pcap", "ip6 and tcp port 80"),
    ("l7-http/server.pcap", "len > 70"),
    ("l4-collide/lb-any.pcap", "tcp and host 192.168.1.1"),
    ("l4-collide/lb-any.pcap", "not tcp portrange 4000-4020"),
  ])
  func `a filter does what tcpdump does beforehand`(capture: String, expression: String) throws {
    guard Consumer.tcpdump.isThere else { return }
    let path = folder.path("filtered.pcap")
    _ = try Shell.run("tcpdump -r \(capture) -w '\(path)' '\(expression)'")
    let role = capture.contains("any") ? [] : ["--server"]
    let before = try Tool.run(["analyze"] + role + [path, "--report", "json"])
    let within = try Tool.run(
      ["analyze"] + role + [capture, "--filter", expression, "--report", "json"])
    #expect(within.status == 0, "\(within.errors)")
    let (one, other) = (try Selected(within.output), try Selected(before.output))
    #expect(one.facts == other.facts)
    #expect(one.taken == other.packets)
    #expect(one.packets >= one.taken)
    #expect(one.packets == one.accountedFor)
    #expect(within.output.contains("\"filter\" : "))
  }

  @Test(arguments: ["analyze", "connections", "whatif", "explain", "extract", "check"])
  func `every command that reads captures takes it`(command: String) throws {
    var arguments = [command]
    if command == "explain" || command == "extract" { arguments.append("worst") }
    if command == "extract" { arguments += ["--output", "-"] }
    if command == "check" { arguments += ["--max-hits", "0"] }
    arguments += ["l4-collide/lb-any.pcap", "--filter"]
    let wrong = try Tool.run(arguments + ["tcp prot 80"])
    #expect(wrong.status == 2)
    #expect(wrong.messages.count == 1)
    #expect(wrong.errors.contains("--filter: libpcap does not take 'tcp prot 80': "))
    #expect(wrong.output.isEmpty)
    #expect([0, 1].contains(try Tool.run(arguments + ["tcp port 80"]).status))
  }

  @Test func `pcapng is filtered like pcap`() throws {
    guard Consumer.tcpdump.isThere else { return }
    let source = "l4-collide/lb-any.pcap"
    // Cooked frames; what a header has in front of IP differs, the expression does not.
    let all = try Tool.run("analyze", source, "--filter", "tcp", "--report", "json")
    _ = try Shell.run("editcap -F pcapng \(source) '\(folder.path("any.pcapng"))'")
    let pcapng = try Tool.run(
      "analyze", folder.path("any.pcapng"), "--filter", "tcp", "--report", "json")
    #expect(try Selected(all.output).facts == Selected(pcapng.output).facts)
  }

  @Test func `a capture whose link layer the filter does not know is 2, the others are read`()
    throws
  {
    guard Consumer.tshark.isThere else { return }
    let raw = folder.path("raw.pcap")
    _ = try Shell.run("editcap -C 14 -L -T rawip \(Captures.collide) '\(raw)'")
    let result = try Tool.run(
      "analyze", "--server", raw, Captures.collide, "--filter",
      "ether host 00:00:00:00:00:01 or tcp", "--report", "json")
    #expect(result.status == 2)
    #expect(result.messages.count == 1)
    #expect(result.errors.contains("raw.pcap: the filter cannot be applied to its link layer"))
    #expect(try Selected(result.output).syns > 0)
  }

  @Test func `a filter that keeps one side or all but flags out is told by the coverage`() throws {
    let oneWay = try Tool.run(
      "analyze", "--server", Captures.collide, "--filter", "tcp dst port 80", "--report", "json")
    #expect(oneWay.output.contains("no-answers"))
    let flags = try Tool.run(
      "analyze", "--server", Captures.collide, "--filter",
      "tcp[tcpflags] & (tcp-syn|tcp-fin|tcp-rst) != 0", "--report", "json")
    #expect(flags.output.contains("flags-filtered"))
    let none = try Tool.run(
      "analyze", "--server", Captures.collide, "--filter", "udp", "--report", "json")
    #expect(none.output.contains("no-packets"))
  }

  @Test func `where nothing is let pass, the report says who kept it out`() throws {
    let filtered = try Tool.run("analyze", "--server", Captures.collide, "--filter", "udp")
    let text = filtered.output.split(whereSeparator: \.isWhitespace).joined(separator: " ")
    #expect(text.contains("The filter of this run kept 1,820 packets out"))
    #expect(text.contains("'vlan and ...'"))
    #expect(!text.contains("Check the interface"))
    let late = try Tool.run(
      "analyze", "--server", Captures.collide, "--since", "2030-01-01T00:00:00Z")
    #expect(late.output.contains("1,820 packets lay outside of the time"))
  }

  /// The captures are not at fault, and another one would not help.
  @Test(arguments: [
    ["--filter", "tcp port 9999"], ["--since", "2030-01-01T00:00:00Z"],
  ])
  func `where nothing is let pass, no capture is missed`(option: [String]) throws {
    let sides = [
      "--client", "l4-collide/client-any.pcap", "--server", "l4-collide/server.pcap",
    ]
    for captures in [sides, ["l4-collide/lb-any.pcap"]] {
      let text = try Tool.run(["analyze"] + captures + option).output.unwrapped
      #expect(text.contains("No packet was left to analyse."))
      #expect(!text.contains("was captured"), "\(text)")
      #expect(!text.contains("tcpdump"))
      let forecast = try Tool.run(["whatif"] + captures + option).output.unwrapped
      #expect(forecast.contains("There is nothing to replay. No packet was left to analyse."))
    }
  }

  @Test func `reports for people say what was asked for`() throws {
    for format in ["text", "markdown", "html"] {
      let result = try Tool.run(
        "analyze", "--server", Captures.collide, "--filter", "tcp portrange 4000-4020", "--since",
        "+1", "--report", format)
      let text = result.output.split(whereSeparator: \.isWhitespace).joined(separator: " ")
      for words in [
        "tcp portrange 4000-4020", "not behind VLAN tags", "kept out by the filter", "UTC on.",
        "outside of the time asked for",
      ] {
        #expect(text.contains(words), "\(format): \(words)")
      }
    }
  }

  // MARK: - Times

  /// editcap's -A takes packets of that time or later, -B those before.
  @Test(arguments: ["l4-collide/server.pcap", "l4-v6/server.pcap", "closewait/server.pcap"])
  func `a time does what editcap does beforehand, to the microsecond`(capture: String) throws {
    guard Consumer.tshark.isThere else { return }
    let times = try Shell.run("tshark -r \(capture) -T fields -e frame.time_epoch")
      .split(separator: "\n").map(String.init)
    let (since, until) = (times[times.count / 4], times[times.count * 3 / 4])
    for (options, cut) in [
      (["--since", since], "-A \(since)"), (["--until", until], "-B \(until)"),
      (["--since", since, "--until", until], "-A \(since) -B \(until)"),
    ] {
      let path = folder.path("cut.pcap")
      _ = try Shell.run("editcap -F pcap \(cut) \(capture) '\(path)'")
      let before = try Tool.run("analyze", "--server", path, "--report", "json")
      let within = try Tool.run(
        ["analyze", "--server", capture, "--report", "json"] + options)
      #expect(within.status == 0, "\(within.errors)")
      let (one, other) = (try Selected(within.output), try Selected(before.output))
      #expect(one.taken == other.packets)
      #expect(one.facts == other.facts)
      #expect(one.packets == one.accountedFor)
      #expect(one.packets == times.count)
    }
  }

  @Test func `all forms of a time mean the same`() throws {
    let report = try Selected(
      Tool.run("analyze", "--server", Captures.collide, "--report", "json").output)
    let first = report.firstPacket
    let day = first.prefix(10)
    let forms = [
      "\(day)T13:37:33Z", "\(day)T22:37:33+09:00", "\(day) 13:37:33", "13:37:33",
      try Shell.run("date -u -d '\(day)T13:37:33Z' +%s").trimmingCharacters(in: .newlines),
    ]
    let outputs = try forms.map {
      try Tool.run("analyze", "--server", Captures.collide, "--since", $0, "--report", "json")
        .output
    }
    #expect(Set(outputs).count == 1)
    #expect(try Selected(outputs[0]).taken < report.packets)
    #expect(try Selected(outputs[0]).taken > 0)
  }

  @Test func `times are by the clock of reports, whatever the captures' own say`() throws {
    guard Consumer.tshark.isThere else { return }
    let shifted = folder.path("client.pcap")
    _ = try Shell.run("editcap -t 3600 l4-collide/client-any.pcap '\(shifted)'")
    func taken(_ client: String) throws -> [Int] {
      let output = try Tool.run(
        "analyze", "--server", "l4-collide/server.pcap", "--client", client, "--since",
        "13:37:33", "--until", "13:37:35", "--report", "json"
      ).output
      return try Selected(output).takenByCapture
    }
    let (right, ahead) = (try taken("l4-collide/client-any.pcap"), try taken(shifted))
    #expect(right == ahead)
    #expect(right.allSatisfy { $0 > 0 })
  }

  @Test(arguments: [
    ["--since", "yesterday"], ["--until", "25:00"], ["--since", "2026-02-30"], ["--since", "30"],
    ["--since", "+20", "--until", "+10"],
    ["--since", "2026-11-24T13:00:00Z", "--until", "2026-11-24T14:00:00+01:00"],
  ])
  func `what is no time, or an empty one, is a usage error`(options: [String]) throws {
    let result = try Tool.run(["analyze", "--server", Captures.collide] + options)
    #expect(result.status == 2)
    #expect(result.messages.count == 1)
    #expect(result.errors.contains(options[options.count - 2]))
  }

  @Test func `both can stand in a file of options, and standard input can be cut`() throws {
    let config = try folder.file(
      "site.yaml", Data("filter: tcp port 80\nsince: \"+1\"\nuntil: \"+4.5s\"\n".utf8))
    let named = try Tool.run(
      "analyze", "--server", Captures.collide, "--filter", "tcp port 80", "--since", "+1",
      "--until", "+4.5s", "--report", "json")
    let result = try Tool.run(
      "analyze", "--server", Captures.collide, "--config", config, "--report", "json")
    #expect(result.output == named.output)
    let piped = try Tool.run(
      "analyze", "--server", "-", "--config", config, "--report", "json",
      input: Captures.data(Captures.collide))
    #expect(try Selected(piped.output).facts == Selected(named.output).facts)
    #expect(try Selected(piped.output).taken == Selected(named.output).taken)
  }
}

/// What a report says of a part of a capture, however that came to be a part.
private struct Selected {
  let facts: [String: String]
  let packets: Int
  let takenByCapture: [Int]
  var taken: Int { takenByCapture.reduce(0, +) }
  /// Segments, copies, and what gave none, by reason.
  let accountedFor: Int
  let syns: Int
  let firstPacket: String

  init(_ json: String) throws {
    let report = try #require(
      JSONSerialization.jsonObject(with: Data(json.utf8)) as? [String: Any])
    let captures = report["captures"] as? [[String: Any]] ?? []
    func number(_ capture: [String: Any], _ name: String) -> Int { capture[name] as? Int ?? 0 }
    func skipped(_ capture: [String: Any]) -> [String: Int] {
      capture["skipped"] as? [String: Int] ?? [:]
    }
    packets = captures.reduce(0) { $0 + number($1, "packets") }
    accountedFor = captures.reduce(0) { sum, capture in
      sum + number(capture, "tcpSegments") + number(capture, "duplicates")
        + skipped(capture).values.reduce(0, +)
    }
    takenByCapture = captures.map { capture in
      number(capture, "packets") - (skipped(capture)["filtered"] ?? 0)
        - (skipped(capture)["outside-time"] ?? 0)
    }
    firstPacket = captures.first?["firstPacket"] as? String ?? ""
    let summary = report["summary"] as? [String: Any] ?? [:]
    syns = (summary["syns"] as? [String: Any])?["total"] as? Int ?? 0
    var facts: [String: String] = [:]
    for name in [
      "summary", "coverage", "timeline", "reuseIntervals", "analysis", "topology", "heldAtEnd",
      "sources",
    ] {
      facts[name] = try Self.text(report[name] ?? NSNull())
    }
    // Frames are numbered in the file as it is.
    var findings = report["findings"] as? [[String: Any]] ?? []
    for index in findings.indices {
      var hits = findings[index]["hits"] as? [[String: Any]] ?? []
      for hit in hits.indices { hits[hit]["frame"] = nil }
      findings[index]["hits"] = hits
    }
    facts["findings"] = try Self.text(findings)
    for (index, capture) in captures.enumerated() {
      for name in ["contentHash", "firstPacket", "lastPacket", "tcpSegments", "duplicates"] {
        facts["\(name) \(index)"] = "\(capture[name] ?? "-")"
      }
    }
    self.facts = facts
  }

  private static func text(_ value: Any) throws -> String {
    String(
      decoding: try JSONSerialization.data(withJSONObject: [value], options: [.sortedKeys]),
      as: UTF8.self)
  }
}

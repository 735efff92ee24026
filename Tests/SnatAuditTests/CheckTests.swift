import Foundation
import Testing

@Suite("Checks, and their exit codes")
struct CheckTests {
  let folder: TemporaryFolder

  init() throws { folder = try TemporaryFolder() }

  private func policy(_ text: String) throws -> String {
    try folder.file("policy.yaml", Data(text.utf8))
  }

  @Test(arguments: [
    (["--server", Captures.clean], 0, "PASSED"),
    (["--server", Captures.collide], 1, "FAILED"),
    (["--client", "l4-clean/client-any.pcap"], 3, "INCONCLUSIVE"),
    (
      ["--client", "l4-clean/client-any.pcap", "--min-coverage", "inconclusive"], 3, "INCONCLUSIVE"
    ),
    (["--server", Captures.clean, "--min-coverage", "full"], 3, "INCONCLUSIVE"),
    // Swapped: no hit shows there, and where some do they are none of the server's.
    (
      [
        "--server", "l7-proxyv2/client-any.pcap", "--client", "l7-proxyv2/server.pcap",
        "--max-hits", "0",
      ], 3, "INCONCLUSIVE"
    ),
    (
      ["--server", "l4-collide/client-any.pcap", "--client", Captures.collide, "--max-hits", "0"],
      3, "INCONCLUSIVE"
    ),
    // 1 wins over 3.
    (["--server", Captures.collide, "--min-coverage", "full"], 1, "FAILED"),
    (["--server", Captures.collide, "--max-hits", "rejected=56"], 0, "PASSED"),
    (["--server", Captures.collide, "--max-hits", "rejected=55"], 1, "FAILED"),
    (["--server", Captures.collide, "--max-hits", "time-wait.rejected=56"], 0, "PASSED"),
    (["--server", Captures.collide, "--max-hits", "111"], 0, "PASSED"),
    (["--server", Captures.collide, "--max-hits", "110"], 1, "FAILED"),
    (["--server", Captures.collide, "--max-hit-share", "53%"], 0, "PASSED"),
    (["--server", Captures.collide, "--max-hit-share", "52%"], 1, "FAILED"),
    (["--server", Captures.collide, "--max-added-delay", "maximum=5s"], 0, "PASSED"),
    (["--server", Captures.collide, "--max-added-delay", "maximum=4s"], 1, "FAILED"),
    (["--server", Captures.collide, "--max-killed", "0", "--max-failed", "0"], 0, "PASSED"),
    // 2 wins over 1: what could not be read may hold anything.
    (["--server", Captures.collide, "gone.pcap"], 2, "FAILED"),
    (["--server", Captures.clean, "gone.pcap"], 2, "PASSED"),
  ])
  func `the exit code is the verdict`(arguments: [String], status: Int32, word: String) throws {
    let result = try Tool.run(["check"] + arguments)
    #expect(result.status == status)
    #expect(result.output.hasPrefix("CHECK    \(word): "), "\(result.output)")
  }

  @Test func `a broken rule is named, with the excess and where to look`() throws {
    let result = try Tool.run("check", "--server", Captures.collide)
    #expect(result.output.contains("maximum.hits.rejected       56, at most 0: over by 56"))
    #expect(result.output.contains("frame 1333 of \(Captures.collide)"))
    #expect(
      result.output.unwrapped.contains(
        "default: no SYN that hits is refused, and no connection killed; choose others with --policy "
          + "FILE"))
    let command = try #require(
      result.output.split(separator: "\n").first { $0.contains("snat-audit explain") })
    let words = command.split(separator: " ").map(String.init)
    let explained = try Tool.run(Array(words.dropFirst()))
    #expect(explained.status == 0)
    #expect(explained.output.contains(words[2]))
  }

  @Test func `the command that explains has what the run was given`() throws {
    let given = [
      "--since", "2026-11-22T00:00:00Z", "--filter", "tcp port 80", "--time-wait", "59",
      "--rfc1337", "off",
    ]
    let result = try Tool.run(["check", "--server", Captures.collide] + given)
    let command = try #require(
      result.output.split(separator: "\n").first { $0.contains("snat-audit explain") })
    #expect(
      command.hasSuffix(
        " --time-wait 59 --rfc1337 off --filter 'tcp port 80' --since 2026-11-22T00:00:00.000000000Z"
      ))
    let explained = try Tool.run(
      ["explain", String(command.split(separator: " ")[2]), "--server", Captures.collide] + given)
    #expect(explained.status == 0)
    let extract = try #require(
      explained.output.split(separator: "\n").first { $0.contains("snat-audit extract") })
    #expect(extract.hasSuffix(" --since 2026-11-22T00:00:00.000000000Z"))
  }

  @Test func `with encrypted addresses it names no file that is none`() throws {
    let folder = try TemporaryFolder()
    let key = try folder.file(
      "key", Data("0123456789abcdeffedcba98765432101032547698badcfeefcdab8967452301".utf8))
    let result = try Tool.run("check", "--server", Captures.collide, "--anonymize", key)
    let command = try #require(
      result.output.split(separator: "\n").first { $0.contains("snat-audit explain") })
    #expect(command.hasSuffix(" --anonymize KEYFILE CAPTURES"))
  }

  @Test func `an interrupted check is 130`() throws {
    let run = try Run(["check", "--server", "-"])
    run.feed(try Captures.data(Captures.collide), isLast: false)
    try run.waitUntilIdle()
    run.interrupt()
    let result = run.result()
    #expect(result.status == 130)
    #expect(result.output.hasPrefix("CHECK    FAILED"))
  }

  // MARK: - Reports

  @Test func `every report has the verdict, and the log still says it`() throws {
    let path = folder.path("report.")
    let formats = ["text", "json", "junit", "markdown"]
    let result = try Tool.run(
      ["check", "--server", Captures.collide]
        + formats.flatMap { ["--report", "\($0)=\(path)\($0)"] })
    #expect(result.status == 1)
    #expect(result.output.hasPrefix("CHECK    FAILED"))
    #expect(!result.output.contains("VERDICT"))
    for format in formats {
      let report = try String(contentsOfFile: path + format, encoding: .utf8)
      #expect(report.contains("maximum.hits.rejected"), "\(format)")
    }
    let text = try String(contentsOfFile: path + "text", encoding: .utf8)
    #expect(text.hasPrefix("CHECK    FAILED") && text.contains("\nVERDICT  73 of 140"))
  }

  @Test func `the JSON report has the whole verdict`() throws {
    let result = try Tool.run("check", "--server", Captures.collide, "--report", "json")
    let report = try #require(
      try JSONSerialization.jsonObject(with: Data(result.output.utf8)) as? [String: Any])
    let check = try #require(report["check"] as? [String: Any])
    #expect(check["outcome"] as? String == "failed")
    let rules = try #require(check["rules"] as? [[String: Any]])
    let broken = try #require(rules.first { $0["rule"] as? String == "maximum.hits.rejected" })
    #expect(broken["actual"] as? Int == 56 && broken["limit"] as? Int == 0)
    #expect(broken["excess"] as? Int == 56 && broken["unit"] as? String == "count")
    #expect((broken["findings"] as? [Any])?.count == 3)
    let plain = try Tool.run("analyze", "--server", Captures.collide, "--report", "json")
    #expect(plain.output.contains(#""check" : null"#))
  }

  @Test func `as many rules are listed as are counted`() throws {
    let result = try Tool.run("check", "--server", Captures.collide)
    #expect(result.output.contains("1 of 4 rules is broken."), "\(result.output)")
    let outcomes = result.output.split(separator: "\n")
      .compactMap { $0.split(separator: " ").first }
      .filter { ["passed", "failed", "inconclusive"].contains($0) }
    #expect(outcomes.count == 4)
    #expect(result.output.contains("coverage  passed: limited, at least limited asked for"))
  }

  @Test func `a rule that cannot be compared allows no verdict`() throws {
    let old = folder.path("old.json")
    _ = try Tool.run("analyze", "--server", Captures.clean, "--report", "json=\(old)")
    let path = try policy("baseline: {new-findings: 0}\n")
    let result = try Tool.run(
      "check", "--policy", path, "--baseline", old, "--server", Captures.collide)
    #expect(result.status == 3)
    #expect(
      result.output.hasPrefix(
        "CHECK    INCONCLUSIVE: The one rule cannot be compared with this baseline."),
      "\(result.output)")
  }

  // MARK: - Policies

  @Test func `a policy file is the policy, and options win over it`() throws {
    let path = try policy(
      """
      version: 1
      maximum:
        hits:
          total: 111
          rejected: 55
          time-wait: {accepted: 55, unanswered: 0}
          established: 0
        killed-connections: 0
        failed-attempts: 0
        hit-share: 52.2%
        added-delay: {p50: 16.3ms, p99: 3.2s, maximum: 4100ms}
      coverage: limited
      """)
    let result = try Tool.run("check", "--policy", path, "--server", Captures.collide)
    #expect(result.status == 1)
    #expect(result.output.contains("1 of 11 rules is broken"), "\(result.output)")
    #expect(result.output.contains("failed  maximum.hits.rejected"))
    let loosened = try Tool.run(
      "check", "--policy", path, "--server", Captures.collide, "--max-hits", "rejected=56")
    #expect(loosened.status == 0, "\(loosened.output)")
  }

  @Test(arguments: [
    ("maximum:\n  hits: many\n", ":2: maximum.hits: 'many' is no whole number"),
    ("maximum:\n  hits: -1\n", ":2: maximum.hits: '-1' is no whole number"),
    ("maximum:\n  hits: 1.5\n", ":2: maximum.hits: '1.5' is no whole number"),
    ("maximum:\n  hits: 99999999999999999999\n", ":2: maximum.hits: "),
    ("maximum:\n  hits: [1]\n", ":2: maximum.hits: expected one value"),
    ("maximum:\n  hits:\n", ":2: maximum.hits: expected one value"),
    (
      "maximum:\n  hits: {time-wait: {closing: 1}}\n",
      ":2: maximum.hits.time-wait.closing: there is no"
    ),
    ("maximum:\n  hits: {refused: 1}\n", ":2: maximum.hits.refused: there is no such key"),
    ("maximum:\n  hit-share: 0.1\n", ":2: maximum.hit-share: '0.1' is no share"),
    ("maximum:\n  hit-share: 1,5%\n", ":2: maximum.hit-share: '1,5%' is no share"),
    ("maximum:\n  added-delay: 3s\n", ":2: maximum.added-delay: expected keys"),
    ("maximum:\n  added-delay: {p99: 3}\n", ":2: maximum.added-delay.p99: '3' is no time"),
    ("maximum:\n  added-delay: {p98: 3s}\n", ":2: maximum.added-delay.p98: there is no such key"),
    ("maximum:\n  new-findings: 0\n", ":2: maximum.new-findings: there is no such key"),
    ("maximum: 3\n", ":1: maximum: expected keys"),
    (
      "coverage: good\n", ":1: coverage: 'good' is no grade; there are: full, limited, inconclusive"
    ),
    ("version: 2\n", ":1: version: this program knows version 1"),
    ("\nmaxima: {}\n", ":2: maxima: there is no such key; there are: version, maximum"),
    ("coverage: full\ncoverage: limited\n", "coverage: this key is there twice"),
    ("maximum: {hits: 1\n", "no YAML"), ("- 1\n", ":1: expected keys"),
    ("a: 1\n---\nb: 1\n", "no YAML"), ("\u{0}", "no YAML"),
    ("baseline:\n  hit-share: +10\n", ":2: baseline.hit-share: '+10' is no increase"),
    ("baseline:\n  hit-share: +10ms\n", ":2: baseline.hit-share: '+10ms' is no increase"),
    ("baseline:\n  hit-share: +10%\n", "name it with --baseline REPORT"),
    ("", "policy.yaml: has no rule"), ("version: 1\n", "policy.yaml: has no rule"),
    ("maximum: {}\ncoverage: full\n", "policy.yaml: has no rule"),
  ])
  func `what is wrong with a policy is one line with its place`(text: String, fault: String) throws
  {
    let path = try policy(text)
    let result = try Tool.run("check", "--policy", path, "--server", Captures.clean)
    #expect(result.status == 2)
    #expect(result.output.isEmpty)
    #expect(result.messages.count == 1, "\(result.errors)")
    #expect(result.errors.contains(fault), "\(result.errors)")
    if fault.hasPrefix(":") { #expect(result.errors.contains(path + fault)) }
  }

  @Test func `deep nesting is an error, not a crash`() throws {
    let path = try policy(String(repeating: "[", count: 100_000))
    #expect(try Tool.run("check", "--policy", path, "--server", Captures.clean).status == 2)
  }

  @Test(arguments: ["--policy", "--baseline", "--config"])
  func `a file that is not there is named`(option: String) throws {
    let result = try Tool.run("check", option, "/nonexistent/file", "--server", Captures.clean)
    #expect(result.status == 2)
    #expect(result.errors == "snat-audit: error: /nonexistent/file: there is no such file\n")
  }

  // MARK: - Baselines

  private func report(_ capture: String, _ name: String) throws -> String {
    let path = folder.path(name)
    _ = try Tool.run("analyze", "--server", capture, "--report", "json=\(path)")
    return path
  }

  @Test func `a run is no worse than itself, under another name too`() throws {
    let baseline = try report(Captures.collide, "old.json")
    let copy = try folder.file("copy.pcap", try Captures.data(Captures.collide))
    for capture in [Captures.collide, copy] {
      let result = try Tool.run("check", "--baseline", baseline, "--server", capture)
      #expect(result.status == 0, "\(result.output)")
      #expect(result.output.unwrapped.contains("of the same captures; 0 findings new, 0 gone"))
      #expect(result.output.unwrapped.contains("except that refused SYNs may rise by 10 %"))
    }
  }

  @Test func `other captures are compared by rate`() throws {
    let baseline = try report(Captures.collide, "old.json")
    let worse = try Tool.run("check", "--baseline", baseline, "--server", Captures.rfc1337)
    #expect(worse.status == 1)
    #expect(worse.output.unwrapped.contains("of other captures, so that rates are compared"))
    #expect(worse.output.contains("failed  baseline.hits.rejected"))
    let better = try Tool.run("check", "--baseline", baseline, "--server", Captures.clean)
    #expect(better.status == 0, "\(better.output)")
  }

  @Test func `findings that came and went are named`() throws {
    // With a longer TIME_WAIT nothing changes here; a baseline that lacks one and has another shows.
    let baseline = try report(Captures.collide, "old.json")
    var text = try String(contentsOfFile: baseline, encoding: .utf8)
    text = text.replacing("00da993000b52c87", with: "0123456789abcdef")
    try text.write(toFile: baseline, atomically: true, encoding: .utf8)
    let result = try Tool.run("check", "--baseline", baseline, "--server", Captures.collide)
    #expect(result.status == 1)
    #expect(result.output.contains("baseline.new-findings        1, at most 0: over by 1"))
    #expect(result.output.contains("new       00da993000b52c87"))
    #expect(result.output.contains("gone      0123456789abcdef"))
  }

  @Test(arguments: [
    ("{}", "schemaVersion is missing"), ("[1]", "has the wrong type"),
    ("not JSON", "this is no JSON"),
    ("", "this is no JSON"), (#"{"schemaVersion": "2.0"}"#, "its schemaVersion is 2.0"),
    (#"{"schemaVersion": "1.0"}"#, "captures is missing"),
    (#"{"schemaVersion": 1}"#, "schemaVersion has the wrong type"),
  ])
  func `a file that is no report is one clear error`(text: String, fault: String) throws {
    let path = try folder.file("old.json", Data(text.utf8))
    let result = try Tool.run("check", "--baseline", path, "--server", Captures.clean)
    #expect(result.status == 2)
    #expect(result.messages.count == 1, "\(result.errors)")
    #expect(result.errors.contains(path), "\(result.errors)")
    #expect(result.errors.contains(fault), "\(result.errors)")
  }

  @Test func `counts that no capture can have are no report`() throws {
    let path = try report(Captures.clean, "old.json")
    let text = try String(contentsOfFile: path, encoding: .utf8)
    for count in ["-1", "9000000000000000000"] {
      let changed = text.replacing(
        #""killedConnections" : 0"#, with: #""killedConnections" : \#(count)"#)
      #expect(changed != text)
      try changed.write(toFile: path, atomically: true, encoding: .utf8)
      let result = try Tool.run("check", "--baseline", path, "--server", Captures.clean)
      #expect(result.status == 2)
      #expect(result.errors.contains("no count: \(count)"), "\(result.errors)")
    }
  }
}

extension String {
  /// As one line, as long paths break lines anywhere.
  var unwrapped: String {
    split(whereSeparator: \.isWhitespace).joined(separator: " ")
  }
}

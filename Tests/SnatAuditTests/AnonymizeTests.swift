import Fixtures
import FlowAnalyzer
import Foundation
import Testing

@Suite("--anonymize")
struct AnonymizeTests {
  private static let key = "0123456789abcdeffedcba98765432101032547698badcfeefcdab8967452301"

  private let folder: TemporaryFolder
  private let key: String

  init() throws {
    folder = try TemporaryFolder()
    key = try folder.file("key", Data((Self.key + "\n").utf8))
    try FileManager.default.setAttributes([.posixPermissions: 0o600], ofItemAtPath: key)
  }

  /// Captures of both sides, of one, of IPv6, with PROXY headers and with `X-Forwarded-For`.
  static let inputs: [[String]] = [
    ["l4-collide/lb-any.pcap"],
    ["--client", "l4-collide/client-any.pcap", "--server", "l4-collide/server.pcap"],
    ["l4-v6/lb-any.pcap"], ["l7-http/lb-any.pcap"],
    ["--client", "l7-http/client-any.pcap", "--server", "web01=l7-http/server.pcap"],
    ["--server", "l7-proxyv2/server.pcap"], ["--server", "half-open-v6/server.pcap"],
    ["l4-rfc1337/lb-any.pcap"],
  ]

  private static let formats = [
    "text", "json", "ndjson", "html", "markdown", "junit", "prometheus",
  ]

  @Test(arguments: inputs)
  func `no format of any report has a real address or the name of a file`(
    input: [String]
  ) throws {
    let secrets = try Secrets(of: input)
    #expect(secrets.addresses.count > 1)
    let paths = Self.formats.map { folder.path("report.\($0)") }
    let reports = zip(Self.formats, paths).flatMap { ["--report", "\($0)=\($1)"] }
    let result = try Tool.run(["analyze"] + input + ["--anonymize", key] + reports)
    #expect(result.status == 0, "\(result.errors)")
    for path in paths { secrets.expectNone(in: try Data(contentsOf: URL(filePath: path)), path) }

    // The search finds them where they are.
    let open = try Tool.run(["analyze"] + input + ["--report", "json"])
    #expect(secrets.found(in: Data(open.output.utf8)).count > 1)
  }

  @Test(arguments: inputs)
  func `what other commands say has none either`(input: [String]) throws {
    let secrets = try Secrets(of: input)
    var commands = [
      ["connections"] + input, ["explain", "worst"] + input, ["check", "--max-hits", "0"] + input,
      ["extract", "worst", "--output", "-"] + input,
    ]
    // Replays take long, and tell of load balancers alone: once of both sides, once of IPv6.
    if Self.inputs[1...2].contains(input) {
      commands.append(["whatif"] + input + ["--report", "json"])
    }
    for command in commands {
      let path = folder.path("output")
      let words = ([Tool.url.path] + command + ["--anonymize", key]).map { "'\($0)'" }
      // Some captures have no finding, and `check` breaks its policy where there is one.
      _ = try Shell.run("\(words.joined(separator: " ")) > '\(path)' || true")
      secrets.expectNone(in: try Data(contentsOf: URL(filePath: path)), command[0])
    }
  }

  /// All that is no name: counts, verdicts, times and reasons.
  @Test(arguments: inputs)
  func `the verdicts are those without it`(input: [String]) throws {
    let open = try Tool.run(["analyze"] + input + ["--report", "json"])
    let closed = try Tool.run(["analyze"] + input + ["--report", "json", "--anonymize", key])
    #expect(try Facts(open.output) == Facts(closed.output))
    let pairs = try Tool.run(["connections"] + input)
    let others = try Tool.run(["connections"] + input + ["--anonymize", key])
    #expect(Self.joins(pairs.output) == Self.joins(others.output))
    #expect(!pairs.output.isEmpty)
  }

  @Test func `the same key gives the same report, another key another`() throws {
    let arguments = ["analyze", "l4-collide/lb-any.pcap", "--report", "json", "--anonymize"]
    let bytes = stride(from: 0, to: 64, by: 2).map { index in
      UInt8(Array(Self.key)[index].hexDigitValue! << 4 | Array(Self.key)[index + 1].hexDigitValue!)
    }
    let raw = try folder.file("raw", Data(bytes))
    let other = try folder.file("other", Data(Self.key.replacing("0123", with: "3210").utf8))
    let one = try Tool.run(arguments + [key])
    #expect(try Tool.run(arguments + [raw]).output == one.output)
    #expect(try Tool.run(arguments + [key, "--workers", "1"]).output == one.output)
    let another = try Tool.run(arguments + [other])
    #expect(another.status == 0)
    #expect(another.output != one.output)
    #expect(try Facts(another.output) == Facts(one.output))
  }

  @Test func `the same host has the same name in captures of both sides, and in two runs`() throws {
    func addresses(_ input: [String]) throws -> Set<String> {
      let result = try Tool.run(["connections"] + input + ["--anonymize", key])
      return Set(
        result.output.split(separator: "\"").filter { $0.allSatisfy { $0.isNumber || $0 == "." } }
          .map(String.init))
    }
    let both = try addresses([
      "--client", "l4-collide/client-any.pcap", "--server", "l4-collide/server.pcap",
    ])
    #expect(try addresses(["--server", "l4-collide/server.pcap"]).isSubset(of: both))
  }

  // MARK: - Packets

  @Test(arguments: inputs.filter { !$0.contains("l7-proxyv2/server.pcap") })
  func `packets are read by tshark, hold no payload, and show the same finding again`(
    input: [String]
  ) throws {
    guard Consumer.tshark.isThere else { return }
    let path = folder.path("finding.pcapng")
    let result = try Tool.run(
      ["extract", "worst"] + input + ["--anonymize", key, "--output", path])
    #expect(result.status == 0, "\(result.errors)")
    let fields = try Shell.run(
      "tshark -r '\(path)' -o ip.check_checksum:TRUE -o tcp.check_checksum:TRUE -T fields "
        + "-e frame.protocols -e frame.cap_len -e tcp.hdr_len -e ip.checksum.status "
        + "-e tcp.checksum.status -e tcp.payload -e tcp.len"
    ).split(separator: "\n").map { $0.split(separator: "\t", omittingEmptySubsequences: false) }
    #expect(!fields.isEmpty)
    for packet in fields {
      #expect(packet[0] == "raw:ip:tcp" || packet[0] == "raw:ipv6:tcp")
      let header = packet[0].contains("ipv6") ? 40 : 20
      #expect(packet[1] == "\(header + (Int(packet[2]) ?? 0))")
      #expect(packet[3] == (header == 40 ? "" : "1"))
      // Of a packet whose payload is missing tshark cannot tell.
      if packet[6] == "0" { #expect(packet[4] == "1") }
      #expect(packet[5].isEmpty)
    }
    #expect(try Shell.run("tshark -r '\(path)' -Y _ws.malformed").isEmpty)

    // It has the finding that was asked for, and all verdicts of the same file with all its bytes.
    let open = folder.path("open.pcapng")
    _ = try Tool.run(["extract", "worst"] + input + ["--output", open])
    let again = try Tool.run("analyze", path, "--report", "json")
    #expect(again.status == 0, "\(again.errors)")
    let verdicts = try Facts(again.output).verdicts
    #expect(try verdicts == Facts(Tool.run("analyze", open, "--report", "json").output).verdicts)
    let id = try Shell.run("capinfos '\(path)'").split(separator: "Finding ")[1].prefix(16)
    #expect(again.output.contains(id))
  }

  @Test func `what is in the packets of a finding is known option by option`() throws {
    guard Consumer.tshark.isThere else { return }
    let path = folder.path("finding.pcapng")
    _ = try Tool.run(
      "extract", "worst", "l4-collide/lb-any.pcap", "--anonymize", key, "--output", path)
    let kinds = try Shell.run("tshark -r '\(path)' -T fields -e tcp.option_kind")
      .split { $0 == "\n" || $0 == "," }
    #expect(Set(kinds).isSubset(of: ["0", "1", "2", "3", "4", "5", "8"]))
    let ids = try Shell.run("tshark -r '\(path)' -T fields -e ip.id -e ip.ttl -e ip.flags.df")
    #expect(Set(ids.split(separator: "\n").map { $0.split(separator: "\t")[1] }) == ["64"])
    let information = try Shell.run("capinfos '\(path)'")
    #expect(information.contains("Addresses are encrypted"))
    #expect(information.contains("capture-1") && !information.contains("lb-any"))
  }

  // MARK: - Names

  @Test func `points, baselines and filters are not named either`() throws {
    let baseline = folder.path("acme-baseline.json")
    let input = ["--server", "acme-web01=l4-collide/server.pcap"]
    _ = try Tool.run(["analyze"] + input + ["--report", "json=\(baseline)", "--anonymize", key])
    let reports = Self.formats.map { folder.path("check.\($0)") }
    let result = try Tool.run(
      ["check", "--baseline", baseline] + input + ["--anonymize", key]
        + ["--filter", "host 192.168.1.1 or net 10.10.0.0/16"]
        + zip(Self.formats, reports).flatMap { ["--report", "\($0)=\($1)"] })
    #expect(result.status != 2, "\(result.errors)")
    for path in reports {
      let text = try String(contentsOf: URL(filePath: path), encoding: .utf8)
      #expect(!text.contains("acme") && !text.contains("192.168.1.1"), "\(path)")
      #expect(!text.contains("10.10.0.0"), "\(path)")
    }
    #expect(!result.output.contains("acme"))
  }

  @Test func `a file that cannot be read is named on standard error only`() throws {
    let result = try Tool.run(
      "analyze", "--server", "acme-missing.pcap", "l4-collide/server.pcap", "--anonymize", key,
      "--report", "json")
    #expect(result.status == 2)
    #expect(result.errors.contains("acme-missing.pcap"))
    #expect(!result.output.contains("acme") && result.output.contains("cannot be read"))
  }

  // MARK: - Keys

  @Test(arguments: [
    ("", "not a key: expected 32 raw bytes or 64 hexadecimal digits, found nothing"),
    ("0123", "64 hexadecimal digits, not 4"),
    (String(repeating: "a", count: 32), "64 hexadecimal digits, not 32"),
    (String(repeating: "a", count: 64), "halves are equal"),
    (String(repeating: "?", count: 33), "found 33 other bytes"), ("a key", "found 5 other bytes"),
    (String(repeating: "ab", count: 600), "longer than 1024 bytes"),
  ])
  func `what is no key is refused in one line that says how to make one`(
    text: String, message: String
  ) throws {
    let path = try folder.file("wrong", Data(text.utf8))
    for command in [["analyze"], ["connections"], ["explain", "worst"], ["whatif"]] {
      let result = try Tool.run(command + ["l4-collide/lb-any.pcap", "--anonymize", path])
      #expect(result.status == 2)
      #expect(result.output.isEmpty)
      let errors = result.messages.filter { $0.contains("error") }
      #expect(errors.count == 1)
      #expect(result.errors.contains("\(path): ") && result.errors.contains(message))
      if !message.contains("longer") { #expect(result.errors.contains("openssl rand -hex 32")) }
    }
  }

  @Test func `a key that others may read costs a warning`() throws {
    let arguments = ["analyze", "--server", Captures.clean, "--anonymize", key]
    #expect(try Tool.run(arguments).errors.isEmpty)
    try FileManager.default.setAttributes([.posixPermissions: 0o644], ofItemAtPath: key)
    let result = try Tool.run(arguments)
    #expect(result.status == 0)
    #expect(result.messages.count == 1 && result.errors.contains("chmod 600"))
  }

  @Test func `it can stand in a file of options`() throws {
    let config = try folder.file("site.yaml", Data("anonymize: \(key)\n".utf8))
    let named = try Tool.run("analyze", Captures.collide, "--anonymize", key)
    let result = try Tool.run("analyze", Captures.collide, "--config", config)
    #expect(result.output == named.output)
    #expect(result.output.contains("Addresses are encrypted"))
  }

  /// What joins a line of `connections` rests on, line by line.
  private static func joins(_ lines: String) -> [String] {
    lines.split(separator: "\n").map { line in
      guard let start = line.range(of: "\"join\""),
        let end = line.range(of: "\"named\"") ?? line.range(of: "\"server\"")
      else { return String(line) }
      return String(line[start.lowerBound..<end.lowerBound])
    }
  }
}

/// What tells of whom captures are.
private struct Secrets {
  var addresses: Set<IPAddress> = []
  /// Names on the command line.
  private var names: [String] = []

  /// - Parameter input: arguments that name fixtures. All captures of their scenarios count: a client that
  ///   a PROXY header tells is in another one's packets.
  init(of input: [String]) throws {
    for argument in input where argument.contains("/") {
      let path = argument.split(separator: "=").last ?? ""
      names.append(String(path))
      let scenario = Fixtures.captures.appending(path: String(path.split(separator: "/")[0]))
      for name in try FileManager.default.contentsOfDirectory(atPath: scenario.path)
      where name.hasSuffix(".pcap") {
        var source = SegmentSource(inputs: [CaptureInput(path: scenario.appending(path: name).path)]
        )
        while let segment = source.next() {
          addresses.insert(segment.source.address)
          addresses.insert(segment.destination.address)
        }
      }
    }
    names += input.filter { $0.contains("=") }.map { String($0.split(separator: "=")[0]) }
  }

  func expectNone(in data: Data, _ place: String, sourceLocation: SourceLocation = #_sourceLocation)
  {
    let found = self.found(in: data)
    #expect(found.isEmpty, "\(place): \(found)", sourceLocation: sourceLocation)
    for name in names {
      #expect(data.range(of: Data(name.utf8)) == nil, "\(place)", sourceLocation: sourceLocation)
    }
  }

  /// Those that occur as text, not as a part of another, or as bytes.
  func found(in data: Data) -> [IPAddress] {
    addresses.filter { address in
      let text = Data(address.description.utf8)
      var start = data.startIndex
      while let range = data.range(of: text, in: start..<data.endIndex) {
        let before = range.lowerBound > data.startIndex ? data[range.lowerBound - 1] : 0
        let after = range.upperBound < data.endIndex ? data[range.upperBound] : 0
        if !Self.continues(before) && !Self.continues(after, isBehind: true) { return true }
        start = range.upperBound
      }
      return data.range(of: Self.packed(address)) != nil
    }
  }

  private static func continues(_ byte: UInt8, isBehind: Bool = false) -> Bool {
    let character = Character(Unicode.Scalar(byte))
    if character == ":" { return !isBehind }
    return character.isHexDigit || character == "."
  }

  private static func packed(_ address: IPAddress) -> Data {
    let words =
      address.isIPv6
      ? [address.high >> 32, address.high, address.low >> 32, address.low] : [address.low]
    return Data(
      words.flatMap { word in
        [24, 16, 8, 0].map { UInt8(truncatingIfNeeded: word >> UInt64($0)) }
      })
  }
}

/// What of a JSON report does not tell of whom it is.
private struct Facts: Equatable {
  /// Findings without their ids, which are hashes of addresses.
  private(set) var verdicts: [[String]] = []
  private var numbers: [String: String] = [:]

  init(_ json: String) throws {
    let report = try #require(
      JSONSerialization.jsonObject(with: Data(json.utf8)) as? [String: Any])
    for finding in report["findings"] as? [[String: Any]] ?? [] {
      let hits = (finding["hits"] as? [[String: Any]] ?? []).map { hit in
        let held = hit["held"] as? [String: Any] ?? [:]
        return [hit["answer"], hit["predicted"], hit["reason"], held["state"], held["evidence"]]
          .map { "\($0 ?? "-")" }
      }
      verdicts.append(
        [finding["kind"], finding["outcome"], finding["setupSeconds"], finding["addedSeconds"]]
          .map { "\($0 ?? "-")" } + hits.flatMap(\.self))
    }
    for name in [
      "summary", "coverage", "timeline", "reuseIntervals", "analysis", "clock", "partial",
    ] {
      var value = try #require(report[name])
      if let clocks = value as? [[String: Any]] {
        // Points have names.
        value = clocks.map { $0.filter { $0.key != "point" } }
      }
      let data = try JSONSerialization.data(
        withJSONObject: [value], options: [.sortedKeys])
      numbers[name] = String(decoding: data, as: UTF8.self)
    }
    let held = try #require(report["heldAtEnd"] as? [String: Any])
    for name in ["timeWait", "established", "closing"] { numbers[name] = "\(held[name] ?? "-")" }
  }
}

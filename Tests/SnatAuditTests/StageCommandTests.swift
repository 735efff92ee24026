import Foundation
import Testing

/// The stages of `analyze` as commands, with pipes between them.
@Suite("Stages as commands")
struct StageCommandTests {
  private func run(
    _ arguments: [String], input: Data = Data()
  ) throws -> (status: Int32, output: Data, errors: String) {
    let folder = try TemporaryFolder()
    let (stdin, stdout) = (try folder.file("in", input), folder.path("out"))
    let line = ([Tool.url.path] + arguments).map { "'\($0)'" }.joined(separator: " ")
    let run = try Run(["-c", "\(line) < '\(stdin)' > '\(stdout)'"], of: URL(filePath: "/bin/sh"))
    run.feed(Data(), isLast: true)
    let result = run.result()
    return (result.status, try Data(contentsOf: URL(filePath: stdout)), result.errors)
  }

  /// - Parameter first: the number of the first of them.
  private func records(
    _ captures: [[String]], from first: Int = 0, options: [String] = []
  ) throws -> Data {
    try captures.enumerated().reduce(into: Data()) { records, capture in
      let result = try run(
        ["extract-records", "--number", "\(first + capture.offset)"] + options + capture.element)
      #expect(result.status == 0, "\(result.errors)")
      records += result.output
    }
  }

  private let sides = [
    ["--server", "@a=l4-collide/server.pcap"], ["--client", "@a=l4-collide/client-any.pcap"],
  ]

  @Test(arguments: ["json", "text", "ndjson", "prometheus", "markdown"])
  func `three commands write what one does`(format: String) throws {
    let summary = try run(["judge"], input: try records(sides))
    #expect(summary.status == 0, "\(summary.errors)")
    let merged = try run(["merge", "--report", format], input: summary.output)
    let whole = try run(["analyze", "--report", format] + sides.flatMap(\.self))
    #expect(merged.output == whole.output)
    #expect(merged.errors == whole.errors)
    #expect(merged.status == 0 && whole.status == 0)
  }

  @Test func `summaries of several load balancers come one behind the other`() throws {
    let others = [
      ["--server", "@b=l4-v6/server.pcap"], ["--client", "@b=l4-v6/client-any.pcap"],
    ]
    let one = try run(["judge"], input: try records(sides))
    let other = try run(["judge"], input: try records(others, from: sides.count))
    let merged = try run(
      ["merge", "--report", "json"], input: other.output + Data("\n".utf8) + one.output.dropLast())
    let captures = (sides + others).flatMap(\.self)
    let whole = try run(["analyze", "--report", "json"] + captures)
    #expect(merged.output == whole.output)
    #expect(merged.status == 0, "\(merged.errors)")
    let damaged = try run(["merge"], input: one.output + other.output.dropLast(9))
    #expect(damaged.errors.contains("line 2 is no summary"), "\(damaged.errors)")
  }

  @Test func `options of judgement go to the judge`() throws {
    let options = ["--time-wait", "2", "--rfc1337", "on", "--max-findings", "3"]
    let summary = try run(["judge"] + options, input: try records(sides))
    let merged = try run(["merge", "--report", "json"], input: summary.output)
    let whole = try run(["analyze", "--report", "json"] + options + sides.flatMap(\.self))
    #expect(merged.output == whole.output)
  }

  @Test(arguments: [
    ["--filter", "tcp portrange 4000-4020"], ["--since", "+2s", "--until", "+9s"],
    ["--filter", "not arp", "--since", "2000-01-01T00:00:00Z"], ["--until", "00:00:01"],
  ])
  func `what is asked for goes with the records, and the key to the judge alone`(
    selection: [String]
  ) throws {
    let folder = try TemporaryFolder()
    let key = ["--anonymize", try folder.file("key", Data(repeating: 0x61, count: 31) + [0x7a])]
    let records = try records(sides, options: selection)
    for privacy in [[], key] {
      let summary = try run(["judge"] + privacy, input: records)
      let merged = try run(["merge", "--report", "json"], input: summary.output)
      let whole = try run(
        ["analyze", "--report", "json"] + selection + privacy + sides.flatMap(\.self))
      #expect(merged.output == whole.output)
      #expect(merged.status == 0, "\(merged.errors)")
    }
  }

  @Test func `a stage refuses what analyze refuses`() throws {
    let wrong = try run(["extract-records", "--filter", "tcp prot 80"] + sides[0])
    #expect(wrong.status == 2)
    #expect(wrong.output.isEmpty)
    #expect(wrong.errors.contains("--filter: libpcap does not take 'tcp prot 80': "))
    let never = try run(["extract-records", "--since", "+9", "--until", "+8"] + sides[0])
    #expect(never.errors.contains("--until: this is not after --since"))
    let keyless = try run(["judge", "--anonymize", "l4-clean"], input: try records(sides))
    #expect(keyless.status == 2)
    #expect(keyless.output.isEmpty)
    let mixed = try records([sides[0]], options: ["--filter", "tcp"])
    let judged = try run(["judge"], input: mixed + records([sides[1]], from: 1))
    #expect(judged.status == 2)
    #expect(judged.errors.contains("extracted by different --filter, --since or --until"))
  }

  @Test func `a capture that is not there is named at the end`() throws {
    let missing = try run(["extract-records", "--server", "missing.pcap"])
    #expect(missing.status == 0)
    #expect(missing.errors.contains("missing.pcap: there is no such file"))
    let summary = try run(["judge"], input: missing.output)
    #expect(summary.status == 0, "\(summary.errors)")
    let merged = try run(["merge", "--report", "json"], input: summary.output)
    let whole = try run(["analyze", "--report", "json", "--server", "missing.pcap"])
    #expect(merged.output == whole.output)
    #expect(merged.status == 2 && whole.status == 2)
    #expect(merged.errors == whole.errors)
  }

  /// A copy on another machine goes by its own name.
  @Test func `a copy is shown as what it is a copy of`() throws {
    let copy = try records([["--server", "l4-clean/server.pcap", "--path", "day/1.pcap"]])
    let merged = try run(
      ["merge", "--report", "json"], input: try run(["judge"], input: copy).output)
    #expect(String(decoding: merged.output, as: UTF8.self).contains("\"path\" : \"day/1.pcap\""))
  }

  @Test(arguments: [
    ("judge", "no records", "these are no records"), ("judge", "", "there are no records"),
    ("judge", "# Not records, with a length", "these are no records"),
    ("merge", "{}", "line 1 is no summary"), ("merge", "", "there is no summary"),
  ])
  func `what a stage cannot use is one line`(command: String, input: String, text: String) throws {
    let result = try run([command], input: Data(input.utf8))
    #expect(result.status == 2)
    #expect(result.output.isEmpty)
    #expect(result.errors.contains(text), "\(result.errors)")
    #expect(result.errors.split(separator: "\n").count == 1)
  }

  @Test func `records that end in the middle are not judged`() throws {
    let result = try run(["judge"], input: try records(sides).dropLast(5))
    #expect(result.status == 2)
    #expect(result.errors.contains("ends in the middle of a record"), "\(result.errors)")
  }
}

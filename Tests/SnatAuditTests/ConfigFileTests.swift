import ArgumentParser
import Foundation
import Testing

@testable import snat_audit

@Suite("Options in a file")
struct ConfigFileTests {
  let folder: TemporaryFolder

  init() throws { folder = try TemporaryFolder() }

  private func config(_ text: String) throws -> String {
    try folder.file("site.yaml", Data(text.utf8))
  }

  @Test func `a file does what the command line does`() throws {
    let path = try config(
      """
      client: l4-collide/client-any.pcap
      server: [l4-collide/server.pcap]
      time-wait: 30
      rfc1337: off
      max-findings: 3
      report: [json]
      workers: 1
      """)
    let named = try Tool.run(
      "analyze", "--client", "l4-collide/client-any.pcap", "--server", Captures.collide,
      "--time-wait",
      "30", "--rfc1337", "off", "--max-findings", "3", "--report", "json")
    for arguments in [["--config", path], ["--config=\(path)"]] {
      let result = try Tool.run(["analyze"] + arguments)
      #expect(result.status == 0, "\(result.errors)")
      // But for where the TIME_WAIT comes from.
      let source = #""source" : "option""#
      #expect(named.output.contains(source))
      let expected = named.output.replacing(source, with: #""source" : "config""#)
      #expect(result.output == expected)
    }
  }

  @Test func `the command line wins, and a list there replaces the file's`() throws {
    let path = try config(
      "server: [\(Captures.clean), gone.pcap]\ntime-wait: 30\nreport: [json, text=/nonexistent/x]\n"
    )
    let result = try Tool.run(
      "analyze", "--config", path, "--server", Captures.collide, "--report=json", "--time-wait=45")
    #expect(result.status == 0, "\(result.errors)")
    #expect(result.output.contains(#""assumedSeconds" : 45"#))
    #expect(result.output.contains(#""source" : "option""#))
    #expect(result.output.contains(Captures.collide) && !result.output.contains(Captures.clean))
  }

  @Test func `a bare capture behind a list of the file is not taken into it`() throws {
    let path = try config("server: \(Captures.clean)\n")
    let result = try Tool.run(
      "analyze", "l4-collide/lb-any.pcap", "--config", path, "--report", "json")
    #expect(result.output.contains(#""role" : "both""#), "\(result.errors)")
  }

  @Test(arguments: ["captures: l4-collide/lb-any.pcap", "captures: [l4-collide/lb-any.pcap]"])
  func `captures whose side is not said stand there too`(text: String) throws {
    let path = try config(text + "\n")
    let named = try Tool.run("analyze", "l4-collide/lb-any.pcap", "--report", "json")
    #expect(try Tool.run("analyze", "--config", path, "--report", "json").output == named.output)
    // Their place is behind the id.
    let ladder = try Tool.run("explain", "worst", "--config", path)
    #expect(ladder.output == (try Tool.run("explain", "worst", "l4-collide/lb-any.pcap").output))
    // The command line wins.
    let other = try Tool.run("analyze", "--config", path, Captures.clean)
    #expect(other.output == (try Tool.run("analyze", Captures.clean)).output)
  }

  @Test func `what another command takes is passed over`() throws {
    let path = try config("max-hits: [rejected=56]\nreport: text\nascii: true\noutput: x.pcapng\n")
    #expect(try Tool.run("check", "--config", path, "--server", Captures.collide).status == 0)
    #expect(try Tool.run("connections", "--config", path, "--server", Captures.clean).status == 0)
    let ladder = try Tool.run("explain", "worst", "--config", path, "--server", Captures.collide)
    #expect(
      ladder.output
        == (try Tool.run("explain", "worst", "--ascii", "--server", Captures.collide)).output)
  }

  @Test(arguments: [
    ("servr: a.pcap\n", ":1: servr: there is no such option"),
    ("capture: a.pcap\n", "keys are long names of options, such as time-wait, or captures"),
    ("config: other.yaml\n", ":1: config: there is no such option"),
    ("help: true\n", ":1: help: there is no such option"),
    ("rfc1337: on\ntime-wait: soon\n", ":2: time-wait: The value 'soon' is invalid"),
    ("time-wait: [1, 2]\n", ":1: time-wait: expected one value"),
    ("time-wait: {a: 1}\n", ":1: time-wait: expected one value"),
    ("time-wait:\n", ":1: time-wait: expected one value"),
    ("lb: [f5, acme]\n", ":1: lb: The value 'acme' is invalid"),
    ("filter: tcp prot\n", ":1: filter: --filter: libpcap does not take 'tcp prot'"),
    ("since: soon\n", ":1: since: The value 'soon' is invalid"),
    ("max-hits: x\n", ":1: max-hits: The value 'x' is invalid"),
    ("report: [text, json]\n", ":1: report: two reports would go to standard output"),
    ("- a\n", ":1: expected keys with values"), ("a: [\n", "no YAML"),
  ])
  func `what is wrong in the file is one line with its place`(text: String, fault: String) throws {
    let path = try config(text)
    let result = try Tool.run("check", "--config", path, "--server", Captures.clean)
    #expect(result.status == 2)
    #expect(result.output.isEmpty)
    #expect(result.messages.count == 1, "\(result.errors)")
    #expect(result.errors.contains(path + (fault.hasPrefix(":") ? fault : "")), "\(result.errors)")
    #expect(result.errors.contains(fault), "\(result.errors)")
  }

  @Test func `what is wrong on the command line is not laid at the file's door`() throws {
    let path = try config("time-wait: 60\n")
    let result = try Tool.run("check", "--config", path, "--rfc1337", "maybe", Captures.clean)
    #expect(result.status == 2)
    #expect(!result.errors.contains(path))
  }

  @Test func `one file is named, not two`() throws {
    let path = try config("time-wait: 60\n")
    let result = try Tool.run("check", "--config", path, "--config", path, Captures.clean)
    #expect(result.status == 2)
    #expect(result.errors.contains("name one file"))
  }

  /// The catalogue is read from the parser's own description; a change of its form would empty it.
  @Test func `every command that reads captures knows its options`() {
    for command in SnatAudit.configuration.subcommands {
      guard let name = command.configuration.commandName,
        !["schema", "generate-manual"].contains(name)
      else { continue }
      let options = OptionCatalog(command).options
      // The stages have each a part of them.
      guard !["extract-records", "judge", "merge"].contains(name) else {
        #expect(options["server"]?.isGreedy == true || options["workers"]?.isRepeating == false)
        continue
      }
      #expect(
        options["server"]?.isGreedy == true && options["server"]?.isRepeating == true, "\(name)")
      #expect(options["workers"]?.isRepeating == false, "\(name)")
      #expect(options["config"] == nil && options["help"] == nil, "\(name)")
    }
    #expect(OptionCatalog(ExplainCommand.self).options["ascii"]?.isFlag == true)
    #expect(OptionCatalog(ExtractCommand.self).options["output"]?.spellings.contains("-o") == true)
  }
}

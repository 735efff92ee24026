import Foundation
import Testing

@Suite("whatif")
struct WhatIfTests {
  @Test func `it says what helps, and at what price`() throws {
    let result = try Tool.run("whatif", "l4-collide/lb-any.pcap", "--hold", "7,65")
    #expect(result.status == 0)
    #expect(result.errors.isEmpty, "\(result.errors)")
    for title in ["FORECAST", "HOW FAR", "WHAT HELPS", "WORLDS", "THE PRICE OF A LONGER HOLD"] {
      #expect(result.output.contains(title), "\(title)")
    }
    #expect(result.output.contains("held for"))
    #expect(result.output.contains("from L4 to L7 processing"))
    // Prose and tables keep within the width.
    #expect(result.output.split(separator: "\n").allSatisfy { $0.count <= 100 })
  }

  @Test func `an interrupted run forecasts what it read and is 130`() throws {
    let run = try Run(["whatif", "--server", "-", "--report", "json", "--hold", "65"])
    run.feed(try Captures.data(Captures.collide), isLast: false)
    try run.waitUntilIdle()
    run.interrupt()
    let result = run.result()
    #expect(result.status == 130)
    #expect(result.errors.isEmpty, "\(result.errors)")
    let report = try JSONSerialization.jsonObject(with: Data(result.output.utf8)) as? [String: Any]
    #expect(report?["partial"] as? Bool == true)
    let basis = (report?["forecast"] as? [String: Any])?["basis"] as? [String: Any]
    #expect(basis?["attempts"] as? Int == 140)
  }

  @Test func `where there is nothing to replay, the reason is said`() throws {
    let client = try Tool.run("whatif", "--client", "l4-clean/client-any.pcap")
    #expect(
      client.output.unwrapped.hasPrefix(
        "FORECAST There is nothing to replay. Only the clients' side of the load balancer was captured"
      ),
      "\(client.output)")
    #expect(!client.output.contains("No port") && !client.output.contains("0 attempts"))
    let missing = try Tool.run("whatif", "/nowhere.pcap")
    #expect(missing.status == 2)
    #expect(
      missing.output.unwrapped.contains("There is nothing to replay. No input could be read."))
  }

  @Test func `captures whose side nothing tells are named`() throws {
    let result = try Tool.run("whatif", Captures.collide, "--hold", "65")
    let analysed = try Tool.run("analyze", Captures.collide)
    #expect(result.errors == analysed.errors)
  }

  @Test func `the page stands alone`() throws {
    let result = try Tool.run(
      "whatif", Captures.collide, "--report", "html", "--hold", "1,65", "--addresses", "1,2")
    #expect(result.status == 0)
    #expect(result.output.hasPrefix("<!DOCTYPE html>") && result.output.hasSuffix("</html>\n"))
    #expect(result.output.contains("Hits by SNAT addresses"))
  }

  // MARK: - Load balancers

  @Test(arguments: ["analyze", "check", "whatif", "connections"])
  func `an unknown load balancer is one error that lists the known ones`(command: String) throws {
    let result = try Tool.run(command, Captures.clean, "--lb", "acme")
    #expect(result.status == 2)
    #expect(result.output.isEmpty)
    #expect(result.messages.count == 1)
    #expect(result.errors.contains("'acme' is invalid for '--lb"), "\(result.errors)")
    for name in ["dpvs", "lvs-fullnat", "f5", "netscaler", "fortigate", "nf-conntrack", "azure"] {
      #expect(result.errors.contains(" \(name)"), "\(name)")
    }
  }

  @Test func `every command that reads captures takes one`() throws {
    for arguments in [
      ["analyze", Captures.collide], ["whatif", Captures.collide, "--hold", "65"],
      ["explain", "worst", Captures.collide], ["connections", Captures.collide],
      ["check", "--max-hits", "time-wait.rejected=200", Captures.collide],
    ] {
      let result = try Tool.run(arguments + ["--lb", "f5", "--lb", "dpvs"])
      #expect(result.status != 2, "\(arguments): \(result.errors)")
    }
  }

  @Test func `several are compared in one table`() throws {
    let result = try Tool.run("whatif", Captures.collide, "--lb", "f5", "--lb", "gcp", "--lb", "f5")
    let lines = result.output.split(separator: "\n")
    let start = try #require(lines.firstIndex { $0.contains("behind another load balancer") })
    let names = lines[start...].dropFirst().prefix(4).map { $0.split(separator: ",")[0] }
    #expect(names[0].contains("this one"))
    #expect(names[1].hasSuffix("f5") && names[2].hasSuffix("gcp"))
    #expect(!names[3].contains("f5"))
  }

  // MARK: - In other reports

  @Test func `a report has a forecast, and one for CI none`() throws {
    let text = try Tool.run("analyze", "--server", Captures.collide, "--lb", "f5")
    #expect(text.output.contains("FORECAST"))
    #expect(text.output.contains("behind f5, 2 s"))
    let junit = try Tool.run("analyze", "--server", Captures.collide, "--report", "junit")
    #expect(!junit.output.contains("forecast"))
    let check = try Tool.run("check", "--server", Captures.collide)
    #expect(!check.output.contains("FORECAST"))
  }
}

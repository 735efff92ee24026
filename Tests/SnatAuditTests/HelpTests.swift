import ArgumentParser
import Foundation
import Testing

@testable import snat_audit

@Suite("The help of the commands")
struct HelpTests {
  /// The tool itself and its commands, each with what it says of itself.
  private static let commands: [(arguments: [String], discussion: String)] =
    [([], SnatAudit.configuration.discussion)]
    + SnatAudit.configuration.subcommands.compactMap { command in
      command.configuration.commandName.map { ([$0], command.configuration.discussion) }
    }

  private func help(_ arguments: [String]) throws -> [Substring] {
    let result = try Tool.run(arguments + ["--help"])
    #expect(result.status == 0)
    return result.output.split(separator: "\n", omittingEmptySubsequences: false)
  }

  @Test func `examples can be copied, and usage is a line`() throws {
    for (arguments, discussion) in Self.commands {
      let lines = try help(arguments)
      for example in discussion.split(separator: "\n") where example.hasPrefix("  ") {
        #expect(example.count <= 78, "\(example)")
        #expect(lines.contains(example), "\(example)")
      }
      let usage = try #require(lines.first { $0.hasPrefix("USAGE: ") })
      #expect(usage.count <= 80, "\(usage)")
    }
  }

  /// The others take it, so that one set of options does for all.
  @Test(arguments: [
    ("analyze", true), ("check", true), ("whatif", true), ("judge", true), ("explain", false),
    ("extract", false), ("connections", false),
  ])
  func `a load balancer to compare with is offered where there are forecasts`(
    command: String, isOffered: Bool
  ) throws {
    #expect(try help([command]).contains { $0.contains("--lb <name>") } == isOffered)
  }

  @Test func `the command that makes a key can be copied`() throws {
    #expect(
      try help(["analyze"]).contains {
        $0.hasSuffix("  (umask 077; openssl rand -hex 32 > KEYFILE)")
      })
  }

  @Test func `defaults are said`() throws {
    #expect(try help(["analyze"]).joined(separator: " ").contains("(default: 100000)"))
    #expect(try help(["whatif"]).joined(separator: " ").contains("(default: 1)"))
  }
}

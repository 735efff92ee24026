import ArgumentParser
import FlowAnalyzer
import Foundation
import Testing

@testable import snat_audit

@Suite("The manual page")
struct ManualPageTests {
  private func page() throws -> String { try Tool.run("generate-manual").output }

  @Test func `every command and option is in it`() throws {
    let page = try page()
    for command in SnatAudit.configuration.subcommands where command.configuration.shouldDisplay {
      let name = try #require(command.configuration.commandName)
      #expect(page.contains(".Ss snat-audit \(name)\n"))
      for argument in try ToolDescription(command).command.arguments ?? []
      where argument.shouldDisplay && argument.kind != "positional" {
        for option in argument.names ?? [] where !["help", "h", "version"].contains(option.name) {
          #expect(page.contains("Fl \(option.kind == "long" ? "\\-" : "")\(option.name)"))
        }
      }
    }
  }

  @Test func `mandoc has nothing to say about it`() throws {
    let mandoc = URL(filePath: "/usr/bin/mandoc")
    let isCI = ProcessInfo.processInfo.environment["CI"] == "true"
    guard isCI || FileManager.default.isExecutableFile(atPath: mandoc.path) else {
      print("mandoc is not installed; make deps-test installs it")
      return
    }
    let folder = try TemporaryFolder()
    let path = try folder.file("snat-audit.1", Data(page().utf8))
    let process = Process()
    process.executableURL = mandoc
    process.arguments = ["-Tlint", "-Wwarning", path]
    let output = Pipe()
    process.standardOutput = output
    process.standardError = output
    try process.run()
    let said = String(decoding: output.fileHandleForReading.readDataToEndOfFile(), as: UTF8.self)
    process.waitUntilExit()
    #expect(process.terminationStatus == 0 && said.isEmpty, "\(said)")
  }

  @Test func `the example of a policy is one`() throws {
    let path = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
      .deletingLastPathComponent().appending(path: "docs/examples/snat-policy.yaml").path
    let policy = try PolicyFile.read(path)
    #expect(policy.maximum.count == 9)
    #expect(policy.coverage == .limited)
    #expect(try Tool.run("check", "--policy", path, "--server", Captures.clean).status == 0)
  }
}

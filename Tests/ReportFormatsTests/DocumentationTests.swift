import Foundation
import Testing

@Suite("Examples in the documentation")
struct DocumentationTests {
  private func text(_ path: String) throws -> String {
    try String(contentsOf: Consumer.repository.appending(path: path), encoding: .utf8)
  }

  /// The capture of each is named beside it; all but the verdict are cut.
  @Test(arguments: ["README.md", "README.ja.md"])
  func `what the README shows of reports is what is printed`(page: String) throws {
    let blocks = try text(page).split(separator: "\n```\n", omittingEmptySubsequences: false)
    let shown = stride(from: 1, to: blocks.count, by: 2).map { String(blocks[$0]) }
    let snapshots = "Tests/SnatAuditTests/Snapshots"
    let demo = try text("\(snapshots)/l4-collide-one-file.txt")
    try #require(shown.count == 3)
    #expect(demo.hasPrefix(shown[0] + "\n\nREAD "))
    #expect(demo.contains(shown[1] + "\n"))
    let ladder = try text("\(snapshots)/explain-l4-collide-simple.txt")
    #expect(ladder.hasPrefix("FINDING 5d82"))
    for line in shown[2].split(separator: "\n") {
      #expect(ladder.contains(line.hasSuffix(" ...") ? line.dropLast(4) : line), "\(line)")
    }
  }

  @Test(arguments: ["github-actions.yml", "gitlab-ci.yml"])
  func `the examples for CI stand in the page as they are in their files`(name: String) throws {
    #expect(try text("docs/ci.md").contains("```yaml\n\(text("docs/examples/\(name)"))```"))
  }

  /// What a CI system needs of them: jobs, and steps that are commands or actions.
  @Test(.needs("junitparser"))
  func `the examples for CI are YAML with the parts that CI asks for`() throws {
    let script = """
      import sys, yaml
      github = yaml.safe_load(open(sys.argv[1]))
      assert github[True] == ["pull_request"]
      steps = github["jobs"]["snat-audit"]["steps"]
      assert all(("run" in step) != ("uses" in step) for step in steps)
      assert any("snat-audit check" in step.get("run", "") for step in steps)
      gitlab = yaml.safe_load(open(sys.argv[2]))["snat-audit"]
      assert all(isinstance(line, str) for line in gitlab["script"] + gitlab["before_script"])
      assert gitlab["script"][0].startswith("snat-audit check ") and "\\n" not in gitlab["script"][0]
      assert gitlab["allow_failure"] == {"exit_codes": 3}
      assert gitlab["artifacts"]["reports"]["junit"] == "snat-audit.xml"
      """
    let folder = Consumer.repository.appending(path: "docs/examples")
    try Consumer.required("python3").run(
      "-c", script, folder.appending(path: "github-actions.yml").path,
      folder.appending(path: "gitlab-ci.yml").path
    ).expectSuccess()
  }

  @Test func `the Japanese README has the sections and the commands of the English one`() throws {
    let english = try text("README.md").split(separator: "\n")
    let japanese = try text("README.ja.md").split(separator: "\n")
    func options(_ lines: [Substring]) -> [Substring] {
      lines.filter { $0.hasPrefix("| `--") }.map { $0.split(separator: "`")[1] }
    }
    #expect(english.count { $0.hasPrefix("## ") } == japanese.count { $0.hasPrefix("## ") })
    #expect(Set(options(english)) == Set(options(japanese)))
    func commands(_ lines: [Substring]) -> [Substring] {
      lines.filter { $0.hasPrefix("    snat-audit") || $0.hasPrefix("    tcpdump") }
        .map { $0.split(separator: "#")[0] }
    }
    #expect(
      commands(english).map { $0.filter { $0 != " " } }
        == commands(japanese).map { $0.filter { $0 != " " } })
  }
}

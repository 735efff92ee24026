import Foundation
import Testing

/// A program that reads our reports in real life, and here as the judge of them.
///
/// `make deps-test` brings all of them. In CI one that is missing fails its tests; elsewhere those are
/// skipped, and say so:
///
///     @Test(.needs("promtool"))
///     func `metrics are clean`() throws {
///       try Consumer.required("promtool").run("check", "metrics", input: text).expectSuccess()
///     }
struct Consumer {
  let url: URL

  /// The folder that holds `Package.swift`.
  static let repository = URL(filePath: #filePath).deletingLastPathComponent()
    .deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()

  /// Where programs are looked for: what `make deps-test` has unpacked, then PATH.
  private static let folders: [URL] = {
    let tools = repository.appending(path: ".build-test-tools")
    let path = ProcessInfo.processInfo.environment["PATH"] ?? ""
    return [tools.appending(path: "python/bin"), tools.appending(path: "debian/usr/bin")]
      + path.split(separator: ":").map { URL(filePath: String($0)) }
  }()

  /// A script of ours beside the tests' own needs, in `Scripts/consumers`.
  static func script(_ name: String) -> String {
    repository.appending(path: "Scripts/consumers/\(name)").path
  }

  /// Of Pythons only ours will do: it has the packages.
  private static func find(_ name: String) -> URL? {
    (name == "python" ? Array(folders.prefix(1)) : folders).map { $0.appending(path: name) }
      .first { FileManager.default.isExecutableFile(atPath: $0.path) }
  }

  /// The program of this name.
  ///
  /// - Throws: `Missing`; a test with the trait `needs` comes to that in CI only.
  static func required(_ name: String) throws -> Consumer {
    guard let url = find(name) else { throw Missing(name: name) }
    return Consumer(url: url)
  }

  struct Missing: Error, CustomStringConvertible {
    var name: String
    var description: String { "\(name) is not installed; make deps-test installs it" }
  }

  static var isCI: Bool { ProcessInfo.processInfo.environment["CI"] == "true" }

  static func isMissing(_ name: String) -> Bool { find(name) == nil }
}

extension Trait where Self == ConditionTrait {
  /// Skips the test where one of the programs is missing, but not in CI: there it must fail.
  static func needs(_ names: String...) -> Self {
    let missing = names.filter(Consumer.isMissing)
    return .disabled(
      if: !missing.isEmpty && !Consumer.isCI,
      "not installed: \(missing.joined(separator: ", ")); make deps-test installs it")
  }
}

// MARK: - Running

extension Consumer {
  /// What one run left behind.
  struct Result {
    var program: String
    var status: Int32
    var output: String
    var errors: String

    /// Records what the program said where it ended with another status than 0.
    func expectSuccess(sourceLocation: SourceLocation = #_sourceLocation) {
      #expect(
        status == 0, "\(program): \((output + errors).prefix(4000))",
        sourceLocation: sourceLocation)
    }
  }

  func run(_ arguments: String..., input: String = "", seconds: Int = 300) throws -> Result {
    try run(arguments, input: input, seconds: seconds)
  }

  /// Runs to the end, which comes after `seconds` at the latest.
  func run(_ arguments: [String], input: String = "", seconds: Int = 300) throws -> Result {
    // Files on all three sides: nobody waits for anybody, whatever the lengths.
    let folder = try TemporaryFolder()
    let process = Process()
    process.executableURL = url
    process.arguments = arguments
    process.standardInput = try FileHandle(
      forReadingFrom: folder.file("input", Data(input.utf8)))
    let output = try folder.file("output")
    let errors = try folder.file("errors")
    process.standardOutput = try FileHandle(forWritingTo: output)
    process.standardError = try FileHandle(forWritingTo: errors)
    try process.run()
    let watchdog = DispatchWorkItem { process.terminate() }
    DispatchQueue.global().asyncAfter(deadline: .now() + .seconds(seconds), execute: watchdog)
    process.waitUntilExit()
    watchdog.cancel()
    return Result(
      program: url.lastPathComponent, status: process.terminationStatus,
      output: try String(contentsOf: output, encoding: .utf8),
      errors: try String(contentsOf: errors, encoding: .utf8))
  }
}

/// A folder that lives as long as its test.
final class TemporaryFolder {
  let url: URL

  init() throws {
    url = FileManager.default.temporaryDirectory.appending(path: UUID().uuidString)
    try FileManager.default.createDirectory(at: url, withIntermediateDirectories: true)
  }

  deinit { try? FileManager.default.removeItem(at: url) }

  /// Makes a file.
  func file(_ name: String, _ contents: Data = Data()) throws -> URL {
    let file = url.appending(path: name)
    try contents.write(to: file)
    return file
  }
}

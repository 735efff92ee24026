import Foundation
import Testing

/// A program of the distribution that tests compare with; `make deps-test` installs them all.
struct Program {
  private let url: URL

  private static func find(_ name: String) -> URL? {
    (ProcessInfo.processInfo.environment["PATH"] ?? "").split(separator: ":")
      .map { URL(filePath: "\($0)/\(name)") }
      .first { FileManager.default.isExecutableFile(atPath: $0.path) }
  }

  /// - Throws: where it is not installed. A test with the trait `needs` comes to that in CI only.
  init(_ name: String) throws {
    struct Missing: Error, CustomStringConvertible {
      var name: String
      var description: String { "\(name) is not installed; make deps-test installs it" }
    }
    guard let url = Self.find(name) else { throw Missing(name: name) }
    self.url = url
  }

  /// What it writes to standard output. Messages are passed over; a status other than 0 is an issue.
  func output(_ arguments: [String], mayFail: Bool = false) throws -> Data {
    let process = Process()
    let output = Pipe()
    process.executableURL = url
    process.arguments = arguments
    process.standardInput = FileHandle.nullDevice
    process.standardOutput = output
    process.standardError = FileHandle.nullDevice
    try process.run()
    let data = output.fileHandleForReading.readDataToEndOfFile()
    process.waitUntilExit()
    #expect(mayFail || process.terminationStatus == 0, "\(url.lastPathComponent) \(arguments)")
    return data
  }

  fileprivate static func missing(_ names: [String]) -> [String] {
    names.filter { find($0) == nil }
  }
}

extension Trait where Self == ConditionTrait {
  /// Skips the test where one of the programs is missing, but not in CI: there it must fail.
  static func needs(_ names: String...) -> Self {
    let missing = Program.missing(names)
    return .disabled(
      if: !missing.isEmpty && ProcessInfo.processInfo.environment["CI"] != "true",
      "not installed: \(missing.joined(separator: ", ")); make deps-test installs it")
  }
}

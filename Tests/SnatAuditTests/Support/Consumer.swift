import Fixtures
import Foundation
import Testing

/// A program that reads what snat-audit writes; `make deps-test` installs them all.
struct Consumer {
  let name: String

  static let tshark = Consumer(name: "tshark")
  static let tcpdump = Consumer(name: "tcpdump")

  /// Whether it is installed. In CI a consumer that is missing fails the test.
  var isThere: Bool {
    let folders = (ProcessInfo.processInfo.environment["PATH"] ?? "").split(separator: ":")
    let isFound = folders.contains {
      FileManager.default.isExecutableFile(atPath: "\($0)/\(name)")
    }
    if !isFound, ProcessInfo.processInfo.environment["CI"] == "true" {
      Issue.record("\(name) is not installed: make deps-test")
    } else if !isFound {
      print("skipped: \(name) is not installed (make deps-test)")
    }
    return isFound
  }
}

/// Lines for a shell, run in the folder of the fixtures.
enum Shell {
  static func run(_ command: String) throws -> String {
    let process = Process()
    let output = Pipe()
    process.executableURL = URL(filePath: "/bin/sh")
    process.arguments = ["-c", command]
    process.currentDirectoryURL = Fixtures.captures
    process.standardOutput = output
    process.standardError = FileHandle.nullDevice
    try process.run()
    let data = output.fileHandleForReading.readDataToEndOfFile()
    process.waitUntilExit()
    #expect(process.terminationStatus == 0, "\(command)")
    return String(decoding: data, as: UTF8.self)
  }
}

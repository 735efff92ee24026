import Fixtures
import Foundation

/// The built program, run as a user runs it.
struct Tool {
  /// What one run left behind.
  struct Result {
    var status: Int32
    var output: String
    var errors: String

    /// The lines on standard error.
    var messages: [Substring] { errors.split(separator: "\n") }
  }

  /// Beside the test bundle, where the package manager puts both.
  static let url = URL(filePath: CommandLine.arguments[0]).deletingLastPathComponent()
    .appending(path: "snat-audit")

  /// Runs to the end, in the folder of the fixtures so that reports have short, stable paths.
  static func run(
    _ arguments: String..., input: Data? = nil, in folder: URL = Fixtures.captures
  ) throws -> Result {
    try run(arguments, input: input, in: folder)
  }

  static func run(
    _ arguments: [String], input: Data? = nil, in folder: URL = Fixtures.captures
  ) throws -> Result {
    let run = try Run(arguments, in: folder)
    // A pipe takes 64 KiB: writing must go on while the other two are read.
    let feeder = Thread { run.feed(input ?? Data(), isLast: true) }
    feeder.start()
    return run.result()
  }
}

/// A run that a test can talk to while it goes on.
final class Run: @unchecked Sendable {
  private let process = Process()
  private let input = Pipe()
  private let output = Pipe()
  private let errors: URL

  /// - Parameter program: ours, or a shell that runs it.
  init(
    _ arguments: [String], of program: URL = Tool.url, in folder: URL = Fixtures.captures
  ) throws {
    signal(SIGPIPE, SIG_IGN)
    errors = FileManager.default.temporaryDirectory.appending(path: UUID().uuidString)
    try Data().write(to: errors)
    process.executableURL = program
    process.arguments = arguments
    process.currentDirectoryURL = folder
    process.standardInput = input
    process.standardOutput = output
    process.standardError = try FileHandle(forWritingTo: errors)
    try process.run()
    try input.fileHandleForReading.close()
    try output.fileHandleForWriting.close()
  }

  /// Writes to its standard input; a program that has gone away wants no more.
  func feed(_ data: Data, isLast: Bool) {
    try? input.fileHandleForWriting.write(contentsOf: data)
    if isLast { try? input.fileHandleForWriting.close() }
  }

  /// Closes the reading end of its standard output, as `head` does.
  func stopReading() throws { try output.fileHandleForReading.close() }

  func interrupt() { process.interrupt() }

  /// Waits as long as `condition` holds and the program runs, without a pause.
  func waitWhileRunning(_ condition: () throws -> Bool) rethrows {
    while process.isRunning, try condition() {}
  }

  /// Waits until it has read what was fed: it then sleeps in a read.
  func waitUntilIdle() throws {
    let deadline = Date(timeIntervalSinceNow: 30)
    var calm = 0
    while calm < 5, Date() < deadline {
      let status = try String(
        contentsOfFile: "/proc/\(process.processIdentifier)/stat", encoding: .utf8)
      calm = status.contains(") S ") ? calm + 1 : 0
      Thread.sleep(forTimeInterval: 0.05)
    }
  }

  /// Waits for its end. A run that hangs is ended after some minutes, for the test to fail: under a
  /// sanitizer, on a busy machine, good ones take more than one.
  func result(readingOutput: Bool = true) -> Tool.Result {
    let process = process
    let watchdog = DispatchWorkItem { process.terminate() }
    DispatchQueue.global().asyncAfter(deadline: .now() + 300, execute: watchdog)
    defer { watchdog.cancel() }
    let data = readingOutput ? output.fileHandleForReading.readDataToEndOfFile() : Data()
    process.waitUntilExit()
    defer { try? FileManager.default.removeItem(at: errors) }
    let text = (try? String(contentsOf: errors, encoding: .utf8)) ?? ""
    // A death by signal reads as shells report it.
    let status = process.terminationStatus + (process.terminationReason == .exit ? 0 : 128)
    return Tool.Result(status: status, output: String(decoding: data, as: UTF8.self), errors: text)
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

  /// Makes a file, and says where.
  func file(_ name: String, _ contents: Data = Data()) throws -> String {
    let file = url.appending(path: name)
    try contents.write(to: file)
    return file.path
  }

  func path(_ name: String) -> String { url.appending(path: name).path }

  var names: [String] {
    get throws { try FileManager.default.contentsOfDirectory(atPath: url.path).sorted() }
  }
}

enum Captures {
  static let collide = "l4-collide/server.pcap"
  static let clean = "l4-clean/server.pcap"
  static let rfc1337 = "l4-rfc1337/server.pcap"

  static func data(_ path: String) throws -> Data {
    try Data(contentsOf: Fixtures.captures.appending(path: path))
  }

  /// The first packets of a little-endian pcap file.
  static func beginning(of path: String, packets: Int) throws -> Data {
    let capture = try data(path)
    var end = 24
    for _ in 0..<packets { end += 16 + Int(capture[end + 8]) + Int(capture[end + 9]) << 8 }
    return capture.prefix(end)
  }

  /// A pcap file header without packets, of a link type that is not supported unless given.
  static func header(linkType: UInt8) -> Data {
    Data([
      0xd4, 0xc3, 0xb2, 0xa1, 2, 0, 4, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 4, 0, linkType, 0, 0, 0,
    ])
  }
}

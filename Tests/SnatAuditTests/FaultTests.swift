import Fixtures
import Foundation
import Testing

/// What goes wrong around the program: disks, pipes, signals, permissions.
@Suite("Faults around it")
struct FaultTests {
  let folder: TemporaryFolder

  init() throws { folder = try TemporaryFolder() }

  /// Runs a line of shell in which `$0` is the program.
  private func shell(_ line: String, in place: URL = Fixtures.captures) throws -> Tool.Result {
    let run = try Run(["-c", line, Tool.url.path], of: URL(filePath: "/bin/sh"), in: place)
    run.feed(Data(), isLast: true)
    return run.result()
  }

  // MARK: - Reports that cannot be written

  @Test(arguments: [
    "analyze --server", "analyze --report json --server", "analyze --report html --server",
    "check --server", "connections --server", "explain worst --server",
    "extract worst --output - --server", "schema #",
  ])
  func `a full disk behind standard output is 2, and said`(command: String) throws {
    let result = try shell(">/dev/full $0 \(command) \(Captures.collide)")
    #expect(result.status == 2)
    #expect(result.messages.count == 1, "\(result.errors)")
    #expect(result.errors.contains("No space left on device"))
  }

  @Test(arguments: [
    "analyze --server", "analyze --report json --server", "analyze --report ndjson --server",
    "connections --server", "explain worst --server", "extract worst --output - --server",
  ])
  func `a reader that closes the pipe ends every command quietly`(command: String) throws {
    let run = try Run(command.split(separator: " ").map(String.init) + [Captures.collide])
    try run.stopReading()
    run.feed(Data(), isLast: true)
    let result = run.result(readingOutput: false)
    #expect(result.status == 0)
    #expect(result.errors.isEmpty, "\(result.errors)")
  }

  @Test func `a closed standard output is an error, and never another file`() throws {
    let result = try shell("$0 analyze --server \(Captures.collide) >&-")
    #expect(result.status == 2)
    #expect(result.errors.contains("Bad file descriptor"), "\(result.errors)")
    let input = try shell("$0 analyze --server - <&-")
    #expect(input.status == 2)
    #expect(input.errors.contains("standard input"), "\(input.errors)")
    // Without standard error nobody hears, but nothing is written over either.
    let path = folder.path("report.json")
    #expect(
      try shell("$0 analyze \(Captures.collide) --report json=\(path) >&- 2>&- <&-").status == 0)
    let report = try String(contentsOfFile: path, encoding: .utf8)
    #expect(report.hasPrefix("{") && report.hasSuffix("}\n"))
    #expect(!report.contains("warning:"))
  }

  @Test(.enabled(if: geteuid() == 0, "mounting takes root"))
  func `a disk that fills up leaves the old report, and nothing half-written`() throws {
    let disk = folder.path("disk")
    let result = try shell(
      """
      mkdir \(disk) && mount -t tmpfs -o size=64k tmpfs \(disk) || exit 77
      echo old > \(disk)/report.json
      "$0" analyze --server \(Captures.rfc1337) --report json=\(disk)/report.json
      status=$?
      ls \(disk); cat \(disk)/report.json; umount \(disk)
      exit $status
      """)
    // Where even root may not mount, there is nothing to be seen.
    guard result.status != 77 else { return }
    #expect(result.status == 2)
    #expect(result.errors.contains("No space left on device"))
    #expect(result.output == "report.json\nold\n")
  }

  @Test func `a folder that is not there, and one that is read-only, are named`() throws {
    let missing = try Tool.run(
      "analyze", "--server", Captures.clean, "--report", "json=\(folder.path("no/report"))")
    #expect(missing.status == 2)
    #expect(
      missing.errors.contains(
        "no/report: the report cannot be written: there is no folder \(folder.path("no"))."))
    let proc = try Tool.run("analyze", "--server", Captures.clean, "--report", "json=/proc/report")
    #expect(proc.status == 2)
    #expect(proc.messages.count == 1 && !proc.errors.contains("there is no folder"))
  }

  @Test func `no report takes the place of a capture that came from a folder`() throws {
    let capture = try Captures.data(Captures.clean)
    let path = try folder.file("a.pcap", capture)
    let result = try Tool.run(
      "analyze", "--server", folder.url.path, "--report", "json=\(path)", "--report", "text")
    #expect(result.status == 2)
    #expect(result.errors.contains("\(path) is a capture to be read, not overwritten"))
    #expect(result.output.hasPrefix("VERDICT"))
    #expect(try Data(contentsOf: URL(filePath: path)) == capture)
  }

  @Test(arguments: ["anonymize", "policy"])
  func `no report takes the place of a key or a policy`(option: String) throws {
    let contents = Data(
      (option == "policy" ? "version: 1\n" : String(repeating: "a1", count: 32)).utf8)
    let path = try folder.file("read", contents)
    let command = option == "policy" ? "check" : "analyze"
    let result = try Tool.run(
      command, Captures.collide, "--\(option)", path, "--report", "json=\(path)")
    #expect(result.status == 2)
    #expect(result.errors.contains("\(path) is to be read, not overwritten"))
    #expect(try Data(contentsOf: URL(filePath: path)) == contents)
  }

  @Test func `packets do not take the place of the key that encrypts them`() throws {
    let path = try folder.file("key", Data(String(repeating: "a1", count: 32).utf8))
    let result = try Tool.run(
      "extract", "worst", Captures.collide, "--anonymize", path, "--output", path)
    #expect(result.status == 2)
    #expect(result.errors.contains("--output: \(path) is to be read, not overwritten"))
  }

  @Test func `two reports to one file are refused, however it is spelled`() throws {
    let path = folder.path("report")
    let other = folder.path("./report")
    let result = try Tool.run(
      "analyze", Captures.collide, "--report", "json=\(path)",
      "--report", "html=\(folder.url.path)/./report")
    #expect(result.status == 2)
    #expect(result.errors.contains("two reports would go to"))
    #expect(!FileManager.default.fileExists(atPath: other))
  }

  @Test func `what only its owner may read stays so`() throws {
    let path = try folder.file("report.json", Data("{}".utf8))
    try FileManager.default.setAttributes([.posixPermissions: 0o600], ofItemAtPath: path)
    let result = try Tool.run("analyze", Captures.collide, "--report", "json=\(path)")
    #expect(result.status == 0)
    let attributes = try FileManager.default.attributesOfItem(atPath: path)
    #expect(attributes[.posixPermissions] as? Int == 0o600)
    #expect(try Data(contentsOf: URL(filePath: path)).count > 1000)
  }

  // MARK: - Captures that change or cannot be read

  /// Many packets of a real capture, more than are read at once.
  private func longCapture() throws -> Data {
    let capture = try Captures.data(Captures.collide)
    let packets = capture.dropFirst(24)
    var long = Data(capture.prefix(24))
    while long.count < 4 << 20 { long.append(packets) }
    return long
  }

  /// Reads a file and, in the middle of it, waits for standard input; `change` has its way then.
  private func reading(
    _ contents: Data, while change: (String) throws -> Void
  ) throws -> (Tool.Result, [String: Any]) {
    let path = try folder.file("changing.pcap", contents)
    let run = try Run(["analyze", "--server", path, "-", "--report", "json"])
    // One packet of the same time as the first of the file: the other waits for what follows.
    let capture = try Captures.data(Captures.collide)
    let length = 16 + Int(capture[32]) + Int(capture[33]) << 8
    run.feed(capture.prefix(24 + length), isLast: false)
    try run.waitUntilIdle()
    try change(path)
    run.feed(Data(), isLast: true)
    let result = run.result()
    let report = try JSONSerialization.jsonObject(with: Data(result.output.utf8))
    return (result, try #require(report as? [String: Any]))
  }

  private func packets(_ report: [String: Any]) throws -> Int {
    let captures = try #require(report["captures"] as? [[String: Any]])
    return try #require(captures[0]["packets"] as? Int)
  }

  @Test func `a capture that shrinks while it is read is one that was cut off`() throws {
    let contents = try longCapture()
    let (_, whole) = try reading(contents) { _ in }
    let (result, report) = try reading(contents) { path in truncate(path, 2_000_001) }
    #expect(result.status == 0)
    #expect(result.errors.isEmpty, "\(result.errors)")
    #expect(try packets(report) < packets(whole))
    #expect(try packets(report) > 1000)
  }

  @Test func `a capture that grows while it is read is read to its new end`() throws {
    let contents = try longCapture()
    let (_, whole) = try reading(contents) { _ in }
    let (result, report) = try reading(contents) { path in
      let file = try FileHandle(forWritingTo: URL(filePath: path))
      try file.seekToEnd()
      try file.write(contentsOf: Captures.data(Captures.collide).dropFirst(24))
      try file.close()
    }
    #expect(result.status == 0)
    #expect(result.errors.isEmpty, "\(result.errors)")
    #expect(try packets(report) > packets(whole))
  }

  @Test(.enabled(if: geteuid() == 0, "giving up rights takes root"))
  func `a capture without permission costs 2, and the others are reported`() throws {
    let secret = try folder.file("secret.pcap", Captures.data(Captures.clean))
    let open = try folder.file("open.pcap", Captures.data(Captures.collide))
    let program = folder.path("snat-audit")
    try FileManager.default.copyItem(atPath: Tool.url.path, toPath: program)
    try FileManager.default.setAttributes([.posixPermissions: 0o755], ofItemAtPath: folder.url.path)
    try FileManager.default.setAttributes([.posixPermissions: 0o600], ofItemAtPath: secret)
    let result = try shell(
      "setpriv --reuid 65534 --regid 65534 --clear-groups \(program) analyze --server \(secret) "
        + "\(open) --report text --report json=/etc/report.json")
    #expect(result.status == 2)
    #expect(result.errors.contains("\(secret): permission denied"), "\(result.errors)")
    #expect(result.errors.contains("/etc/report.json: the report cannot be written: Permission"))
    #expect(result.output.hasPrefix("VERDICT  73 of 140"))
  }

  @Test func `a thousand captures of the same time need no more files than allowed`() throws {
    let capture = try Captures.beginning(of: Captures.clean, packets: 40)
    for number in 0..<1100 { _ = try folder.file("\(number).pcap", capture) }
    let result = try shell(
      "ulimit -S -n 64; exec $0 analyze --server \(folder.url.path) --report json")
    #expect(result.status == 0, "\(result.errors.prefix(500))")
    let report = try JSONSerialization.jsonObject(with: Data(result.output.utf8)) as? [String: Any]
    let captures = try #require(report?["captures"] as? [[String: Any]])
    #expect(captures.count == 1100)
    #expect(captures.allSatisfy { $0["error"] is NSNull })
  }

  @Test(arguments: ["", ".gz"])
  func `a thousand captures of the same time are read with a few descriptors`(suffix: String) throws
  {
    let capture = try Captures.beginning(of: Captures.collide, packets: 100)
    for number in 0..<1000 { _ = try folder.file("\(number).pcap", capture) }
    if !suffix.isEmpty { #expect(try shell("gzip -r \(folder.url.path)").status == 0) }
    let result = try shell(
      "ulimit -n 64; exec $0 analyze --server \(folder.url.path) --report json")
    #expect(result.status == 0, "\(result.errors.prefix(500))")
    let report = try JSONSerialization.jsonObject(with: Data(result.output.utf8)) as? [String: Any]
    let captures = try #require(report?["captures"] as? [[String: Any]])
    #expect(captures.count == 1000)
    #expect(captures.allSatisfy { $0["error"] is NSNull && $0["packets"] as? Int == 100 })
  }

  @Test func `where no more files may be open, those that cannot be are named, with what helps`()
    throws
  {
    // What comes through a pipe cannot be opened again. Nobody will read from the last ones.
    let pipes = (0..<40).map { folder.path("\($0)") }
    let result = try shell(
      """
      mkfifo \(pipes.joined(separator: " "))
      for pipe in \(pipes.joined(separator: " ")); do
        timeout 60 sh -c 'cat "$1" > "$2"' - \(Captures.clean) $pipe > /dev/null 2>&1 &
        writers="$writers $!"
      done
      ulimit -n 30
      timeout 60 $0 analyze \(pipes.map { "--server \($0)" }.joined(separator: " "))
      status=$?
      kill $writers
      exit $status
      """)
    #expect(result.status == 2)
    #expect(result.errors.contains("Too many open files. Raise the limit, see ulimit -n"))
    #expect(result.output.hasPrefix("VERDICT"))
  }

  @Test func `another file in a capture's place is not taken for it`() throws {
    let paths = try (0..<30).map { try folder.file("\($0).pcap", longCapture()) }
    let run = try Run(
      [
        "-c", "ulimit -n 30; exec $0 analyze --server - \(folder.url.path) --report json",
        Tool.url.path,
      ], of: URL(filePath: "/bin/sh"))
    let capture = try Captures.data(Captures.collide)
    run.feed(capture.prefix(24 + 16 + Int(capture[32]) + Int(capture[33]) << 8), isLast: false)
    try run.waitUntilIdle()
    let other = try folder.file("other", longCapture())
    #expect(rename(other, paths[7]) == 0)
    run.feed(Data(), isLast: true)
    let result = run.result()
    #expect(result.status == 2)
    #expect(result.messages.count == 1, "\(result.errors)")
    #expect(result.errors.contains("7.pcap: reading failed after packet"), "\(result.errors)")
    #expect(result.errors.contains("Stale file handle"), "\(result.errors)")
  }

  @Test func `one damaged capture among good ones is named, and its beginning counts`() throws {
    var damaged = try Captures.data(Captures.collide)
    // The captured length of a packet in the middle: more than can be meant.
    var place = 24
    while place < damaged.count / 2 {
      place += 16 + Int(damaged[place + 8]) + Int(damaged[place + 9]) << 8
    }
    damaged.replaceSubrange(place + 8..<place + 12, with: [0xff, 0xff, 0xff, 0x7f])
    let bad = try folder.file("bad.pcap", damaged)
    let result = try Tool.run("analyze", "--server", bad, Captures.rfc1337)
    #expect(result.status == 2)
    #expect(result.messages.count == 1)
    #expect(result.errors.contains("\(bad): cannot be read on after packet"), "\(result.errors)")
    #expect(result.errors.contains("near byte \(place)"))
    #expect(result.output.contains("hit a tuple that the server still held"))
  }

  // MARK: - Interruption

  @Test(arguments: ["json", "text", "ndjson", "html"])
  func `an interrupted run leaves a whole report in its file`(format: String) throws {
    let path = folder.path("report")
    let run = try Run(["analyze", "--server", "-", "--report", "\(format)=\(path)"])
    run.feed(try Captures.data(Captures.collide), isLast: false)
    try run.waitUntilIdle()
    run.interrupt()
    #expect(run.result().status == 130)
    #expect(try folder.names == ["report"])
    let report = try String(contentsOfFile: path, encoding: .utf8)
    #expect(report.hasSuffix("\n"))
    switch format {
    case "json": #expect(report.contains("\"partial\" : true"))
    case "text", "html": #expect(report.contains("The run was interrupted."))
    default: break
    }
  }

  @Test func `an interrupted check is 130, whatever it found`() throws {
    let run = try Run(["check", "--server", "-", "--max-hits", "0"])
    run.feed(try Captures.data(Captures.collide), isLast: false)
    try run.waitUntilIdle()
    run.interrupt()
    #expect(run.result().status == 130)
  }

  @Test func `connections that were found before an interruption are printed`() throws {
    let run = try Run(["connections", "--server", "-"])
    run.feed(try Captures.data(Captures.collide), isLast: false)
    try run.waitUntilIdle()
    run.interrupt()
    let result = run.result()
    #expect(result.status == 130)
    #expect(result.errors.isEmpty)
    for line in result.output.split(separator: "\n") {
      #expect(throws: Never.self) { try JSONSerialization.jsonObject(with: Data(line.utf8)) }
    }
  }

  @Test func `a named pipe that nobody writes to can be left`() throws {
    let path = folder.path("pipe")
    #expect(mkfifo(path, 0o600) == 0)
    let run = try Run(["analyze", "--server", path])
    try run.waitUntilIdle()
    run.interrupt()
    let result = run.result()
    #expect(result.status == 130)
    #expect(result.errors.isEmpty, "\(result.errors)")
  }

  @Test(arguments: 0..<8) func `a signal while a file is written leaves no half of it`(
    delay: Int
  ) throws {
    let path = folder.path("report.json")
    let run = try Run(["analyze", "--server", Captures.rfc1337, "--report", "html=\(path)"])
    run.feed(Data(), isLast: true)
    // The reading is over when the part is there; how far the writing is by then is chance.
    try run.waitWhileRunning { try folder.names.isEmpty }
    Thread.sleep(forTimeInterval: Double(delay) * 0.0005)
    run.interrupt()
    let status = run.result().status
    #expect([0, 130].contains(status))
    #expect(try folder.names == (status == 0 ? ["report.json"] : []))
    if status == 0 {
      #expect(try String(contentsOfFile: path, encoding: .utf8).hasSuffix("</html>\n"))
    }
  }
}

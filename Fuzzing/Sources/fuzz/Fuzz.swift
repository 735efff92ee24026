import CLibFuzzer
import FuzzTargets
import Glibc

/// `fuzz TARGET [options of libFuzzer] CORPUS`, or `fuzz seeds TARGET FOLDER CAPTURE ...`, which fills a
/// corpus to begin with, or `fuzz targets`.
@main
enum Fuzz {
  /// The target that the callback of libFuzzer, which knows nothing of us, is to call.
  nonisolated(unsafe) static var target = FuzzTarget.reader

  static func main() throws {
    let arguments = CommandLine.arguments
    switch arguments.dropFirst().first {
    case "targets": for target in FuzzTarget.allCases { print(target, target.longestInput) }
    case "seeds" where arguments.count > 4:
      try writeSeeds(of: arguments[2], into: arguments[3], from: arguments[4...])
    case .some(let name):
      guard let target = FuzzTarget(rawValue: name) else { usage() }
      Self.target = target
      run()
    case nil: usage()
    }
  }

  private static func usage() -> Never {
    print("usage: fuzz TARGET [OPTION ...] CORPUS | seeds TARGET FOLDER CAPTURE ... | targets")
    exit(2)
  }

  /// Does not return: libFuzzer leaves by itself.
  private static func run() {
    // The name of the target is none of libFuzzer's business.
    var arguments = CommandLine.arguments
    arguments.remove(at: 1)
    var pointers = arguments.map { strdup($0) } + [nil]
    var count = Int32(arguments.count)
    pointers.withUnsafeMutableBufferPointer { buffer in
      var start = buffer.baseAddress
      exit(LLVMFuzzerRunDriver(&count, &start) { fuzzOneInput($0, $1) })
    }
  }

  private static func writeSeeds(
    of name: String, into folder: String, from captures: ArraySlice<String>
  ) throws {
    guard let target = FuzzTarget(rawValue: name) else { usage() }
    var number = 0
    for capture in captures {
      for input in try Seeds.inputs(for: target, from: contents(of: capture)) {
        number += 1
        write(input, to: "\(folder)/seed-\(number)")
      }
    }
  }

  private static func contents(of path: String) -> [UInt8] {
    guard let file = fopen(path, "rb") else { return [] }
    defer { fclose(file) }
    var bytes = [UInt8](repeating: 0, count: 1 << 20)
    let count = fread(&bytes, 1, bytes.count, file)
    return Array(bytes.prefix(count))
  }

  private static func write(_ bytes: [UInt8], to path: String) {
    guard let file = fopen(path, "wb") else { return }
    defer { fclose(file) }
    fwrite(bytes, 1, bytes.count, file)
  }
}

/// libFuzzer's own `main`, which is never called, wants it under this name, too.
@c(LLVMFuzzerTestOneInput)
public func fuzzOneInput(_ bytes: UnsafePointer<UInt8>?, _ count: Int) -> Int32 {
  do {
    try Fuzz.target.check(Array(UnsafeBufferPointer(start: bytes, count: count)))
  } catch {
    var line = "VIOLATION: \(error)\n"
    line.withUTF8 { _ = Glibc.write(STDERR_FILENO, $0.baseAddress, $0.count) }
    abort()
  }
  return 0
}

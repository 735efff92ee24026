import Foundation

/// A file that is read as a whole.
enum TextFile {
  /// - Throws: `FileFault` where it cannot be read, is longer than `limit` bytes, or is no UTF-8.
  static func read(_ path: String, atMost limit: Int) throws(FileFault) -> String {
    let data = try data(path, atMost: limit)
    guard let text = String(validating: data, as: UTF8.self) else {
      throw FileFault(file: path, problem: "this is no text in UTF-8")
    }
    return text
  }

  /// - Throws: `FileFault` where it cannot be read or is longer than `limit` bytes.
  static func data(_ path: String, atMost limit: Int) throws(FileFault) -> Data {
    switch FileKind(path: path) {
    case .missing: throw FileFault(file: path, problem: "there is no such file")
    case .directory: throw FileFault(file: path, problem: "this is a directory")
    case .regular, .special: break
    }
    let data: Data?
    do {
      let file = try FileHandle(forReadingFrom: URL(filePath: path))
      data = try file.read(upToCount: limit + 1)
    } catch {
      throw FileFault(file: path, problem: "it cannot be read")
    }
    guard let data else { return Data() }
    guard data.count <= limit else {
      throw FileFault(file: path, problem: "it is longer than \(limit) bytes")
    }
    return data
  }
}

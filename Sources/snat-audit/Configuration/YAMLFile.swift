import FlowAnalyzer
import Foundation
import Yams

/// A small YAML file that people write: read as a whole, every fault named with its line.
enum YAMLFile {
  /// Nobody writes more by hand.
  static let largest = 1 << 20

  /// - Throws: `FileFault`.
  static func read(_ path: String) throws(FileFault) -> YAMLValue {
    let text = try TextFile.read(path, atMost: largest)
    do {
      guard let root = try compose(yaml: text) else {
        return YAMLValue(node: .mapping(Node.Mapping([])), file: path, key: [])
      }
      return YAMLValue(node: root, file: path, key: [])
    } catch let error as YamlError {
      throw FileFault(file: path, error)
    } catch {
      throw FileFault(file: path, problem: "\(error)")
    }
  }
}

/// One value of a YAML file, which knows where it stands.
struct YAMLValue {
  let node: Node
  let file: String
  /// The keys that lead to it.
  let key: [String]

  /// What is wrong with it.
  func fault(_ problem: String) -> FileFault {
    FileFault(file: file, line: node.mark?.line, key: key, problem: problem)
  }

  /// Its entries, in the order of the file.
  ///
  /// - Throws: `FileFault` where it is no mapping.
  func entries() throws(FileFault) -> [(key: String, value: YAMLValue)] {
    guard let mapping = node.mapping else { throw fault("expected keys with values") }
    var entries: [(key: String, value: YAMLValue)] = []
    for (key, value) in mapping {
      guard let name = key.scalar?.string else {
        throw FileFault(
          file: file, line: key.mark?.line, key: self.key, problem: "a key is no word")
      }
      entries.append(
        (name, YAMLValue(node: value.withMark(of: key), file: file, key: self.key + [name])))
    }
    return entries
  }

  var isMapping: Bool { node.mapping != nil }

  /// A word or a number, as it is written.
  ///
  /// - Throws: `FileFault` where it is neither, or nothing.
  func text() throws(FileFault) -> String {
    guard let scalar = node.scalar, !isNull else { throw fault("expected one value") }
    return scalar.string
  }

  /// One word or several.
  func texts() throws(FileFault) -> [String] {
    guard let sequence = node.sequence else { return [try text()] }
    var texts: [String] = []
    for element in sequence {
      texts.append(try YAMLValue(node: element.withMark(of: node), file: file, key: key).text())
    }
    return texts
  }

  private var isNull: Bool { node.null != nil }

  func fault(unknown key: String, known: [String]) -> FileFault {
    FileFault(
      file: file, line: node.mark?.line, key: self.key,
      problem: "there is no such key; there are: \(known.joined(separator: ", "))")
  }
}

extension Node {
  /// The same where it has a place; a value that is empty takes its key's.
  fileprivate func withMark(of other: Node) -> Node {
    guard mark == nil, case .scalar(var scalar) = self else { return self }
    scalar.mark = other.mark
    return .scalar(scalar)
  }
}

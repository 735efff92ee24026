extension String {
  /// As one word of a POSIX shell; control characters, which no line of a report may have, are gone.
  package var shellWord: String {
    let plain = printable
    // A dash in front would be an option.
    let path = plain.hasPrefix("-") ? "./\(plain)" : plain
    let isWord = path.unicodeScalars.allSatisfy {
      $0.properties.isAlphabetic || ("0"..."9").contains($0)
        || "/._-+=:,@%".unicodeScalars.contains($0)
    }
    if isWord, !path.isEmpty { return path }
    let quoted = path.split(separator: "'", omittingEmptySubsequences: false)
      .joined(separator: #"'\''"#)
    return "'\(quoted)'"
  }
}

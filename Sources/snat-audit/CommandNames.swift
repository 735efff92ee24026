import ArgumentParser

/// The commands by name, for who forgot or misspelt one.
enum CommandNames {
  static let all = SnatAudit.configuration.subcommands.compactMap { $0.configuration.commandName }

  /// - Throws: `ValidationError` with what was meant, where the command line names no command, or asks
  ///   for the help of none.
  static func require(_ arguments: [String]) throws {
    guard let first = arguments.first else { return }
    if first == "help" {
      guard let topic = arguments.dropFirst().first, !topic.hasPrefix("-"), topic != "help",
        !all.contains(topic)
      else { return }
      throw ValidationError("there is no command '\(topic)'" + hint(for: topic, "help"))
    }
    guard !all.contains(first) else { return }
    if first.hasPrefix("-"), first != "-" {
      let name = first.dropFirst(2).prefix { $0 != "=" }
      guard first.hasPrefix("--"), OptionCatalog(AnalyzeCommand.self).options[String(name)] != nil
      else { return }
      throw ValidationError(
        "'\(first)' stands behind a command, such as: snat-audit analyze \(first)")
    }
    throw ValidationError("there is no command '\(first)'" + hint(for: first, nil))
  }

  /// What may have been meant by `word`.
  private static func hint(for word: String, _ command: String?) -> String {
    let words = ["snat-audit", command].compactMap(\.self)
    if let name = all.map({ (name: $0, distance: distance($0, word)) })
      .filter({ $0.distance <= 2 }).min(by: { $0.distance < $1.distance })?.name
    {
      return "; did you mean '\((words + [name]).joined(separator: " "))'?"
    }
    guard command == nil, isCapture(word) else { return "" }
    return "; did you mean 'snat-audit analyze \(word)'?"
  }

  /// Something to read, or what looks like it.
  private static func isCapture(_ word: String) -> Bool {
    word == "-" || FileKind(path: word) != .missing
      || [".pcap", ".pcapng", ".cap"].contains { word.contains($0) }
  }

  /// How many letters must be put in, taken out or replaced to make one word of the other.
  private static func distance(_ word: String, _ other: String) -> Int {
    let word = Array(word)
    var row = Array(0...word.count)
    for letter in other {
      var diagonal = row[0]
      row[0] += 1
      for index in word.indices {
        let replaced = diagonal + (word[index] == letter ? 0 : 1)
        diagonal = row[index + 1]
        row[index + 1] = min(replaced, diagonal + 1, row[index] + 1)
      }
    }
    return row[word.count]
  }
}

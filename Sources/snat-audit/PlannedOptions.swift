import ArgumentParser

/// Options that are documented for a later version: known, so that each is refused by name instead
/// of being called unknown, or worse, being ignored.
struct PlannedOptions: ParsableArguments {
  @Option(help: .hidden) var filter: String?
  @Option(help: .hidden) var since: String?
  @Option(help: .hidden) var until: String?
  @Option(help: .hidden) var anonymize: String?

  func validate() throws {
    if filter != nil {
      throw refusal("--filter", "filter beforehand: tcpdump -r FILE -w FILTERED 'EXPRESSION'")
    }
    if since != nil { throw refusal("--since", "cut beforehand: editcap -A TIME FILE CUT") }
    if until != nil { throw refusal("--until", "cut beforehand: editcap -B TIME FILE CUT") }
    if anonymize != nil { throw refusal("--anonymize", "reports show addresses as captured") }
  }

  private func refusal(_ option: String, _ instead: String) -> ValidationError {
    ValidationError("\(option): not in this version; \(instead).")
  }
}

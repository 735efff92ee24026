import ArgumentParser

/// Prints the manual page, for `make install` and packagers; made from what the commands say of
/// themselves, so that it cannot fall behind.
struct ManualCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "generate-manual", abstract: "Print the manual page, in mdoc.",
    shouldDisplay: false)

  func run() throws {
    let page = ManualPage(
      try ToolDescription(SnatAudit.self), version: SnatAudit.configuration.version)
    do {
      try StandardOutput.write(page.text)
    } catch {
      Message.error("standard output: \(error).")
      throw ExitStatus.failed
    }
  }
}

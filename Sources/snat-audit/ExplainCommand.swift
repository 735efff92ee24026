import ArgumentParser
import FlowAnalyzer

/// Arguments -> one finding and its packets -> a ladder in the terminal.
struct ExplainCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "explain",
    abstract: "Explain one finding: a ladder diagram, and every number that one would check.",
    discussion: """
      Shows the connection that left the tuple behind, how it was closed, who held what until when, \
      the SYN that hit, its answer, what followed until the attempt connected or failed, on both sides \
      of the load balancer as far as they were captured; then what the rule compared, where it is \
      written, and filters for tshark and tcpdump. Give the captures of the analysis: they are read \
      twice.

      Examples:
        snat-audit explain worst lb-any.pcap
        snat-audit explain 5f0c --client client.pcap --server server.pcap
      """)

  @Argument(help: "The finding's id from a report, or its first digits, or 'worst'.")
  var id: FindingName

  @OptionGroup(title: "Captures") var captures: CaptureOptions
  @OptionGroup(title: "Selection") var selection: SelectionOptions
  @OptionGroup(title: "Server") var server: ServerOptions
  @Flag(help: "Draw with ASCII characters only.") var ascii = false
  @OptionGroup var place: PlaceOptions
  @OptionGroup(title: "Privacy") var privacy: PrivacyOptions
  @OptionGroup(title: "Work") var work: WorkOptions
  /// Changes nothing here; taken, as one set of options serves all commands, but not offered.
  @OptionGroup(title: "Load balancer", visibility: .hidden) var balancer: BalancerOptions

  func validate() throws { try id.validate() }

  /// The ladder leaves out what only goes on; nobody reads a longer one.
  private static let framesPerConversation = 256

  func run() throws {
    let result = try FindingSearch(
      captures: captures, selection: selection, server: server, privacy: privacy, work: work
    )
    .find(id, command: "explain", framesPerConversation: Self.framesPerConversation)
    var style = Terminal.output.style
    style.hasBoxes = !ascii
    style.localClock = place.timeZone?.clock
    let ladder = Ladder(result.trace, of: result.analysis.report)
    do {
      try StandardOutput.write(ladder.text(of: result.analysis.report, style))
    } catch {
      Message.error("standard output: \(error).")
      throw ExitStatus.failed
    }
    if !result.analysis.failures.isEmpty { throw ExitStatus.failed }
  }
}

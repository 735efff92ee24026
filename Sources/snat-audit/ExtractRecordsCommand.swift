import ArgumentParser
import FlowAnalyzer
import Foundation

/// A capture -> frames of records on standard output.
struct ExtractRecordsCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "extract-records",
    abstract: "Turn one capture into records, to be judged elsewhere.",
    usage: "snat-audit extract-records [<options>] [<capture> ...]",
    discussion: """
      The first stage of analyze, for captures that lie on many machines: records hold what judging and \
      joining need, in a small part of the capture's bytes, and go to judge. A capture that cannot be read \
      gives records, too: they say so, the report names it, and the exit code is 0. Which packets are asked \
      for is said here, for all captures alike, and the later stages go by it.

      Example:
        snat-audit extract-records --number 0 --server @lb1=server.pcap > 0.records
        snat-audit extract-records --number 1 --client @lb1=client.pcap > 1.records
        cat 0.records 1.records | snat-audit judge | snat-audit merge
      """)

  @OptionGroup(title: "Captures") var captures: CaptureOptions
  @OptionGroup(title: "Selection") var selection: SelectionOptions

  @Option(
    help: ArgumentHelp(
      "Where the capture stands among all that are analysed together, from 0 (default: 0).",
      valueName: "number"),
    transform: WholeNumber.parse(in: 0...Int(UInt32.max)))
  var number = 0

  @Option(
    help: ArgumentHelp(
      "What reports call the capture, where it was copied from elsewhere (default: its own path).",
      valueName: "path"))
  var path: String?

  func run() throws {
    guard let input = captures.inputs.first, captures.inputs.count == 1 else {
      throw ValidationError("name one capture; for example: extract-records --server server.pcap")
    }
    let isDirectory = try? URL(filePath: input.path).resourceValues(forKeys: [.isDirectoryKey])
      .isDirectory
    if isDirectory == true {
      throw ValidationError("\(input.path) is a directory; name its captures, one a run")
    }
    var output = StreamedOutput()
    let extraction = RecordExtraction(
      of: input, shownAs: path, number: number, selection: selection.selection)
    let failure = try extraction.run { frame in
      let bytes = try RecordStream.bytes(of: frame)
      output.write(bytes.span)
      if output.isClosed { throw ExitStatus.failed }
    }
    output.flush()
    if let failure { Message.error("\(failure)") }
    if output.isClosed {
      Message.error("standard output: \(output.error.map { "\($0)" } ?? "nobody reads it").")
      throw ExitStatus.failed
    }
  }
}

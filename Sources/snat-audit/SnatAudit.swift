import ArgumentParser
import FlowAnalyzer

@main
struct SnatAudit: ParsableCommand {
  @Argument var paths: [String] = []
  func run() throws {
    let a = Analyzer().analyze(paths.map { CaptureInput(path: $0, role: .server) })
    print(try a.report.json())
  }
}

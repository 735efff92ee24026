import ArgumentParser
import FlowAnalyzer
import Schemas

/// Prints the schemas that are committed under `Schemas/`.
struct SchemaCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "schema",
    abstract: "Print the JSON Schema (draft 2020-12) of the JSON report, or of other output.",
    discussion: """
      Consumers must accept fields that the schema does not know: later versions add some.

      Example:
        snat-audit schema > report-1.schema.json
      """)

  @Argument(help: "What the schema is of.")
  var subject = Subject.report

  enum Subject: String, CaseIterable, ExpressibleByArgument {
    /// What `analyze --report json` writes.
    case report
    /// A line of what `connections` writes.
    case connections

    var schema: [UInt8] {
      switch self {
      case .report: Schemas.report
      case .connections: Schemas.connection
      }
    }
  }

  func run() throws {
    do {
      try StandardOutput.write(String(decoding: subject.schema, as: UTF8.self))
    } catch {
      Message.error("standard output: \(error).")
      throw ExitStatus.failed
    }
  }
}

import Mustache

/// The templates of the page, and its style sheet: files of their own, built into the program.
struct HTMLTemplates: Sendable {
  /// One file each, under `Templates`.
  enum Name: String, CaseIterable {
    case head, verdict, check, pictures, picture, forecast, whatif, numbers, table, findings,
      findingRow,
      findingsEnd, finding, end

    fileprivate var file: [UInt8] {
      switch self {
      case .head: PackageResources.head_mustache
      case .forecast: PackageResources.forecast_mustache
      case .whatif: PackageResources.whatif_mustache
      case .verdict: PackageResources.verdict_mustache
      case .check: PackageResources.check_mustache
      case .pictures: PackageResources.pictures_mustache
      case .picture: PackageResources.picture_mustache
      case .numbers: PackageResources.numbers_mustache
      case .table: PackageResources.table_mustache
      case .findings: PackageResources.findings_mustache
      case .findingRow: PackageResources.findingRow_mustache
      case .findingsEnd: PackageResources.findingsEnd_mustache
      case .finding: PackageResources.finding_mustache
      case .end: PackageResources.end_mustache
      }
    }
  }

  /// Parsed once; fails where a file is no template.
  static let all = Result { try HTMLTemplates() }

  let style: Markup
  private let library: MustacheLibrary

  private init() throws {
    MustacheContentTypes.register(EscapedContent(), named: "ESCAPED")
    var library = MustacheLibrary()
    for name in Name.allCases {
      let text = String(decoding: name.file, as: UTF8.self)
      try library.register("{{% CONTENT_TYPE:ESCAPED}}" + text, named: name.rawValue)
    }
    self.library = library
    style = Markup(tags: String(decoding: PackageResources.report_css, as: UTF8.self))
  }

  func render(_ name: Name, _ view: Any) -> String {
    library.render(view, withTemplate: name.rawValue) ?? ""
  }
}

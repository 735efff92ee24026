import Foundation
import Testing

/// The page in a real browser, where a script measures what came out.
@Suite("The HTML report in a browser", .serialized)
struct BrowserTests {
  /// What `Scripts/consumers/measure-page.js` leaves behind.
  struct Measures: Decodable {
    var width: Int
    var scrollWidth: Int
    /// Text that sticks out at the sides.
    var outside: [String]
    /// The lowest contrast of text, and which.
    var contrast: Double
    var contrastText: String
    /// Widths of the drawings.
    var drawings: [Int]
    /// Links of the navigation that take more than a line.
    var brokenLinks: [String]
    var backgroundLuminance: Double
  }

  /// Shows a page and measures it; its own policy would not let a script run.
  static func measure(_ page: Page, width: Int, isDark: Bool = false) throws -> Measures {
    let folder = try TemporaryFolder()
    let script = try String(contentsOfFile: Consumer.script("measure-page.js"), encoding: .utf8)
    let html = page.html
      .replacing(try Regex("<meta http-equiv=\"Content-Security-Policy\"[^>]*>"), with: "")
      .replacing("</body>", with: "<script>\(script)</script></body>")
    _ = try folder.file("page.html", Data(html.utf8))
    // A window cannot be as narrow as a telephone, a frame can.
    let frame = try folder.file(
      "frame.html",
      Data(
        """
        <!DOCTYPE html><script>
        addEventListener("message", (event) => {
          document.documentElement.dataset.measures = event.data;
        });
        </script>
        <iframe src="page.html" style="border: 0; width: \(width)px; height: 900px"></iframe>
        """.utf8))
    let result = try Consumer.required("chromium").run(
      "--headless", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage", "--hide-scrollbars",
      "--user-data-dir=\(folder.url.appending(path: "profile").path)",
      "--blink-settings=preferredColorScheme=\(isDark ? 0 : 1)", "--window-size=1400,1000",
      "--virtual-time-budget=5000", "--dump-dom", frame.absoluteString)
    result.expectSuccess()
    let attribute = try #require(
      result.output.firstMatch(of: try Regex("data-measures=\"([^\"]*)\""))?.output[1].substring,
      "the page was not measured: \(result.errors.suffix(400))")
    let json = attribute.replacing("&quot;", with: "\"").replacing("&amp;", with: "&")
      .replacing("&lt;", with: "<").replacing("&gt;", with: ">")
    return try JSONDecoder().decode(Measures.self, from: Data(json.utf8))
  }

  /// The fullest page, the hostile one, the one with nothing to draw, and those with forecasts.
  static let pages = [0, 5, 3, 7, 9]

  @Test(.needs("chromium"), arguments: pages, [390, 1280])
  func `nothing sticks out at the sides`(page: Int, width: Int) throws {
    let measures = try Self.measure(PageTests.pages[page], width: width)
    #expect(measures.width == width)
    #expect(measures.scrollWidth <= width)
    #expect(measures.outside.isEmpty)
    #expect(measures.drawings.allSatisfy { $0 > width / 2 || width > 1000 && $0 > 300 })
  }

  /// With the forecast, and that of `whatif`: five links each.
  @Test(.needs("chromium"), arguments: [7, 9], [320, 390])
  func `no word of the navigation is broken`(page: Int, width: Int) throws {
    #expect(try Self.measure(PageTests.pages[page], width: width).brokenLinks.isEmpty)
  }

  /// WCAG 2.2, 1.4.3: 4.5 to 1.
  @Test(.needs("chromium"), arguments: [0, 9], [false, true])
  func `text stands out from what is behind it, by day and by night`(
    page: Int, isDark: Bool
  ) throws {
    let measures = try Self.measure(PageTests.pages[page], width: 1280, isDark: isDark)
    #expect(measures.contrast >= 4.5, "\(measures.contrastText)")
    #expect((measures.backgroundLuminance < 0.1) == isDark)
  }
}

import Testing

@testable import FlowAnalyzer

@Suite("Styled text")
struct StyledTextTests {
  @Test func `without colour there is not one escape`() {
    let text: StyledText = "\("3 failed", .bad), \("12", .good) connected"
    #expect(text.rendered(hasColor: false) == "3 failed, 12 connected")
  }

  @Test func `with colour a phrase is framed once`() {
    let text: StyledText = "\("3 attempts failed", .bad), the others connected"
    #expect(
      text.wrapped(to: 80)[0].rendered(hasColor: true)
        == "\u{1B}[1;31m3 attempts failed\u{1B}[0m, the others connected")
  }

  @Test func `width does not count escapes`() {
    let text: StyledText = "\("3 failed", .bad)"
    #expect(text.width == 8)
  }

  @Test(arguments: [1, 5, 12, 20, 100])
  func `wrapping keeps every word, and lines within the width`(width: Int) {
    let text: StyledText = "one \("two three", .warning) four-and-five six"
    let lines = text.wrapped(to: width)
    let words = lines.map { $0.rendered(hasColor: false) }.joined(separator: " ")
    #expect(words == "one two three four-and-five six")
    for line in lines {
      #expect(line.width <= width || !line.rendered(hasColor: false).contains(" "))
    }
  }

  @Test func `a line's colour ends with the line`() {
    let text: StyledText = "\("a long red phrase", .bad)"
    for line in text.wrapped(to: 6) {
      #expect(line.rendered(hasColor: true).hasSuffix("\u{1B}[0m"))
    }
  }

  @Test func `a table aligns its columns and wraps the last`() {
    var table = TextTable(.right, .left, .left)
    table.row("5", "short", "a sentence that is too long to stand in one line of the table")
    table.row("1,820", "a longer one", "no")
    let lines = table.lines(width: 50).map { $0.rendered(hasColor: false) }
    #expect(
      lines == [
        "    5  short         a sentence that is too long",
        "                     to stand in one line of the",
        "                     table",
        "1,820  a longer one  no",
      ])
  }
}

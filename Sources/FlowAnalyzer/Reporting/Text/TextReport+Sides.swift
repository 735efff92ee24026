extension TextReport {
  /// What stands between clients and servers, and how well the two sides were joined.
  mutating func writeSides() {
    guard let paragraphs = prose.sides else { return }
    canvas.heading("BOTH SIDES", report.topology.translation.plainName)
    for paragraph in paragraphs { canvas.paragraph(paragraph) }
  }
}

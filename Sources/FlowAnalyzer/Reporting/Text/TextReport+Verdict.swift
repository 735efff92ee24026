extension TextReport {
  /// The first thing that somebody reads, and for many the last: one sentence, then what it means.
  mutating func writeVerdict() {
    let (headline, role) = prose.headline
    canvas.labelled(
      StyledText("VERDICT", .heading), StyledText(headline, role), indent: 0, hanging: 9)
    for sentence in prose.meaning {
      canvas.blank()
      canvas.paragraph(sentence, indent: 9)
    }
    let remedies = prose.remedies
    guard !remedies.isEmpty else { return }
    canvas.blank()
    canvas.paragraph(
      "\("What helps:", .strong) \(remedies.joined(separator: "; ")).", indent: 9)
  }
}

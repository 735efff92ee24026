/// Builds a drawing, element by element; every attribute and every text is escaped.
///
/// Drawings take the width of their place: across, they measure in hundredths of it, down in pixels,
/// so that text has the same size on a telephone and on paper.
struct SVG {
  typealias Attributes = KeyValuePairs<String, String>

  private(set) var markup = Markup(tags: "")

  mutating func element(_ name: String, _ attributes: Attributes, _ text: String? = nil) {
    markup.append(Self.tag(name, attributes, isClosed: text == nil))
    guard let text else { return }
    markup.append(Markup(escaping: text))
    markup.append(Markup(tags: "</\(name)>"))
  }

  /// - Parameter content: what stands inside.
  mutating func element(
    _ name: String, _ attributes: Attributes, content: (inout SVG) -> Void
  ) {
    markup.append(Self.tag(name, attributes, isClosed: false))
    content(&self)
    markup.append(Markup(tags: "</\(name)>"))
  }

  private static func tag(_ name: String, _ attributes: Attributes, isClosed: Bool) -> Markup {
    var tag = "<\(name)"
    for (key, value) in attributes { tag += " \(key)=\"\(Markup.escape(value))\"" }
    return Markup(tags: tag + (isClosed ? "/>" : ">"))
  }
}

extension SVG {
  /// A whole drawing.
  ///
  /// - Parameters:
  ///   - id: of its own in the page.
  ///   - title: what it is; `description`: what it shows, for those who do not see it.
  ///   - height: in pixels.
  static func drawing(
    id: String, title: String, description: String, height: Double, _ draw: (inout SVG) -> Void
  ) -> Markup {
    var svg = SVG()
    svg.element(
      "svg",
      [
        "role": "img", "aria-labelledby": "\(id)-title \(id)-desc", "width": "100%",
        "height": height.svg,
      ]
    ) { svg in
      svg.element("title", ["id": "\(id)-title"], title)
      svg.element("desc", ["id": "\(id)-desc"], description)
      draw(&svg)
    }
    return svg.markup
  }

  /// An area whose own coordinates are stretched to the whole width: for paths, which cannot measure
  /// in hundredths.
  mutating func stretched(
    y: Double, width: Int, height: Double, _ draw: (inout SVG) -> Void
  ) {
    element(
      "svg",
      [
        "y": y.svg, "width": "100%", "height": height.svg, "viewBox": "0 0 \(width) \(height.svg)",
        "preserveAspectRatio": "none",
      ], content: draw)
  }

  /// - Parameters:
  ///   - x: a share of the width.
  ///   - shift: pixels from there.
  mutating func text(
    _ text: String, x: Double, shift: Double = 0, y: Double, anchor: Anchor = .start,
    class name: String = ""
  ) {
    element(
      "text",
      [
        "x": x.percent, "dx": shift.svg, "y": y.svg, "text-anchor": anchor.rawValue, "class": name,
      ], text)
  }

  enum Anchor: String {
    case start, middle, end
  }
}

extension Double {
  /// At most two decimals, for coordinates.
  var svg: String {
    let hundredths = Int((self * 100).rounded())
    let (whole, rest) = (hundredths.magnitude / 100, hundredths.magnitude % 100)
    let sign = hundredths < 0 ? "-" : ""
    if rest == 0 { return "\(sign)\(whole)" }
    return "\(sign)\(whole)."
      + (rest % 10 == 0 ? "\(rest / 10)" : rest < 10 ? "0\(rest)" : "\(rest)")
  }

  /// A share of the width.
  var percent: String { (self * 100).svg + "%" }
}

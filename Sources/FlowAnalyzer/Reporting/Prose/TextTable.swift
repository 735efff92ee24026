/// Rows in columns, whatever a format makes of them.
package struct TextTable: Sendable {
  package enum Alignment: Sendable { case left, right }

  package var columns: [Alignment]
  /// The names of the columns; empty where the rows speak for themselves.
  package var header: [StyledText] = []
  package var rows: [[StyledText]] = []

  package init(_ columns: Alignment...) { self.columns = columns }

  package mutating func row(_ cells: StyledText...) { rows.append(cells) }
}

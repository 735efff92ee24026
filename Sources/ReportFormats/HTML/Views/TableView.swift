import FlowAnalyzer

/// A table as its template sees it; the first cell of each row names the row.
struct TableView {
  let caption: String?
  let hasHeader: Bool
  let header: [Cell]
  let rows: [Row]

  struct Row {
    let name: Cell
    let cells: [Cell]
  }

  struct Cell {
    let text: Markup
    let isNumber: Bool
  }

  /// Nil where there is nothing in it.
  init?(_ table: TextTable, caption: String? = nil, header: [StyledText] = []) {
    guard !table.rows.isEmpty else { return nil }
    self.caption = caption
    let cells = { (texts: [StyledText]) in
      zip(texts, table.columns).map { Cell(text: Markup($0), isNumber: $1 == .right) }
    }
    self.header = cells(table.header.isEmpty ? header : table.header)
    hasHeader = !self.header.isEmpty
    rows = table.rows.map { row in
      let row = cells(row)
      return Row(name: row[0], cells: Array(row.dropFirst()))
    }
  }
}

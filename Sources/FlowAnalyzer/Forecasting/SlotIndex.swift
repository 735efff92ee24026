/// The slot of each port by its number: a table where there are few numbers, else a dictionary.
struct SlotIndex {
  private var table: [Int32]
  private var others: [Int: Int32] = [:]

  private static let largestTable = 1 << 16
  private static let none: Int32 = -1

  init(below limit: Int) {
    table = Array(repeating: Self.none, count: limit <= Self.largestTable ? limit : 0)
  }

  subscript(number: Int) -> Int32? {
    get {
      guard !table.isEmpty else { return others[number] }
      return table[number] == Self.none ? nil : table[number]
    }
    set {
      if table.isEmpty {
        others[number] = newValue
      } else {
        table[number] = newValue ?? Self.none
      }
    }
  }
}

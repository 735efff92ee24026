extension OptionSet where Element == Self {
  /// Whether a mark is set.
  @inline(__always)
  subscript(mark: Self) -> Bool {
    get { contains(mark) }
    set { if newValue { insert(mark) } else { remove(mark) } }
  }
}

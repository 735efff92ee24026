/// Values beside the records of a `Slab`, by the same positions: for what some analyses need of
/// each record, and others of none.
///
/// It reaches as far as the last record that had another value than the usual one, and takes no
/// memory where there is none.
struct Column<Value: BitwiseCopyable>: ~Copyable {
  private let usual: Value
  private var values = Slab<Value>()

  init(usual: Value) { self.usual = usual }

  subscript(position: Int) -> Value {
    @inline(__always) get { position < values.endPosition ? values[position] : usual }
  }

  /// Has the processor fetch a value that will be needed soon.
  @inline(__always)
  func prefetch(_ position: Int) {
    if position < values.endPosition { values.prefetch(position) }
  }

  /// Gives a record the usual value.
  @inline(__always)
  mutating func clear(_ position: Int) {
    if position < values.endPosition { values[position] = usual }
  }

  /// Changes the value of a record.
  ///
  /// - Parameter isNeeded: false where the change makes no difference to the usual value.
  @inline(__always)
  mutating func change(_ position: Int, isNeeded: Bool, _ body: (inout Value) -> Void) {
    if position >= values.endPosition {
      guard isNeeded else { return }
      extend(to: position)
    }
    body(&values[position])
  }

  @inline(never)
  private mutating func extend(to position: Int) {
    while values.endPosition <= position { _ = values.insert(usual) }
  }
}

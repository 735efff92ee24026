import Glibc

/// Memory for tables that are looked into at random.
///
/// For a table that is large it is asked for in huge pages: where each look falls on another page, finding
/// out where that page lies costs as much as the look itself. Smaller ones gain nothing by them, and there are
/// several in each lane, whose last pages would be half empty: 17 of 116 MB with 100,000 tuples (measured).
enum TableMemory {
  static let hugePage = 2 << 20
  /// Bytes from which on a table is large.
  private static let largeTable = 16 << 20

  /// Memory that is not initialised, aligned to cache lines; to be given back by `deallocate()`.
  ///
  /// - Parameter tableSize: how many bytes the table will have with it.
  static func allocate(byteCount: Int, tableSize: Int) -> UnsafeMutableRawPointer {
    guard byteCount >= hugePage, tableSize >= largeTable else {
      return .allocate(byteCount: byteCount, alignment: 64)
    }
    return allocateHuge(byteCount)
  }

  /// The same for a table that is written to at once as a whole, so that no page of it stays half empty: it is
  /// large from a huge page on.
  static func allocateWhole(byteCount: Int) -> UnsafeMutableRawPointer {
    byteCount >= hugePage
      ? allocateHuge(byteCount) : .allocate(byteCount: byteCount, alignment: 64)
  }

  private static func allocateHuge(_ byteCount: Int) -> UnsafeMutableRawPointer {
    let memory = UnsafeMutableRawPointer.allocate(byteCount: byteCount, alignment: hugePage)
    // A hint: where the system does not take it, everything works all the same.
    _ = unsafe madvise(memory, byteCount, MADV_HUGEPAGE)
    return memory
  }
}

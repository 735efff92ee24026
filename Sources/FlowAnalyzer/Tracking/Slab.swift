import BasicContainers
import CPrefetch

/// Storage for records that come and go: positions stay valid while a record lives, and the places
/// of freed ones are used again, so that memory follows the number alive.
///
/// It grows by blocks that never move: nothing is copied, and no more is taken than one block beyond
/// what is used.
@safe
struct Slab<Element: BitwiseCopyable>: ~Copyable {
  /// Elements of a block: 2 to the power of this.
  private static var shift: Int { 12 }
  /// So many blocks are allocated one by one, all others so many at a time.
  private static var singleBlocks: Int { 4 }
  private static var blocksOfRegion: Int {
    // As many as are whole huge pages, if that is not too many.
    let block = MemoryLayout<Element>.stride &<< shift
    return 1
      &<< max(3, min(5, TableMemory.hugePage.trailingZeroBitCount &- block.trailingZeroBitCount))
  }

  /// The blocks that there are, and room for some more.
  private var blocks: UnsafeMutablePointer<UnsafeMutablePointer<Element>>
  private var blockCount = 0
  private var blockCapacity = 64
  private var free = UniqueArray<UInt32>()
  /// One more than the highest position ever used.
  private(set) var endPosition = 0

  init() { unsafe blocks = .allocate(capacity: blockCapacity) }

  deinit {
    for index in 0..<blockCount where Self.numberInRegion(index) == 0 {
      unsafe blocks[index].deallocate()
    }
    unsafe blocks.deallocate()
  }

  /// How many positions are taken.
  var count: Int { endPosition &- free.count }

  subscript(position: Int) -> Element {
    // Addresses, not values: records are large, and most looks at them are for a single field.
    @inline(__always) unsafeAddress { unsafe UnsafePointer(element(position)) }
    @inline(__always) unsafeMutableAddress { unsafe element(position) }
  }

  @inline(__always)
  private func element(_ position: Int) -> UnsafeMutablePointer<Element> {
    precondition(position >= 0 && position < endPosition)
    // SAFETY: positions below `endPosition` lie in blocks that were allocated and initialised.
    return unsafe blocks[position &>> Self.shift] + (position & (1 &<< Self.shift &- 1))
  }

  @inline(__always)
  mutating func insert(_ element: Element) -> Int {
    if let position = takeFree() {
      self[position] = element
      return position
    }
    return add(element)
  }

  /// Takes a place without a copy of a whole element: what was there before is there again, to be written
  /// over by the caller; `blank` where nothing ever was.
  @inline(__always)
  mutating func take(orAdd blank: @autoclosure () -> Element) -> Int {
    takeFree() ?? add(blank())
  }

  /// A place that was given back, the last of them first: it may still be in the cache. The one to be
  /// taken after it is not as a rule, and is fetched meanwhile.
  @inline(__always)
  private mutating func takeFree() -> Int? {
    guard let position = free.popLast() else { return nil }
    if !free.isEmpty { prefetch(Int(free[free.count - 1])) }
    return Int(position)
  }

  @inline(never)
  private mutating func add(_ element: Element) -> Int {
    if endPosition &>> Self.shift == blockCount { addBlock() }
    let position = endPosition
    endPosition &+= 1
    // SAFETY: the place was allocated just now or with its block, and was never initialised.
    unsafe self.element(position).initialize(to: element)
    return position
  }

  private mutating func addBlock() {
    if blockCount == blockCapacity {
      let larger = UnsafeMutablePointer<UnsafeMutablePointer<Element>>.allocate(
        capacity: 2 * blockCapacity)
      unsafe larger.moveInitialize(from: blocks, count: blockCount)
      unsafe blocks.deallocate()
      unsafe blocks = larger
      blockCapacity *= 2
    }
    unsafe (blocks + blockCount).initialize(to: placeForBlock())
    blockCount += 1
  }

  /// Small slabs stay small, and large ones get huge pages. Memory is taken only as it is written
  /// to.
  private func placeForBlock() -> UnsafeMutablePointer<Element> {
    let number = Self.numberInRegion(blockCount)
    if number > 0 { return unsafe blocks[blockCount - 1] + (1 &<< Self.shift) }
    let count = blockCount < Self.singleBlocks ? 1 : Self.blocksOfRegion
    let capacity = count &<< Self.shift
    // Aligned to cache lines: a record of two lines and a half shall not lie in four.
    return TableMemory.allocate(
      byteCount: MemoryLayout<Element>.stride &* capacity,
      tableSize: MemoryLayout<Element>.stride &* (blockCount &<< Self.shift &+ capacity)
    )
    .bindMemory(to: Element.self, capacity: capacity)
  }

  /// Which block of those that were allocated together it is.
  private static func numberInRegion(_ block: Int) -> Int {
    block < singleBlocks ? 0 : (block &- singleBlocks) % blocksOfRegion
  }

  mutating func remove(_ position: Int) {
    free.append(UInt32(truncatingIfNeeded: position))
  }

  /// Has the processor fetch a record that will be needed soon.
  @inline(__always)
  func prefetch(_ position: Int) {
    let start = unsafe UnsafeRawPointer(element(position))
    for offset in stride(from: 0, to: MemoryLayout<Element>.size, by: 64) {
      unsafe prefetch_line(start + offset)
    }
    // It may reach into one line more.
    unsafe prefetch_line(start + MemoryLayout<Element>.size - 1)
  }
}

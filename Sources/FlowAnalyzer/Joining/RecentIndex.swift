/// Finds what was noted under a key a short time ago, and forgets it by itself.
///
/// Several entries may share a key. Complexity: O(1) expected for each operation, and for each
/// entry that expires.
struct RecentIndex: ~Copyable {
  struct Entry: BitwiseCopyable {
    var key: UInt64
    var time: Timestamp
    var value: UInt32
    /// The entries inserted before and after this one.
    var previous: UInt32
    var next: UInt32
  }

  /// How many entries may share a key; a further one takes the place of the oldest. What so many have in
  /// common tells nobody, and a flood in which all are alike must not make each look-up a long one.
  static let mostOfOneKey = 32

  /// How long an entry is kept, in nanoseconds.
  let window: Int64
  private var entries = Slab<Entry>()
  private var index = HashIndex(exponent: 6)
  private var first = UInt32.max
  private var last = UInt32.max

  init(window: Int64) { self.window = window }

  /// How many entries can be found.
  var count: Int { index.count }
  /// How many there is memory for.
  var placeCount: Int { entries.endPosition }

  /// Has the processor fetch where a key that comes soon will be looked up.
  @inline(__always)
  func prefetch(_ key: UInt64) { index.prefetch(Self.hash(key)) }

  /// The same for what is noted under it, once the former is there.
  @inline(__always)
  func prefetchEntry(_ key: UInt64) {
    if let position = index.guess(Self.hash(key)) { entries.prefetch(position) }
  }

  /// Notes `value` under `key`.
  mutating func insert(_ value: UInt32, for key: UInt64, at time: Timestamp) {
    expire(at: time)
    if let oldest = oldestOfMany(key) { removeEntry(oldest) }
    let position = entries.insert(
      Entry(key: key, time: time, value: value, previous: last, next: .max))
    let number = UInt32(truncatingIfNeeded: position)
    if last == .max { first = number } else { entries[Int(last)].next = number }
    last = number
    index.insert(Self.hash(key), position: position)
  }

  /// Calls `body` with what was noted under `key`, in no order.
  func forEach(_ key: UInt64, _ body: (UInt32) -> Void) {
    _ = index.find(Self.hash(key)) { position in
      if entries[position].key == key { body(entries[position].value) }
      return false
    }
  }

  enum Match: BitwiseCopyable {
    case nothing
    case one(UInt32)
    case several
  }

  /// What was noted under `key` within `span` nanoseconds of `now`.
  func find(_ key: UInt64, at now: Timestamp, within span: Int64) -> Match {
    var match = Match.nothing
    _ = index.find(Self.hash(key)) { position in
      let entry = entries[position]
      if entry.key == key, now.nanoseconds(since: entry.time).magnitude <= UInt64(span) {
        if case .nothing = match { match = .one(entry.value) } else { match = .several }
      }
      return false
    }
    return match
  }

  /// The same; nil where that is nothing, or more than one thing.
  func only(_ key: UInt64, at now: Timestamp, within span: Int64) -> UInt32? {
    guard case .one(let value) = find(key, at: now, within: span) else { return nil }
    return value
  }

  func contains(_ value: UInt32, for key: UInt64) -> Bool {
    position(of: value, for: key) != nil
  }

  mutating func remove(_ value: UInt32, for key: UInt64) {
    if let position = position(of: value, for: key) { removeEntry(position) }
  }

  private mutating func removeEntry(_ position: Int) {
    let entry = entries[position]
    index.remove(Self.hash(entry.key), position: position)
    if entry.previous == .max {
      first = entry.next
    } else {
      entries[Int(entry.previous)].next = entry.next
    }
    if entry.next == .max {
      last = entry.previous
    } else {
      entries[Int(entry.next)].previous = entry.previous
    }
    entries.remove(position)
  }

  /// The oldest entry of a key that has as many as it may; the index has the last to come first.
  private func oldestOfMany(_ key: UInt64) -> Int? {
    var count = 0
    return index.find(Self.hash(key)) { position in
      if entries[position].key == key { count += 1 }
      return count == Self.mostOfOneKey
    }
  }

  private func position(of value: UInt32, for key: UInt64) -> Int? {
    index.find(Self.hash(key)) { entries[$0].key == key && entries[$0].value == value }
  }

  /// A few at a time: what is too old is left to its finder to notice.
  private mutating func expire(at now: Timestamp) {
    for _ in 0..<4 where first != .max {
      guard now.nanoseconds(since: entries[Int(first)].time) > window else { break }
      removeEntry(Int(first))
    }
    prepareToExpire()
  }

  /// Has the processor fetch what the next calls will remove: it has not been in the cache since it
  /// was noted. Of the first entry it is the slot in the index, of the one after it the entry.
  private func prepareToExpire() {
    guard first != .max else { return }
    index.prefetch(Self.hash(entries[Int(first)].key))
    let second = entries[Int(first)].next
    if second != .max { entries.prefetch(Int(second)) }
  }

  private static func hash(_ key: UInt64) -> UInt32 { UInt32(truncatingIfNeeded: mixed(key)) }
}

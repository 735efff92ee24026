/// What a rule measures and limits: a number of things, a share, or a time. Exact, so that a limit
/// means what it says at its boundary.
public enum Amount: Equatable, Sendable {
  case count(Int)
  case share(Share)
  case duration(Seconds)
}

/// A part of a whole; more than all of it where something happens several times to one.
///
/// Compared exactly: 3 of 1,000 is 0.3 %, which no `Double` is. Up to `largestCount` on either side,
/// and `Policy.Allowance.mostRelative` on top, nothing overflows.
public struct Share: Equatable, Sendable {
  private var part: Int128
  private var whole: Int128

  public init(_ part: Int, of whole: Int) {
    self.part = Int128(part)
    self.whole = Int128(whole)
  }

  /// A limit, in parts per billion: a tenth of a percent is 1,000,000.
  public init(partsPerBillion: Int) { self.init(partsPerBillion, of: Share.billion) }

  static let billion = 1_000_000_000

  /// More than any capture has packets.
  public static let largestCount = 1_000_000_000_000

  /// The nearest `Double`; 0 where there is no whole to have a part of.
  public var value: Double { whole == 0 ? 0 : Double(part) / Double(whole) }

  /// Two shares are equal whose values are, whatever they are of.
  public static func == (lhs: Share, rhs: Share) -> Bool { !(lhs > rhs) && !(rhs > lhs) }

  static func > (lhs: Share, rhs: Share) -> Bool {
    // What is none of nothing is nothing.
    lhs.part * max(rhs.whole, 1) > rhs.part * max(lhs.whole, 1)
  }

  /// With as many parts per billion of itself on top.
  func increased(byPartsPerBillion parts: Int) -> Share {
    var share = self
    share.part *= Int128(Self.billion) + Int128(parts)
    share.whole *= Int128(Self.billion)
    return share
  }
}

extension Amount {
  /// The name of its unit in reports for programs.
  public var unit: String {
    switch self {
    case .count: "count"
    case .share: "share"
    case .duration: "seconds"
    }
  }

  /// In its unit.
  public var value: Double {
    switch self {
    case .count(let count): Double(count)
    case .share(let share): share.value
    case .duration(let duration): duration.value
    }
  }

  /// Whether this is more; amounts of different units are not compared.
  func exceeds(_ limit: Amount) -> Bool {
    switch (self, limit) {
    case (.count(let own), .count(let limit)): own > limit
    case (.share(let own), .share(let limit)): own > limit
    case (.duration(let own), .duration(let limit)): own > limit
    case (.count, _), (.share, _), (.duration, _): false
    }
  }
}

extension PolicyVerdict.Rule {
  /// By how much a broken rule is broken, in its unit; shares as the difference of the two. Null where
  /// it is not.
  public var excess: Amount? {
    guard let actual, actual.exceeds(limit) else { return nil }
    return switch (actual, limit) {
    case (.count(let own), .count(let limit)): .count(own - limit)
    case (.share(let own), .share(let limit)): .share(own.difference(to: limit))
    case (.duration(let own), .duration(let limit)):
      .duration(Seconds(nanoseconds: own.nanoseconds - limit.nanoseconds))
    case (.count, _), (.share, _), (.duration, _): nil
    }
  }
}

extension Share {
  /// To the nearest part per billion.
  fileprivate func difference(to other: Share) -> Share {
    Share(partsPerBillion: Int(((value - other.value) * Double(Self.billion)).rounded()))
  }
}

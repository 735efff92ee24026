/// Which attempts a log keeps where there are too many.
///
/// Two samples, of which each answers what the other cannot:
///
/// - Of **attempts**: of as many that follow each other, one by lot. It is what is replayed, with as many times
///   fewer ports. The rate is what it was at all times, and attempts on a few busy tuples are drawn like others.
/// - Of **ports**: all attempts from some of the source ports, by a hash. How long each of these
///   rests between two connections is as it was, and which of the free ones is chosen: what holds, and the
///   order in which ports are chosen, are told from.
///
/// What is left out of a sample never belongs to it again, so that it can be made smaller at any time.
struct ArrivalSample {
  /// One in 2^n is kept.
  var attemptHalvings = 0
  var portHalvings = 0

  private static let mostHalvings = 31

  /// The one that is drawn of a group of 2^`attemptHalvings` that follow each other: attempts come by their
  /// numbers, so that it is drawn once for all of them.
  private var drawn = Draw()

  private struct Draw {
    var group: UInt32 = 0
    var halvings = 0
    var number: UInt32 = 0
  }

  var isComplete: Bool { attemptHalvings == 0 && portHalvings == 0 }

  /// Halves one of the samples, or the other where that one is as small as can be.
  ///
  /// - Returns: false where both are.
  mutating func halve(isOfAttempts: Bool) -> Bool {
    guard min(attemptHalvings, portHalvings) < Self.mostHalvings else { return false }
    if isOfAttempts && attemptHalvings < Self.mostHalvings || portHalvings == Self.mostHalvings {
      attemptHalvings += 1
    } else {
      portHalvings += 1
    }
    return true
  }

  /// The same as `samples` for attempts that come in the order of their numbers.
  mutating func samples(ofNext number: UInt32, port: UInt16) -> ArrivalLog.Arrival.Notes {
    var samples: ArrivalLog.Arrival.Notes = []
    let group = number >> UInt32(attemptHalvings)
    if group != drawn.group || attemptHalvings != drawn.halvings { draw(from: group) }
    if number == drawn.number { samples.insert(.ofAttempts) }
    if PortSample(halvings: portHalvings).contains(port) { samples.insert(.ofPorts) }
    return samples
  }

  @inline(never)
  private mutating func draw(from group: UInt32) {
    drawn = Draw(group: group, halvings: attemptHalvings, number: group)
    for halving in (0..<attemptHalvings).reversed() {
      drawn.number = drawn.number << 1 | Self.lot(ofGroup: drawn.number, halving)
    }
  }

  /// Of what samples an attempt is.
  ///
  /// - Parameters:
  ///   - number: how many attempts began before it.
  ///   - port: from which its first SYN came.
  func samples(of number: UInt32, port: UInt16) -> ArrivalLog.Arrival.Notes {
    var samples: ArrivalLog.Arrival.Notes = []
    if isOfAttempts(number) { samples.insert(.ofAttempts) }
    if PortSample(halvings: portHalvings).contains(port) { samples.insert(.ofPorts) }
    return samples
  }

  /// Of the two winners of neighbouring groups one wins, by lot.
  private func isOfAttempts(_ number: UInt32) -> Bool {
    var group = number
    for halving in 0..<attemptHalvings {
      let isSecond = group & 1
      group >>= 1
      if isSecond != Self.lot(ofGroup: group, halving) { return false }
    }
    return true
  }

  /// Which of two neighbouring groups wins, zero or one.
  private static func lot(ofGroup group: UInt32, _ halving: Int) -> UInt32 {
    UInt32(truncatingIfNeeded: mixed(UInt64(group) << 8 | UInt64(halving)) & 1)
  }
}

extension ArrivalSample: Packed {
  func write(to writer: inout PackedWriter) {
    writer.write(count: attemptHalvings)
    writer.write(count: portHalvings)
  }

  init(from reader: inout PackedReader) throws(DecodingError) {
    attemptHalvings = try reader.number()
    portHalvings = try reader.number()
    guard max(attemptHalvings, portHalvings) <= Self.mostHalvings else {
      throw reader.error("no sample is so small")
    }
  }
}

/// One in so many ports of each address, by a hash. A smaller sample is part of a larger one.
struct PortSample {
  private let end: UInt64

  init(oneIn scale: Int) { end = (1 << 32) / UInt64(max(scale, 1)) }

  init(halvings: Int) { end = 1 << UInt64(32 - halvings) }

  func contains(_ port: UInt16) -> Bool { mixed(UInt64(port)) >> 32 < end }
}

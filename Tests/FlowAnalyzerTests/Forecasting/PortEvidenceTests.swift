import Testing

@testable import FlowAnalyzer

/// Load balancers of a few lines each, and whether they are recognised.
@Suite("Evidence of how ports are chosen")
struct PortEvidenceTests {
  private static let ports = 400

  /// 40 attempts a second, ports 1000 to 1399, a hold of 2 s; `pick` chooses among the free ports, which are
  /// in the order in which they became free.
  private func model(pick: (inout [Int], Int) -> Int) -> LoadBalancerModel {
    var free = Array(0..<Self.ports)
    var held: [(until: Int64, port: Int)] = []
    let log = MadeTraffic(rate: 40, span: 60, seed: 5).log { number, time in
      while let first = held.first, first.until <= time { free.append(held.removeFirst().port) }
      let place = pick(&free, number)
      let port = free.remove(at: place)
      held.append((time + 2_100_000_000, port))
      return UInt16(1000 + port)
    }
    return LoadBalancerModel(log)
  }

  @Test func `at random`() {
    var random = SeededGenerator(seed: 9)
    let model = model { free, _ in Int.random(in: free.indices, using: &random) }
    #expect(model.choice == .random && model.isInferred)
    #expect(abs(model.evidence.meanRank - 0.5) < 0.05)
    #expect(model.ports == Self.ports)
    #expect(model.likeliest.hold == 2_000_000_000)
  }

  @Test func `in turn`() {
    var next = 0
    let model = model { free, _ in
      defer { next = (next + 1) % Self.ports }
      return free.firstIndex(of: next) ?? 0
    }
    #expect(model.choice == .sequential)
  }

  @Test func `the one that has been free for longest, and the one freed last`() {
    #expect(model { _, _ in 0 }.evidence.meanRank < 0.05)
    let last = model { free, _ in free.count - 1 }
    #expect(last.choice == .mostRecent)
  }

  @Test func `too little to tell is said to be so`() {
    let log = MadeTraffic(rate: 10, span: 1).log { number, _ in UInt16(1000 + 37 * number) }
    let model = LoadBalancerModel(log)
    #expect(!model.isInferred && model.choice == .random)
  }
}

@Suite("Links")
struct LinkPolicyTests {
  /// By hand from the formula of the Linux bonding documentation.
  @Test func `layer3+4 takes ports and addresses`() {
    let source: UInt32 = 0x0a0a_0101
    let server: UInt32 = 0xc0a8_0101
    var hash: UInt32 = (4003 << 16 | 80) ^ source ^ server
    hash ^= hash >> 16
    hash ^= hash >> 8
    let link = LinkPolicy.layer34.link(
      source: source, port: 4003, destination: server, destinationPort: 80, of: 4)
    #expect(link == Int(hash % 4))
    for links in [2, 4, 8] {
      #expect(
        LinkPolicy.layer2.link(
          source: source, port: 1, destination: server, destinationPort: 80, of: links) == 0)
    }
  }
}

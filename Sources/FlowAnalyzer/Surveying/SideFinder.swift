/// Finds out which side of the load balancer captures show whose side nobody has said.
struct SideFinder {
  /// How much of a capture is looked at, in segments; more only where it has hardly any SYN.
  private static let prefix = 50_000
  private static let longestPrefix = 500_000
  private static let enoughSyns = 20
  /// Fewer shared connections prove nothing.
  private static let leastShared = 2

  private(set) var inputs: [CaptureInput]
  private(set) var endpoints = LoadBalancerEndpoints()

  init(_ inputs: [CaptureInput], _ selection: PacketSelection) {
    self.inputs = inputs
    guard inputs.contains(where: { $0.role == nil && $0.isRegularFile }) else { return }
    // The earliest files speak for their rotation, in whatever order they are named.
    var rotations: [String: [CaptureInput]] = [:]
    for input in inputs where input.isRegularFile {
      rotations[CapturePoints.stem(of: input.path), default: []].append(input)
    }
    let samples = rotations.mapValues { Self.sample($0, selection) }
    var roles: [String: CaptureRole] = [:]
    for (stem, sample) in samples.sorted(by: { $0.key < $1.key }) where showsBothSides(sample) {
      roles[stem] = .both
    }
    let single = samples.filter { roles[$0.key] == nil }
    for (stem, role) in Self.sides(of: single) { roles[stem] = role }
    for index in inputs.indices where inputs[index].role == nil {
      self.inputs[index].role = roles[CapturePoints.stem(of: inputs[index].path)]
    }
  }

  private static func sample(
    _ rotation: [CaptureInput], _ selection: PacketSelection
  ) -> OpeningSample {
    var source = SegmentSource(inputs: rotation, selection: selection)
    var sample = OpeningSample()
    while let segment = source.next() {
      source.withSegmentBytes { sample.observe(segment, $0) }
      if sample.segments >= prefix, sample.syns >= enoughSyns || sample.segments >= longestPrefix {
        break
      }
    }
    return sample
  }

  /// Whether connections come by under two tuples; what they come by under is learnt.
  private mutating func showsBothSides(_ sample: OpeningSample) -> Bool {
    // Requests that are alike can be paired the wrong way round: the more frequent way is the right
    // one.
    let translations = sample.translations.filter { translation, count in
      let reverse = sample.translations.first {
        $0.key.virtual == translation.server && $0.key.server == translation.virtual
      }
      return translation.virtual == translation.server || (reverse?.value ?? 0) < count
    }
    let total = translations.values.reduce(0, +)
    guard total >= Self.leastShared, total * 10 >= sample.syns else { return false }
    for translation in translations.keys {
      let client = FourTuple(source: translation.virtual, destination: translation.virtual)
      let server = FourTuple(
        source: Endpoint(address: translation.snatAddress, port: 0),
        destination: translation.server)
      endpoints.learn(client: client, server: server)
    }
    return true
  }

  /// Of two captures with the same connections, the one that waits longer for the answers lies further
  /// from who gives them: on the client side.
  private static func sides(of samples: [String: OpeningSample]) -> [String: CaptureRole] {
    var roles: [String: CaptureRole] = [:]
    let stems = samples.keys.sorted()
    for (index, first) in stems.enumerated() {
      for second in stems[(index + 1)...] {
        guard let here = samples[first], let there = samples[second] else { continue }
        switch comparison(here, there) {
        case .firstIsClient: (roles[first], roles[second]) = (.client, .server)
        case .secondIsClient: (roles[first], roles[second]) = (.server, .client)
        case .unknown: break
        }
      }
    }
    return roles
  }

  private enum Comparison { case firstIsClient, secondIsClient, unknown }

  private static func comparison(_ first: OpeningSample, _ second: OpeningSample) -> Comparison {
    var longerAtFirst = 0
    var longerAtSecond = 0
    var answered = (here: 0, there: 0)
    first.forEachShared(with: second) { here, there in
      if here.backAt != nil { answered.here += 1 }
      if there.backAt != nil { answered.there += 1 }
      if let back = here.backAt, let backThere = there.backAt {
        let wait = back.nanoseconds(since: here.forthAt)
        let waitThere = backThere.nanoseconds(since: there.forthAt)
        if wait > waitThere { longerAtFirst += 1 }
        if wait < waitThere { longerAtSecond += 1 }
      }
    }
    // Answers that bypass the load balancer do not bypass the server.
    if answered.here == 0, answered.there >= leastShared { return .firstIsClient }
    if answered.there == 0, answered.here >= leastShared { return .secondIsClient }
    let total = longerAtFirst + longerAtSecond
    guard total >= leastShared else { return .unknown }
    if longerAtFirst * 5 >= total * 4 { return .firstIsClient }
    if longerAtSecond * 5 >= total * 4 { return .secondIsClient }
    return .unknown
  }
}

extension CaptureInput {
  /// It can be read twice.
  var isRegularFile: Bool {
    !isStandardInput && FileStatus(path: location).map { $0.kind == .regular } ?? false
  }
}

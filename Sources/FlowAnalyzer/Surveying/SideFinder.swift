/// Finds out which side of the load balancer captures show whose side nobody has said.
struct SideFinder {
  /// How much of a capture is looked at, in segments; more only where it has hardly any SYN.
  private static let prefix = 50_000
  private static let longestPrefix = 500_000
  private static let enoughSyns = 20

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
    let translations = sample.clearTranslations
    for translation in translations {
      let client = FourTuple(source: translation.virtual, destination: translation.virtual)
      let server = FourTuple(
        source: Endpoint(address: translation.snatAddress, port: 0),
        destination: translation.server)
      endpoints.learn(client: client, server: server)
    }
    return !translations.isEmpty
  }

  /// Of two captures with the same connections, the one that waits longer for the answers lies further
  /// from who gives them: on the client side.
  private static func sides(of samples: [String: OpeningSample]) -> [String: CaptureRole] {
    var roles: [String: CaptureRole] = [:]
    let stems = samples.keys.sorted()
    for (index, first) in stems.enumerated() {
      for second in stems[(index + 1)...] {
        guard let here = samples[first], let there = samples[second] else { continue }
        switch here.standing(beside: there) {
        case .inFront: (roles[first], roles[second]) = (.client, .server)
        case .behind: (roles[first], roles[second]) = (.server, .client)
        case .unknown: break
        }
      }
    }
    return roles
  }
}

extension CaptureInput {
  /// It can be read twice.
  var isRegularFile: Bool {
    !isStandardInput && FileStatus(path: location).map { $0.kind == .regular } ?? false
  }
}

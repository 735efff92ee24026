/// The worlds that a forecast looks at.
extension Forecaster {
  func cases() -> [Case] {
    [recorded] + choices + addresses + ports + timeWaits + holds + presets + others + loads
  }

  private var recorded: Case {
    Case(group: .recorded, isRecorded: true, policy: nil, world: world)
  }

  /// The recorded policy, changed.
  private func policy(_ change: (inout PortPolicy) -> Void) -> PortPolicy {
    var policy = model.likeliest
    change(&policy)
    return policy
  }

  private func inWorld(_ policy: PortPolicy) -> World {
    var world = world
    world.policy = policy
    return world
  }

  private func `case`(
    _ group: Forecast.Row.Group, _ value: Double = 0, name: String? = nil,
    isRecorded: Bool = false, _ policy: PortPolicy
  ) -> Case {
    Case(
      group: group, value: value, name: name, isRecorded: isRecorded, policy: policy,
      world: inWorld(policy))
  }

  private var choices: [Case] {
    PortChoice.allCases.map { choice in
      `case`(
        .choice, name: choice.rawValue, isRecorded: choice == model.choice && model.isInferred,
        policy { $0.choice = choice })
    }
  }

  private var addresses: [Case] {
    let recorded = model.addresses
    let usual = Set([1, 2, 3, 4, 8, recorded, recorded * 2, recorded * 4, max(1, recorded / 2)])
    return values(options.addresses, Array(usual)).map { count in
      `case`(
        .addresses, Double(count), isRecorded: count == recorded,
        policy {
          $0.addresses = count
          if count != recorded { $0.addressing = model.moreAddresses }
        })
    }
  }

  private var ports: [Case] {
    let usual = Set([28_232, 64_512, model.ports])
    return values(options.ports, Array(usual)).map { count in
      `case`(.ports, Double(count), isRecorded: count == model.ports, policy { $0.ports = count })
    }
  }

  private var timeWaits: [Case] {
    let usual = Set([1, 5, 15, 30, 60, 120, 240].map { $0 * 1_000_000_000 } + [world.timeWait])
    return values(options.timeWaits, Array(usual)).map { time in
      var changed = world
      changed.timeWait = time
      return Case(
        group: .timeWait, value: Double(time) / 1_000_000_000, isRecorded: time == world.timeWait,
        policy: nil, world: changed)
    }
  }

  /// The hold is kept as long as there are ports; then this load balancer does what it has been seen to do.
  private var holds: [Case] {
    let second: Int64 = 1_000_000_000
    let usual = [0, 1, 2, 7, 15, 30, 40, 65, 120].map { $0 * second }
    return values(options.holds, usual).map { time in
      `case`(.hold, Double(time) / 1_000_000_000, policy { $0.keep(time) })
    }
  }

  private var presets: [Case] {
    LoadBalancerPreset.allCases.map { preset in
      `case`(
        .preset, Double(preset.hold) / 1_000_000_000, name: preset.rawValue,
        policy {
          $0.keep(preset.hold)
          $0.evicts = preset.evicts
          if let choice = preset.choice { $0.choice = choice }
        })
    }
  }

  private var others: [Case] {
    var cases = [
      Case(
        group: .clientCloses, policy: nil, world: world, change: .closedByClients)
    ]
    for requests in values(options.requests, [2, 5, 10, 100]) {
      cases.append(
        Case(
          group: .pooling, value: Double(requests), policy: nil, world: world,
          change: .pooled(requests: requests)))
    }
    var changed = world
    changed.hasMonotonicNumbers = true
    cases.append(Case(group: .monotonicNumbers, policy: nil, world: changed))
    for ignoresResets in [false, true] {
      changed = world
      changed.ignoresResets = ignoresResets
      cases.append(
        Case(
          group: .ignoredResets, name: ignoresResets ? "on" : "off",
          isRecorded: ignoresResets == world.ignoresResets, policy: nil, world: changed))
    }
    return cases
  }

  private var loads: [Case] {
    let usual = options.loads.isEmpty ? [1.5, 2, 5, 10] : options.loads
    return usual.sorted().map { load in
      Case(
        group: .load, value: load, policy: nil, world: world, change: .scaled(load: load))
    }
  }

  private func values<Value: Comparable & Hashable>(
    _ asked: [Value], _ usual: [Value]
  ) -> [Value] {
    Set(asked.isEmpty ? usual : asked).sorted()
  }
}

extension PortPolicy {
  /// Every port is kept back for so long, as long as there are others.
  fileprivate mutating func keep(_ time: Int64) {
    hold = time
    leak = 0
  }
}

/// Load balancers as they come (reference, sections 2 and 6.1).
public enum LoadBalancerPreset: String, Sendable, CaseIterable {
  case dpvs
  case lvsFullNAT = "lvs-fullnat"
  case f5
  case netscaler
  case fortigate
  case paloAlto = "palo-alto"
  case ipvs
  case nfConntrack = "nf-conntrack"
  case azure
  case gcp

  /// How long a port is held after a close, in nanoseconds.
  var hold: Int64 {
    let seconds: Int64 =
      switch self {
      case .fortigate: 1
      case .f5: 2
      case .dpvs, .lvsFullNAT: 7
      case .paloAlto: 15
      case .netscaler: 40
      case .azure: 65
      case .ipvs, .nfConntrack, .gcp: 120
      }
    return seconds * 1_000_000_000
  }

  /// Nil where it is not known: then it chooses as the recorded one does.
  var choice: PortChoice? {
    switch self {
    case .dpvs: .leastRecent
    case .lvsFullNAT: .sequential
    case .f5, .nfConntrack, .ipvs: .preserving
    case .azure: .random
    case .netscaler, .fortigate, .paloAlto, .gcp: nil
    }
  }

  /// From Linux 6.5 on, nf_nat gives held ports away where no other is left.
  var evicts: Bool { self == .nfConntrack }
}

/// The worlds that a forecast looks at.
extension Forecaster {
  func cases() -> [Case] {
    guard !options.isBrief else { return briefly }
    return [recorded] + choices + addresses + ports + timeWaits + holds + presets + others + loads
      + consolidations
  }

  /// Of each measure that operators ask about one world, and of growth.
  private var briefly: [Case] {
    let timeWait = world.timeWait
    return [recorded]
      + worlds(ofAddresses: [model.addresses * 2])
      + worlds(ofPorts: morePorts)
      + worlds(ofTimeWaits: [timeWait / 4])
      // A little longer than the server's, whose timers are late rather than early.
      + worlds(ofHolds: [timeWait + 5_000_000_000]) + worlds(of: options.presets)
      + worlds(ofLoads: [2])
  }

  /// A sample is taken for the recorded ports, and says too little of so many more.
  private var morePorts: [Int] {
    log.isWhole && model.ports < Self.usualPorts ? [Self.usualPorts] : []
  }

  private var recorded: Case {
    Case(group: .recorded, isRecorded: true, world: world)
  }

  private func `case`(
    _ group: Forecast.Row.Group, _ value: Double = 0, name: String? = nil,
    isRecorded: Bool = false, _ change: @escaping @Sendable (inout PortPolicy) -> Void
  ) -> Case {
    var world = world
    change(&world.policy)
    return Case(
      group: group, value: value, name: name, isRecorded: isRecorded, policyChange: change,
      world: world)
  }

  private var choices: [Case] {
    PortChoice.allCases.map { choice in
      `case`(
        .choice, name: choice.rawValue, isRecorded: choice == model.choice && model.isInferred
      ) { $0.choice = choice }
    }
  }

  private var addresses: [Case] {
    let recorded = model.addresses
    let usual = Set([1, 2, 3, 4, 8, recorded, recorded * 2, recorded * 4, max(1, recorded / 2)])
    return worlds(ofAddresses: values(options.addresses, Array(usual)))
  }

  private func worlds(ofAddresses counts: [Int]) -> [Case] {
    let (recorded, addressing) = (model.addresses, model.moreAddresses)
    return counts.map { count in
      `case`(.addresses, Double(count), isRecorded: count == recorded) {
        $0.addresses = count
        if count != recorded { $0.addressing = addressing }
      }
    }
  }

  private var ports: [Case] {
    worlds(
      ofPorts: values(options.ports, Array(Set([Self.usualPorts, 64_512, model.ports]))))
  }

  /// As many as Linux takes for connections of its own (`ip_local_port_range`), which most set-ups have.
  private static let usualPorts = 28_232

  private func worlds(ofPorts counts: [Int]) -> [Case] {
    counts.map { count in
      `case`(.ports, Double(count), isRecorded: count == model.ports) { $0.ports = count }
    }
  }

  private var timeWaits: [Case] {
    let usual = Set([1, 5, 15, 30, 60, 120, 240].map { $0 * 1_000_000_000 } + [world.timeWait])
    return worlds(ofTimeWaits: values(options.timeWaits, Array(usual)))
  }

  private func worlds(ofTimeWaits times: [Int64]) -> [Case] {
    times.map { time in
      var changed = world
      changed.timeWait = time
      return Case(
        group: .timeWait, value: Double(time) / 1_000_000_000, isRecorded: time == world.timeWait,
        world: changed)
    }
  }

  private var holds: [Case] {
    worlds(
      ofHolds: values(options.holds, [0, 1, 2, 7, 15, 30, 40, 65, 120].map { $0 * 1_000_000_000 }))
  }

  /// The hold is kept as long as there are ports; then this load balancer does what it has been seen to do.
  private func worlds(ofHolds times: [Int64]) -> [Case] {
    times.map { time in
      `case`(.hold, Double(time) / 1_000_000_000) { $0.keep(time) }
    }
  }

  private var presets: [Case] {
    worlds(of: options.presets.isEmpty ? LoadBalancerPreset.allCases : options.presets)
  }

  private func worlds(of presets: [LoadBalancerPreset]) -> [Case] {
    presets.map { preset in
      `case`(
        .preset, Double(preset.hold) / 1_000_000_000, name: preset.rawValue
      ) {
        $0.keep(preset.hold)
        $0.evicts = preset.evicts
        if let choice = preset.choice { $0.choice = choice }
      }
    }
  }

  private var others: [Case] {
    var cases = [
      Case(
        group: .clientCloses, world: world, change: .closedByClients)
    ]
    for requests in values(options.requests, [2, 5, 10, 100]) {
      cases.append(
        Case(
          group: .pooling, value: Double(requests), world: world,
          change: .pooled(requests: requests)))
    }
    var changed = world
    changed.hasMonotonicNumbers = true
    cases.append(
      Case(
        group: .monotonicNumbers, isRecorded: world.hasMonotonicNumbers, world: changed))
    for ignoresResets in [false, true] {
      changed = world
      changed.ignoresResets = ignoresResets
      cases.append(
        Case(
          group: .ignoredResets, name: ignoresResets ? "on" : "off",
          isRecorded: ignoresResets == world.ignoresResets, world: changed))
    }
    return cases
  }

  private var loads: [Case] {
    worlds(ofLoads: (options.loads.isEmpty ? [1.5, 2, 5, 10] : options.loads).sorted())
  }

  private func worlds(ofLoads loads: [Double]) -> [Case] {
    loads.map { load in
      Case(
        group: .load, value: load, world: world, change: .scaled(load: load))
    }
  }

  /// All load balancers on one pool, or one split over several that have a pool each.
  private var consolidations: [Case] {
    var cases: [Case] = []
    if balancers > 1 {
      for (name, addresses) in [
        ("one-pool", model.addresses), ("joint-pool", model.addresses * balancers),
      ] {
        let (recorded, addressing) = (model.addresses, model.moreAddresses)
        var one = `case`(.consolidation, Double(addresses), name: name) {
          $0.addresses = addresses
          if addresses != recorded { $0.addressing = addressing }
        }
        one.change = .merged
        cases.append(one)
      }
    }
    for count in values(options.splits, [2, 4])
    where count > 1 && count * balancers * log.services.count <= UInt16.max {
      cases.append(
        Case(
          group: .consolidation, value: Double(count * balancers), name: "split", world: world,
          change: .split(count)))
    }
    return cases
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

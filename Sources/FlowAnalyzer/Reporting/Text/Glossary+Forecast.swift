/// The closed lists of forecasts in plain words.

extension PortChoice {
  /// How it chooses, behind "chooses ports".
  var adverb: String {
    switch self {
    case .random: "at random"
    case .probing: "at random and, where one is taken, the next one that is free"
    case .hash: "by a hash of the client"
    case .preserving: "by keeping the client's where it is free"
    case .sequential: "in turn"
    case .leastRecent: "by taking the one that has been free for longest"
    case .mostRecent: "by taking the one that became free last"
    }
  }
}

extension Forecast.Absence {
  /// Why, behind "none"; nil where that needs no words.
  package var explanation: String? {
    switch self {
    case .notAsked, .noAttempts: nil
    case .fewAttempts: "there are too few attempts to forecast from."
    case .inconclusive: "the captures allow no verdict, and so no forecast."
    }
  }
}

extension Forecast.Row.Group {
  package var title: String {
    switch self {
    case .recorded: "as recorded"
    case .choice: "choice of ports"
    case .addresses: "SNAT addresses"
    case .ports: "ports of each address"
    case .timeWait: "TIME_WAIT of the server"
    case .hold: "the load balancer holds a closed port for"
    case .preset: "behind another load balancer"
    case .clientCloses: "who closes first"
    case .pooling: "requests on one connection"
    case .monotonicNumbers: "sequence numbers and timestamps"
    case .ignoredResets: "rfc1337 on the server"
    case .load: "times the recorded rate"
    case .consolidation: "fewer load balancers, or more with a pool each"
    }
  }
}

extension Forecast.Row {
  package var title: String {
    switch group {
    case .recorded: "as recorded"
    case .choice, .ignoredResets: name ?? ""
    case .addresses, .ports, .pooling: Quantity.count(Int(value))
    case .timeWait, .hold: Quantity.setting(Seconds(value))
    case .preset: "\(name ?? ""), \(Quantity.setting(Seconds(value)))"
    case .clientCloses: "the load balancer or the client"
    case .monotonicNumbers: "newer on each tuple"
    case .load: "\(value == value.rounded() ? String(Int(value)) : String(value))x"
    case .consolidation:
      switch name {
      case "one-pool": "one pool, \(Self.addresses(value))"
      case "joint-pool": "joint pool, \(Self.addresses(value))"
      default: "split over \(Quantity.count(Int(value)))"
      }
    }
  }

  private static func addresses(_ value: Double) -> String {
    Quantity.count(Int(value), "address", "addresses")
  }

  /// The world, where it stands without the title of its group.
  package var sentence: String {
    switch group {
    case .recorded: "as recorded"
    case .addresses: "with \(Quantity.count(Int(value), "SNAT address", "SNAT addresses"))"
    case .ports: "with \(title) ports of each address"
    case .timeWait: "TIME_WAIT of \(title)"
    case .hold: "ports held for \(title)"
    case .preset: "behind \(title)"
    case .load: "at \(title) the rate"
    case .choice, .clientCloses, .pooling, .monotonicNumbers, .ignoredResets,
      .consolidation:
      "\(group.title): \(title)"
    }
  }

  var addedText: String {
    addedSeconds.median == 0 ? "-" : Quantity.duration(Seconds(addedSeconds.median))
  }
}

extension Seconds {
  package init(_ seconds: Double) {
    self.init(nanoseconds: Int64((seconds * 1_000_000_000).rounded()))
  }
}

extension Forecast.Interval {
  /// `76 (71-82)`.
  package var text: String {
    low == high ? medianText : "\(medianText) (\(Self.number(low))-\(Self.number(high)))"
  }

  var medianOrDash: String { median == 0 ? "-" : medianText }

  var textOrDash: String { high == 0 ? "-" : text }

  var medianText: String { Self.number(median) }

  private static func number(_ value: Double) -> String { Quantity.count(Int(value.rounded())) }
}

extension Forecast.Recommendation.Measure {
  /// What to do.
  ///
  /// - Parameter row: what comes of it.
  func sentence(_ row: Forecast.Row) -> String {
    let value = row.value
    return switch self {
    case .addAddresses: "use \(Quantity.count(Int(value), "SNAT address", "SNAT addresses"))"
    case .addPorts: "use \(Quantity.count(Int(value), "port")) of each SNAT address"
    case .holdPorts:
      "let the load balancer hold closed ports for \(Quantity.count(Int(value))) s"
    case .changeChoice:
      PortChoice(rawValue: row.name ?? "").map { "choose ports \($0.adverb)" }
        ?? "choose ports otherwise"
    case .closeFromClient:
      "let the load balancer (or the client) close first, or end connections by a RST"
    case .pool: "send \(Quantity.count(Int(value))) requests over one connection"
    case .monotonicNumbers:
      "keep timestamps monotonic per SNAT address, or sequence numbers from the load balancer's clock"
    case .shortenTimeWait: "shorten the server's TIME_WAIT to \(Quantity.count(Int(value))) s"
    }
  }

  /// What it costs.
  func price(_ row: Forecast.Row, _ balancer: Forecast.LoadBalancer) -> String {
    let rest = balancer.choice == .random ? " With random ports some hits always remain." : ""
    return switch self {
    case .addAddresses: "It costs addresses.\(rest)"
    case .addPorts:
      "It costs no address, but the ports must be free for that: a wider range in the load balancer's pool, "
        + "or net.ipv4.ip_local_port_range.\(rest)"
    case .holdPorts:
      "It costs ports: up to \(row.peakPorts.medianText) toward one server at once; where there are no "
        + "more, connections are refused."
    case .changeChoice: "It changes nothing but the order of ports."
    case .closeFromClient:
      "TIME_WAIT then is at the load balancer's side, and needs its ports."
    case .pool:
      "The server's idle timeout must be longer than the load balancer's."
    case .monotonicNumbers:
      "Tuples are met as often, but the server lets the SYNs in."
    case .shortenTimeWait: "What comes later than that meets a new connection; see below."
    }
  }
}

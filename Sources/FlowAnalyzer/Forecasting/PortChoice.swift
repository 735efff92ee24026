/// How a load balancer chooses the SNAT port of a connection (reference `time-wait.md`, section 6.1).
public enum PortChoice: String, Sendable, CaseIterable {
  /// Any free port, each as likely, as the clouds do.
  case random
  /// Any port at random and, while that is taken, the next ones upward (nf_nat).
  case probing = "random-start"
  /// By a hash of the client's address and port.
  case hash
  /// The client's own port where it is free (nf_nat, IPVS, F5).
  case preserving = "port-preserving"
  /// The next free port of a counter (LVS FULLNAT, the kernel's choice for proxies).
  case sequential
  /// The port that has been free for longest (dpvs, HAProxy's port ranges).
  case leastRecent = "least-recently-used"
  /// The port that became free last, or the lowest.
  case mostRecent = "most-recently-used"
}

extension PortChoice {
  /// Ports rest until their turn comes, however short the hold.
  var goesInTurn: Bool { self == .sequential || self == .leastRecent }
  /// A client gets its own port again, and meets nobody but itself there.
  var isOfClient: Bool { self == .hash || self == .preserving }
}

/// How a load balancer gives ports out and keeps them back.
struct PortPolicy: Equatable {
  var choice: PortChoice
  /// SNAT addresses, and ports of each, that it may use toward one server.
  var addresses: Int
  var ports: Int
  /// How long after its close a connection keeps its port, in nanoseconds.
  var hold: Int64
  /// In this share of choices the hold is not respected although other ports are free.
  var leak: Double = 0
  /// Where no port is free, one that is held is given away; else the connection is refused. A search
  /// by number gives it away toward its end already (see `PortSearch`).
  var evicts = false
  /// The share of SYNs sent again for which the port of the first one is used again.
  var samePort: Double = 0
  var addressing = Addressing.together

  /// How the SNAT address of a connection is chosen.
  enum Addressing {
    /// Together with the port, among all of all addresses.
    case together
    /// By the client, always the same one for each: that which was recorded.
    case asRecorded
    /// By the client, but there is another number of addresses than was recorded: by a hash.
    case byClient
  }

  /// The same with so many times fewer ports of each address.
  func thinned(by scale: Double) -> PortPolicy {
    var thinned = self
    thinned.ports = max(1, Int((Double(ports) / scale).rounded()))
    return thinned
  }

  /// Ports among which one is chosen.
  var size: Int { addressing == .together ? addresses * ports : ports }
}

/// What happened, as the simulated server and load balancer know it; in the words of the report.
struct Truth {
  /// TIME_WAIT hits, by answer.
  struct Hits {
    var accepted = 0
    var rejected = 0
    var unanswered = 0
    /// The capture ended before an answer was due.
    var undetermined = 0
    var total = 0
  }

  /// SYNs on a tuple that was used not long before and is no longer held, by how that ended.
  struct Reuses {
    var expired = 0
    var otherSide = 0
    var reset = 0
  }

  var serverPackets = 0
  var clientPackets = 0
  var syns = 0
  var hits = Hits()
  var reuses = Reuses()
  /// Connections of which a SYN reached the server, and of those the ones with a hit.
  var attempts = 0
  var attemptsHit = 0
  /// SYNs for which the load balancer had no port.
  var notForwarded = 0
  /// TIME_WAITs entered by the server, and by clients.
  var serverTimeWaits = 0
  var clientTimeWaits = 0
  /// The most connections and TIME_WAITs at one time.
  var mostLive = 0
  var seconds = 0.0

  var json: String {
    """
    {
      "packets": {"server": \(serverPackets), "client": \(clientPackets)},
      "seconds": \(seconds),
      "syns": \(syns),
      "hits": {
        "total": \(hits.total), "accepted": \(hits.accepted), "rejected": \(hits.rejected),
        "unanswered": \(hits.unanswered), "undetermined": \(hits.undetermined)
      },
      "reuses": {
        "expired": \(reuses.expired), "otherSide": \(reuses.otherSide), "reset": \(reuses.reset)
      },
      "attempts": {"total": \(attempts), "hit": \(attemptsHit)},
      "timeWaits": {"server": \(serverTimeWaits), "peer": \(clientTimeWaits)},
      "clientSyns": {"total": \(syns + notForwarded), "notForwarded": \(notForwarded)},
      "mostLive": \(mostLive)
    }

    """
  }
}

/// Tells attempts apart as the report does: by SNAT address and initial sequence number within 70 s.
/// Among millions of connections a few share both by chance, and count as one.
struct AttemptLog {
  private var recent: Set<UInt64> = []
  private var order = Queue<(key: UInt64, until: UInt64)>()

  /// Whether this is a new one.
  mutating func add(_ address: UInt32, _ sequence: UInt32, at now: UInt64) -> Bool {
    while let first = order.first, first.until <= now {
      recent.remove(first.key)
      order.removeFirst()
    }
    let key = UInt64(address) << 32 | UInt64(sequence)
    order.append((key, now + 70_000_000_000))
    return recent.insert(key).inserted
  }
}

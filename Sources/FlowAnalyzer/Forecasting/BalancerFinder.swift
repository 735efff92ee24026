/// Which of the recorded SNAT addresses belong to one load balancer.
///
/// Capture points that see a common address stand behind the same load balancer; points whose addresses are
/// all their own stand behind different ones.
struct BalancerFinder {
  /// Of each source of the log, the number of its load balancer; in order of first appearance.
  let ofSource: [Int]
  let count: Int

  /// - Parameter points: the capture point of each capture, by name.
  init(_ log: ArrivalLog, points: [String]) {
    // Each source leads to another of its load balancer, or to itself.
    var leaders = Array(log.sources.indices)
    func leader(_ source: Int) -> Int {
      var source = source
      while leaders[source] != source { source = leaders[source] }
      return source
    }
    var firstOfPoint: [String: Int] = [:]
    for (source, captures) in log.sourceCaptures.enumerated() {
      for capture in captures where Int(capture) < points.count {
        let known = firstOfPoint[points[Int(capture)]] ?? source
        firstOfPoint[points[Int(capture)]] = known
        let (one, other) = (leader(known), leader(source))
        leaders[max(one, other)] = min(one, other)
      }
    }
    var numbers: [Int: Int] = [:]
    var ofSource: [Int] = []
    for source in log.sources.indices {
      let leader = leader(source)
      ofSource.append(numbers[leader, default: numbers.count])
      if numbers[leader] == nil { numbers[leader] = numbers.count }
    }
    guard numbers.count * log.services.count <= UInt16.max else {
      self.init(one: log)
      return
    }
    self.init(ofSource: ofSource, count: max(1, numbers.count))
  }

  private init(ofSource: [Int], count: Int) {
    self.ofSource = ofSource
    self.count = count
  }

  /// All are taken for one.
  init(one log: ArrivalLog) {
    self.init(ofSource: Array(repeating: 0, count: log.sources.count), count: 1)
  }

  /// What a report says of them; nothing where there is but one.
  func models(
    _ log: ArrivalLog, points: [String], addresses: borrowing AddressTable
  ) -> [Forecast.Balancer] {
    guard count > 1 else { return [] }
    var models = Array(
      repeating: Forecast.Balancer(points: [], addresses: [], attempts: 0), count: count)
    for (source, number) in ofSource.enumerated() {
      models[number].addresses.append(addresses[log.sources[source]])
      for capture in log.sourceCaptures[source] where Int(capture) < points.count {
        let point = points[Int(capture)]
        if !models[number].points.contains(point) { models[number].points.append(point) }
      }
    }
    var sampled = 0
    for arrival in log.arrivals where arrival.notes.contains(.ofAttempts) {
      models[ofSource[Int(arrival.source)]].attempts += 1
      sampled += 1
    }
    for number in models.indices {
      models[number].attempts = models[number].attempts * log.total / max(sampled, 1)
      models[number].addresses.sort()
      models[number].points.sort()
    }
    return models
  }
}

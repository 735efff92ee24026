// A forecast's parts, each with its fields in the order of their names.

extension PortChoice: JSONWritable {}
extension LinkPolicy: JSONWritable {}
extension Forecast.Basis.Limit: JSONWritable {}
extension Forecast.Row.Group: JSONWritable {}
extension Forecast.Recommendation.Measure: JSONWritable {}
extension Forecast.Absence: JSONWritable {}
extension LoadBalancerPreset: JSONWritable {}

extension Forecast: JSONWritable {
  func write(to json: inout JSONWriter) {
    json.object { json in
      json.field("balancers", balancers)
      json.field("basis", basis)
      json.field("isBrief", isBrief)
      json.field("lateSegments", lateSegments)
      json.field("links", links)
      json.field("loadBalancer", loadBalancer)
      json.field("rate", rate)
      json.field("recommendations", recommendations)
      json.field("rows", rows)
    }
  }
}

extension Forecast.Basis: JSONWritable {
  func write(to json: inout JSONWriter) {
    json.object { json in
      json.field("attempts", attempts)
      json.field("attemptsDelayed", attemptsDelayed)
      json.field("attemptsHit", attemptsHit)
      json.field("attemptsOmitted", attemptsOmitted)
      json.field("attemptsReplayed", attemptsReplayed)
      json.field("grade", grade)
      json.field("limits", limits)
      json.field("seed", seed)
      json.field("spanSeconds", spanSeconds)
      json.field("timeWaits", timeWaits)
    }
  }
}

extension Forecast.Balancer: JSONWritable {
  func write(to json: inout JSONWriter) {
    json.object { json in
      json.field("addresses", addresses)
      json.field("attempts", attempts)
      json.field("points", points)
    }
  }
}

extension Forecast.Rate: JSONWritable {
  func write(to json: inout JSONWriter) {
    json.object { json in
      json.field("meanLifetimeSeconds", meanLifetimeSeconds)
      json.field("newPerSecond", newPerSecond)
      json.field("peakPerSecond", peakPerSecond)
    }
  }
}

extension Forecast.Row.Entries: JSONWritable {
  func write(to json: inout JSONWriter) {
    json.object { json in
      json.field("expected", expected)
      json.field("peak", peak)
    }
  }
}

extension Forecast.LoadBalancer: JSONWritable {
  func write(to json: inout JSONWriter) {
    json.object { json in
      json.field("addresses", addresses)
      json.field("choice", choice)
      json.field("evicts", evicts)
      json.field("evidence", evidence)
      json.field("holdSeconds", holdSeconds)
      json.field("isInferred", isInferred)
      json.field("leak", leak)
      json.field("numbersRise", numbersRise)
      json.field("portsPerAddress", portsPerAddress)
    }
  }
}

extension Forecast.LoadBalancer.Evidence: JSONWritable {
  func write(to json: inout JSONWriter) {
    json.object { json in
      json.field("choices", choices)
      json.field("followingNumbers", followingNumbers)
      json.field("knownClientPorts", knownClientPorts)
      json.field("meanRank", meanRank)
      json.field("preservedPorts", preservedPorts)
      json.field("reuses", reuses)
      json.field("searchLikelihood", searchLikelihood)
    }
  }
}

extension Forecast.Interval: JSONWritable {
  func write(to json: inout JSONWriter) {
    json.object { json in
      json.field("high", high)
      json.field("low", low)
      json.field("median", median)
    }
  }
}

extension Forecast.Row: JSONWritable {
  func write(to json: inout JSONWriter) {
    json.object { json in
      json.field("addedSeconds", addedSeconds)
      json.field("attempts", attempts)
      json.field("attemptsHit", attemptsHit)
      json.field("delayed", delayed)
      json.field("entries", entries)
      json.field("expectedHits", expectedHits)
      json.field("group", group)
      json.field("isRecorded", isRecorded)
      json.field("name", name)
      json.field("peakPorts", peakPorts)
      json.field("refused", refused)
      json.field("value", value)
    }
  }
}

extension Forecast.LateSegments: JSONWritable {
  func write(to json: inout JSONWriter) {
    json.object { json in
      json.field("connections", connections)
      json.field("maximumSeconds", maximumSeconds)
      json.field("p50Seconds", p50Seconds)
      json.field("p999Seconds", p999Seconds)
      json.field("p99Seconds", p99Seconds)
    }
  }
}

extension Forecast.LinkSpread: JSONWritable {
  func write(to json: inout JSONWriter) {
    json.object { json in
      json.field("addresses", addresses)
      json.field("connections", connections)
      json.field("links", links)
      json.field("policy", policy)
    }
  }
}

extension Forecast.Recommendation: JSONWritable {
  func write(to json: inout JSONWriter) {
    json.object { json in
      json.field("measure", measure)
      json.field("row", row)
      json.field("value", value)
    }
  }
}

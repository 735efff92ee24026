// The counts of the report, each with its fields in the order of their names.

extension AnalysisReport.Summary: JSONWritable {
  func write(to json: inout JSONWriter) {
    json.object { json in
      json.field("addedSeconds", addedSeconds)
      json.field("attempts", attempts)
      json.field("clientSyns", clientSyns)
      json.field("killedConnections", killedConnections)
      json.field("pairs", pairs)
      json.field("syns", syns)
      json.field("timeWaits", timeWaits)
      json.field("unopenedTuples", unopenedTuples)
    }
  }
}

extension AnalysisReport.UnopenedTuples: JSONWritable {
  func write(to json: inout JSONWriter) {
    json.object { json in
      json.field("forgottenEarly", forgottenEarly)
      json.field("strays", strays)
      json.field("syns", syns)
      json.field("target", target)
    }
  }
}

extension AnalysisReport.AddedDelay: JSONWritable {
  func write(to json: inout JSONWriter) {
    json.object { json in
      json.field("histogram", histogram)
      json.field("maximum", maximum)
      json.field("percentiles", percentiles)
      json.field("total", total)
    }
  }
}

extension AnalysisReport.AddedDelay.Percentiles: JSONWritable {
  func write(to json: inout JSONWriter) {
    json.object { json in
      json.field("p50", p50)
      json.field("p90", p90)
      json.field("p95", p95)
      json.field("p99", p99)
      json.field("p999", p999)
    }
  }
}

extension AnalysisReport.AddedDelay.Bin: JSONWritable {
  func write(to json: inout JSONWriter) {
    json.object { json in
      json.field("attempts", attempts)
      json.field("belowSeconds", belowSeconds)
    }
  }
}

extension AnalysisReport.Attempts: JSONWritable {
  func write(to json: inout JSONWriter) {
    json.object { json in
      json.field("connected", connected)
      json.field("failed", failed)
      json.field("harmed", harmed)
      json.field("hit", hit)
      json.field("neverForwarded", neverForwarded)
      json.field("total", total)
      json.field("undetermined", undetermined)
    }
  }
}

extension AnalysisReport.ClientSyns: JSONWritable {
  func write(to json: inout JSONWriter) {
    json.object { json in
      json.field("notForwarded", notForwarded)
      json.field("repeated", repeated)
      json.field("slowConnections", slowConnections)
      json.field("total", total)
      json.field("unanswered", unanswered)
    }
  }
}

extension AnalysisReport.Pairs: JSONWritable {
  func write(to json: inout JSONWriter) {
    json.object { json in
      json.field("ambiguousRequests", ambiguousRequests)
      json.field("byMethod", byMethod)
      json.field("clientConnections", clientConnections)
      json.field("paired", paired)
      json.field("pairedServerConnections", pairedServerConnections)
      json.field("serverConnections", serverConnections)
      json.field("unpaired", unpaired)
    }
  }
}

extension AnalysisReport.Syns: JSONWritable {
  func write(to json: inout JSONWriter) {
    json.object { json in
      json.field("closing", closing)
      json.field("established", established)
      json.field("firstUses", firstUses)
      json.field("reasons", reasons)
      json.field("reuses", reuses)
      json.field("timeWait", timeWait)
      json.field("total", total)
    }
  }
}

extension AnalysisReport.ReasonCount: JSONWritable {
  func write(to json: inout JSONWriter) {
    json.object { json in
      json.field("answer", answer)
      json.field("hits", hits)
      json.field("reason", reason)
    }
  }
}

extension AnalysisReport.Answers: JSONWritable {
  func write(to json: inout JSONWriter) {
    json.object { json in
      json.field("accepted", accepted)
      json.field("rejected", rejected)
      json.field("reset", reset)
      json.field("total", total)
      json.field("unanswered", unanswered)
      json.field("undetermined", undetermined)
    }
  }
}

extension AnalysisReport.TimeWaits: JSONWritable {
  func write(to json: inout JSONWriter) {
    json.object { json in
      json.field("both", both)
      json.field("peer", peer)
      json.field("server", server)
      json.field("serverFinWait2", serverFinWait2)
    }
  }
}

// Findings, each with its fields in the order of their names.

extension AnalysisReport.Finding: JSONWritable {
  func write(to json: inout JSONWriter) {
    json.object { json in
      json.field("addedSeconds", addedSeconds)
      json.field("current", current)
      json.field("hits", hits)
      json.field("id", id)
      json.field("kind", kind)
      json.field("outcome", outcome)
      json.field("setupSeconds", setupSeconds)
      json.field("syns", syns)
    }
  }
}

extension AnalysisReport.Hit: JSONWritable {
  func write(to json: inout JSONWriter) {
    json.object { json in
      json.field("answer", answer)
      json.field("answeredAfterSeconds", answeredAfterSeconds)
      json.field("at", at)
      json.field("capture", capture)
      json.field("frame", frame)
      json.field("held", held)
      json.field("isn", isn)
      json.field("killedConnection", killedConnection)
      json.field("predicted", predicted)
      json.field("previous", previous)
      json.field("reason", reason)
      json.field("sequenceDistance", sequenceDistance)
      json.field("timestampDistance", timestampDistance)
      json.field("tuple", tuple)
    }
  }
}

extension AnalysisReport.Held: JSONWritable {
  func write(to json: inout JSONWriter) {
    json.object { json in
      json.field("ageSeconds", ageSeconds)
      json.field("end", end)
      json.field("evidence", evidence)
      json.field("freeAt", freeAt)
      json.field("restartedAt", restartedAt)
      json.field("since", since)
      json.field("state", state)
    }
  }
}

extension AnalysisReport.Party: JSONWritable {
  /// What is there for several clients only is left out where there is one.
  func write(to json: inout JSONWriter) {
    json.object { json in
      json.field("client", client)
      if let clientCount { json.field("clientCount", clientCount) }
      if let clients { json.field("clients", clients) }
      json.field("confidence", confidence)
      json.field("method", method)
    }
  }
}

extension AnalysisReport.Client: JSONWritable {
  func write(to json: inout JSONWriter) {
    json.object { json in
      json.field("ip", ip)
      json.field("port", port)
    }
  }
}

// The report's parts, each with its fields in the order of their names.

extension AnalysisReport.Capture: JSONWritable {
  func write(to json: inout JSONWriter) {
    json.object { json in
      json.field("contentHash", contentHash)
      json.field("dropped", dropped)
      json.field("duplicates", duplicates)
      json.field("error", error)
      json.field("firstPacket", firstPacket)
      json.field("lastPacket", lastPacket)
      json.field("packets", packets)
      json.field("path", path)
      json.field("point", point)
      json.field("role", role)
      json.field("skipped", skipped)
      json.field("tcpSegments", tcpSegments)
      json.field("truncated", truncated)
      json.field("warnings", warnings)
    }
  }
}

extension AnalysisReport.Anonymization: JSONWritable {
  func write(to json: inout JSONWriter) {
    json.object { json in
      json.field("keyFingerprint", keyFingerprint)
      json.field("method", method)
    }
  }
}

extension AnalysisReport.Selection: JSONWritable {
  func write(to json: inout JSONWriter) {
    json.object { json in
      json.field("filter", filter)
      json.field("since", since)
      json.field("until", until)
    }
  }
}

extension AnalysisReport.PointClock: JSONWritable {
  func write(to json: inout JSONWriter) {
    json.object { json in
      json.field("driftPpm", driftPpm)
      json.field("errorSeconds", errorSeconds)
      json.field("handshakes", handshakes)
      json.field("offsetSeconds", offsetSeconds)
      json.field("point", point)
    }
  }
}

extension AnalysisReport.Topology: JSONWritable {
  func write(to json: inout JSONWriter) {
    json.object { json in
      json.field("answersBypass", answersBypass)
      json.field("isEgress", isEgress)
      json.field("servers", servers)
      json.field("snatAddresses", snatAddresses)
      json.field("snatPorts", snatPorts)
      json.field("translation", translation)
      json.field("virtualAddresses", virtualAddresses)
      json.field("virtualServices", virtualServices)
    }
  }
}

extension AnalysisReport.Topology.PortRange: JSONWritable {
  func write(to json: inout JSONWriter) {
    json.object { json in
      json.field("connections", connections)
      json.field("firstPort", firstPort)
      json.field("ip", ip)
      json.field("lastPort", lastPort)
    }
  }
}

extension Coverage: JSONWritable {
  func write(to json: inout JSONWriter) {
    json.object { json in
      json.field("grade", grade)
      json.field("reasons", reasons)
    }
  }
}

extension AnalysisReport.HeldTuple: JSONWritable {
  func write(to json: inout JSONWriter) {
    json.object { json in
      json.field("freeAt", freeAt)
      json.field("since", since)
      json.field("state", state)
      json.field("tuple", tuple)
    }
  }
}

// MARK: - Analysis

extension AnalysisReport.Analysis: JSONWritable {
  func write(to json: inout JSONWriter) {
    json.object { json in
      json.field("lbHold", lbHold)
      json.field("server", server)
      json.field("timeWait", timeWait)
    }
  }
}

extension AnalysisReport.Analysis.LBHold: JSONWritable {
  func write(to json: inout JSONWriter) {
    json.object { json in
      json.field("atLeastSeconds", atLeastSeconds)
      json.field("atMostSeconds", atMostSeconds)
      json.field("named", named)
    }
  }
}

extension AnalysisReport.Analysis.LBHold.Named: JSONWritable {
  func write(to json: inout JSONWriter) {
    json.object { json in
      json.field("balancer", balancer)
      json.field("holdSeconds", holdSeconds)
      json.field("isContradicted", isContradicted)
    }
  }
}

extension AnalysisReport.Analysis.Server: JSONWritable {
  func write(to json: inout JSONWriter) {
    json.object { json in
      json.field("rfc1337", rfc1337)
      json.field("rfc1337Source", rfc1337Source)
      json.field("stack", stack)
      json.field("stackSource", stackSource)
    }
  }
}

extension AnalysisReport.Analysis.TimeWait: JSONWritable {
  func write(to json: inout JSONWriter) {
    json.object { json in
      json.field("assumedSeconds", assumedSeconds)
      json.field("measured", measured)
      json.field("source", source)
      json.field("warning", warning)
    }
  }
}

extension AnalysisReport.Analysis.Measured: JSONWritable {
  func write(to json: inout JSONWriter) {
    json.object { json in
      json.field("atLeastSeconds", atLeastSeconds)
      json.field("lessThanSeconds", lessThanSeconds)
    }
  }
}

// MARK: - Over time

extension AnalysisReport.Timeline: JSONWritable {
  func write(to json: inout JSONWriter) {
    json.object { json in
      json.field("hits", hits)
      json.field("newConnections", newConnections)
      json.field("snatPortsInUse", snatPortsInUse)
      json.field("start", start)
      json.field("stepSeconds", stepSeconds)
      json.field("timeWaitHeld", timeWaitHeld)
    }
  }
}

extension AnalysisReport.ReuseInterval: JSONWritable {
  func write(to json: inout JSONWriter) {
    json.object { json in
      json.field("belowSeconds", belowSeconds)
      json.field("hits", hits)
      json.field("others", others)
    }
  }
}

extension AnalysisReport.SourceAddress: JSONWritable {
  func write(to json: inout JSONWriter) {
    json.object { json in
      json.field("connections", connections)
      json.field("firstPort", firstPort)
      json.field("hits", hits)
      json.field("ip", ip)
      json.field("lastPort", lastPort)
      json.field("ports", ports)
    }
  }
}

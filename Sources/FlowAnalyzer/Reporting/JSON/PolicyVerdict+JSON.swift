extension PolicyVerdict: JSONWritable {
  func write(to json: inout JSONWriter) {
    json.object { json in
      json.field("baseline", baseline)
      json.field("coverage", coverage)
      json.field("outcome", outcome)
      json.field("policy", policy)
      json.field("rules", rules)
    }
  }
}

extension PolicyVerdict.CoverageRule: JSONWritable {
  func write(to json: inout JSONWriter) {
    json.object { json in
      json.field("actual", actual)
      json.field("outcome", outcome)
      json.field("required", required)
    }
  }
}

extension PolicyVerdict.Rule: JSONWritable {
  func write(to json: inout JSONWriter) {
    json.object { json in
      json.field("actual", actual)
      json.field("baseline", baseline)
      json.field("excess", excess)
      json.field("findings", findings)
      json.field("limit", limit)
      json.field("outcome", outcome)
      json.field("rule", name)
      json.field("unit", limit.unit)
    }
  }
}

extension PolicyVerdict.Pointer: JSONWritable {
  func write(to json: inout JSONWriter) {
    json.object { json in
      json.field("at", at)
      json.field("capture", capture)
      json.field("frame", frame)
      json.field("id", id)
      json.field("tuple", tuple)
    }
  }
}

extension PolicyVerdict.Comparison: JSONWritable {
  func write(to json: inout JSONWriter) {
    json.object { json in
      json.field("goneFindings", goneFindings)
      json.field("newFindings", newFindings)
      json.field("path", path)
      json.field("sameCaptures", sameCaptures)
    }
  }
}

extension PolicyVerdict.FindingList: JSONWritable {
  func write(to json: inout JSONWriter) {
    json.object { json in
      json.field("ids", ids)
      json.field("total", total)
    }
  }
}

extension Amount: JSONWritable {
  func write(to json: inout JSONWriter) {
    switch self {
    case .count(let count): json.number(Int64(count))
    case .share(let share): json.number(share.value)
    case .duration(let duration): duration.write(to: &json)
    }
  }
}

extension PolicyVerdict.Outcome: JSONWritable {}

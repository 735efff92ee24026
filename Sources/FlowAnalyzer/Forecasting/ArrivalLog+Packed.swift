/// What is looked up by, and what is still open, belongs to a run only.
extension ArrivalLog: Packed, Codable {
  func write(to writer: inout PackedWriter) {
    writer.write(count: limit)
    sample.write(to: &writer)
    for count in [total, hits, omitted, busiestSecond] { writer.write(count: count) }
    writer.write(count: sources.count)
    for (source, captures) in zip(sources, sourceCaptures) {
      writer.write(source)
      writer.write(count: captures.count)
      for capture in captures { writer.write(capture) }
    }
    writer.write(count: services.count)
    for service in services {
      writer.write(service.address)
      writer.write(service.port)
    }
    for waits in waits {
      writer.write(count: waits.count)
      for wait in waits { writer.write(signed: wait) }
    }
    lateness.write(to: &writer)
    writer.write(count: arrivals.count)
    var last: UInt32 = 0
    for arrival in arrivals {
      writer.write(arrival.number, from: last)
      last = arrival.number
      arrival.write(to: &writer)
    }
  }

  init(from reader: inout PackedReader) throws(DecodingError) {
    self.init(limit: try reader.number())
    sample = try ArrivalSample(from: &reader)
    total = try reader.count()
    hits = try reader.count()
    omitted = try reader.count()
    busiestSecond = try reader.count()
    let captures = try reader.array(most: Int(UInt16.max)) { reader throws(DecodingError) in
      (
        source: try reader.number(as: UInt32.self),
        captures: try reader.array { reader throws(DecodingError) in
          try reader.number(as: UInt32.self)
        }
      )
    }
    sources = captures.map(\.source)
    sourceCaptures = captures.map(\.captures)
    services = try reader.array(most: Int(UInt16.max)) { reader throws(DecodingError) in
      Service(address: try reader.number(), port: try reader.number())
    }
    for place in waits.indices {
      waits[place] = try reader.array(most: Self.keptWaits) { reader throws(DecodingError) in
        try reader.signed()
      }
    }
    lateness = try LatenessHistogram(from: &reader)
    var last: UInt32 = 0
    let ends = (sources: sources.count, services: services.count)
    arrivals = try reader.array { reader throws(DecodingError) in
      last = try reader.number(from: last)
      let arrival = try Arrival(from: &reader, number: last)
      guard max(arrival.source, arrival.acceptedSource) < ends.sources,
        arrival.service < ends.services
      else { throw reader.error("an attempt is of no source or service") }
      return arrival
    }
    guard omitted <= total, hits <= total, arrivals.count <= total - omitted else {
      throw reader.error("more is kept than there was")
    }
  }
}

extension ArrivalLog.Arrival {
  /// Its number apart.
  fileprivate func write(to writer: inout PackedWriter) {
    writer.write(time)
    writer.write(isn.value)
    writer.write(timestampValue)
    writer.write(nextExpected.value, from: isn.value)
    writer.write(timestampRecent, from: timestampValue)
    writer.write(acceptance)
    writer.write(duration)
    // One that is not known takes a character.
    writer.write(client &+ 1)
    writer.write(clientPort)
    writer.write(port)
    writer.write(acceptedPort ^ port)
    writer.write(source)
    writer.write(acceptedSource)
    writer.write(service)
    writer.write(notes.rawValue)
  }

  fileprivate init(from reader: inout PackedReader, number: UInt32) throws(DecodingError) {
    time = try reader.time()
    isn = SequenceNumber(try reader.number())
    timestampValue = try reader.number()
    nextExpected = SequenceNumber(try reader.number(from: isn.value))
    timestampRecent = try reader.number(from: timestampValue)
    acceptance = try reader.number()
    duration = try reader.number()
    client = try reader.number(as: UInt32.self) &- 1
    clientPort = try reader.number()
    port = try reader.number()
    acceptedPort = try reader.number(as: UInt16.self) ^ port
    source = try reader.number()
    acceptedSource = try reader.number()
    service = try reader.number()
    notes = Notes(rawValue: try reader.number())
    self.number = number
  }
}

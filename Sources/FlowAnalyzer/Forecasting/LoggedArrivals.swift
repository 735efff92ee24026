/// The logs of attempts of all parts of an audit, with the addresses that stand behind their numbers.
struct LoggedArrivals: Sendable, Codable {
  private(set) var logs: [ArrivalLog]
  private var addresses = NumberedAddresses()
  private var clients = NumberedAddresses()
  /// The most attempts within a second, of all logs together.
  private(set) var busiestSecond: Int

  /// - Parameters:
  ///   - busiestSecond: the most attempts within a second, of all logs together.
  ///   - take: gives the logs, with addresses, and those of clients, by the numbers of the tables.
  init(
    busiestSecond: Int? = nil,
    _ take: (_ addresses: inout AddressTable, _ clients: inout AddressTable) -> [ArrivalLog]
  ) {
    var addresses = AddressTable()
    var clients = AddressTable()
    logs = take(&addresses, &clients)
    self.busiestSecond = busiestSecond ?? logs.map(\.busiestSecond).max() ?? 0
    for log in logs {
      for address in log.sources { self.addresses.note(address, addresses) }
      for service in log.services { self.addresses.note(service.address, addresses) }
      for arrival in log.arrivals where arrival.client != ArrivalLog.Arrival.unknownClient {
        self.clients.note(arrival.client, clients)
      }
    }
  }

  mutating func shiftCaptures(by shift: UInt32) {
    for log in logs.indices {
      for source in logs[log].sourceCaptures.indices {
        for index in logs[log].sourceCaptures[source].indices {
          logs[log].sourceCaptures[source][index] &+= shift
        }
      }
    }
  }

  /// One log of all.
  ///
  /// - Parameters:
  ///   - parts: of one load balancer each, so that the busiest second is that of the busiest of them.
  ///   - addresses: what its addresses are numbered by; those of clients have numbers of their own.
  static func merged(
    _ parts: [LoggedArrivals], limit: Int, _ addresses: inout AddressTable
  ) -> ArrivalLog {
    var clients = AddressTable()
    var logs: [ArrivalLog] = []
    for part in parts {
      for var log in part.logs {
        log.renumber(
          address: { addresses.identifier(of: part.addresses[$0]) },
          client: { clients.identifier(of: part.clients[$0]) })
        logs.append(log)
      }
    }
    if logs.count == 1 { return logs[0] }
    let busiestSecond = parts.map(\.busiestSecond).max() ?? 0
    return ArrivalLog(merging: logs, limit: limit, busiestSecond: busiestSecond)
  }
}

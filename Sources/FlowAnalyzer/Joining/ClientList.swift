/// The clients of a connection that has carried several, the last first.
struct ClientList: Equatable {
  static let capacity = 8
  private(set) var clients: [Party] = []
  private(set) var count = 0

  init(_ first: Party) {
    clients = [first]
    count = 1
  }

  mutating func renumber(_ numbers: [UInt32: UInt32]) {
    for index in clients.indices { clients[index].renumber(numbers) }
  }

  mutating func add(_ client: Party) {
    clients.removeAll { $0.isSameClient(as: client) }
    clients.insert(client, at: 0)
    if clients.count > Self.capacity { clients.removeLast() }
    count += 1
  }
}

extension ClientList: Packed {
  func write(to writer: inout PackedWriter) {
    writer.write(clients)
    writer.write(count: count)
  }

  init(from reader: inout PackedReader) throws(DecodingError) {
    clients = try reader.array(most: Self.capacity)
    count = try reader.count()
  }
}

/// The addresses that stand behind numbers, for when the table that gave those has gone.
struct NumberedAddresses: Sendable, Equatable {
  /// Those that are not their own numbers, as those of IPv4 are.
  private var others: [UInt32: IPAddress] = [:]

  /// - Parameter number: as `table` gave it.
  mutating func note(_ number: UInt32, _ table: borrowing AddressTable) {
    guard number >= AddressTable.firstGiven else { return }
    others[number] = table[number]
  }

  subscript(number: UInt32) -> IPAddress {
    others.isEmpty ? IPAddress(v4: number) : others[number] ?? IPAddress(v4: number)
  }

  /// Adds those of another table.
  ///
  /// - Returns: the numbers under which they are found from now on, of those whose number changes.
  mutating func add(_ other: NumberedAddresses) -> [UInt32: UInt32] {
    guard !other.others.isEmpty else { return [:] }
    var numbers: [UInt32: UInt32] = [:]
    var known: [IPAddress: UInt32] = [:]
    for (number, address) in others { known[address] = number }
    var next = AddressTable.firstGiven
    for (number, address) in other.others.sorted(by: { $0.key < $1.key }) {
      if let own = known[address] {
        numbers[number] = own
      } else {
        while others[next] != nil { next += 1 }
        others[next] = address
        numbers[number] = next
      }
    }
    return numbers
  }
}

extension NumberedAddresses: Packed, Codable {
  func write(to writer: inout PackedWriter) {
    writer.write(count: others.count)
    for (number, address) in others.sorted(by: { $0.key < $1.key }) {
      writer.write(number)
      writer.write(address)
    }
  }

  init(from reader: inout PackedReader) throws(DecodingError) {
    let pairs = try reader.array { reader throws(DecodingError) in
      (try reader.number(as: UInt32.self), try reader.address())
    }
    others = Dictionary(pairs) { _, last in last }
  }
}

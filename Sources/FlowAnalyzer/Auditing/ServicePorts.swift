/// The ports that SYNs were sent to, where they are few.
struct ServicePorts: Equatable, Sendable, Codable {
  /// Of more than this none stands out: a scan, or protocols that open ports of their own.
  static let most = 4

  /// In their order; one more than `most` where there are too many.
  private(set) var lowest: [UInt16] = []

  /// Empty where there are too many.
  var ports: [UInt16] { lowest.count > Self.most ? [] : lowest }

  mutating func note(_ port: UInt16) {
    guard let place = lowest.firstIndex(where: { $0 >= port }) else {
      if lowest.count <= Self.most { lowest.append(port) }
      return
    }
    guard lowest[place] != port else { return }
    lowest.insert(port, at: place)
    if lowest.count > Self.most + 1 { lowest.removeLast() }
  }

  mutating func add(_ other: ServicePorts) { for port in other.lowest { note(port) } }
}

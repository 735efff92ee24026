/// Encrypts the addresses of a run, and what else would tell them, so that a report may be given to
/// others: the same address becomes the same one wherever it occurs, in every run with the same key.
///
/// Addresses come into an analysis at two places only, in segments (`BatchReader`) and in what load
/// balancers say of their clients (`Joiner`), and are encrypted there: nothing behind, no count, no
/// order, no format, ever sees a real one.
public final class AddressAnonymizer: @unchecked Sendable {
  /// As reports call the method.
  public static let method = "ipcrypt-pfx"

  private struct State: ~Copyable {
    var cipher: AddressCipher
    /// Few addresses occur again and again. Those of a flood do not fill the memory.
    var known: [IPAddress: IPAddress] = [:]
    let capacity: Int

    mutating func encrypted(_ address: IPAddress) -> IPAddress {
      if let known = known[address] { return known }
      let encrypted = cipher.encrypt(address)
      if known.count >= capacity { known.removeAll(keepingCapacity: true) }
      known[address] = encrypted
      return encrypted
    }
  }

  /// Looked at and changed under `monitor`.
  private var state: State
  private let monitor = Monitor()
  /// Of the key: equal in two reports that can be compared. It does not tell the key.
  public let keyFingerprint: String

  /// - Parameter key: 32 random bytes.
  public convenience init(key: [UInt8]) throws(AnonymizationError) {
    try self.init(key: key, remembering: 1 << 16)
  }

  /// - Parameter capacity: how many addresses are not encrypted again.
  init(key: [UInt8], remembering capacity: Int) throws(AnonymizationError) {
    var cipher = try AddressCipher(key: key)
    let fingerprint = cipher.fingerprint()
    keyFingerprint = String { $0.append(hexadecimal: fingerprint) }
    state = State(cipher: cipher, capacity: capacity)
  }

  func encrypted(_ address: IPAddress) -> IPAddress {
    monitor.withLock { state.encrypted(address) }
  }

  func encrypted(_ endpoint: Endpoint) -> Endpoint {
    Endpoint(address: encrypted(endpoint.address), port: endpoint.port)
  }

  /// A hash over a capture is one over its addresses, too: who guesses them could try.
  func disguised(_ hash: UInt64) -> UInt64 { monitor.withLock { state.cipher.disguise(hash) } }

  /// Encrypts the addresses of all segments.
  func encrypt(_ batch: inout SegmentBatch) {
    batch.mapAddresses { encrypted($0) }
  }
}

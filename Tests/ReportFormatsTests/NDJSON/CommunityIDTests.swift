import Foundation
import Testing

@testable import FlowAnalyzer
@testable import ReportFormats

@Suite("Community ID")
struct CommunityIDTests {
  /// FIPS 180 and RFC 3174 publish these.
  @Test(arguments: [
    ("", "da39a3ee5e6b4b0d3255bfef95601890afd80709"),
    ("abc", "a9993e364706816aba3e25717850c26c9cd0d89d"),
    (
      "abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq",
      "84983e441c3bd26ebaae4aa1f95129e5e54670f1"
    ),
    (
      String(repeating: "a", count: 1_000_000), "34aa973cd4c4daa4f61eeb2bdbad27316534016f"
    ),
  ])
  func `SHA-1 is that of the standard`(message: String, digest: String) {
    #expect(Self.hex(SHA1.digest(of: Array(message.utf8))) == digest)
  }

  @Test(.needs("python"))
  func `SHA-1 is that of hashlib for every length around its blocks`() throws {
    let messages = (0...200).map { length in (0..<length).map { UInt8(($0 * 7 + length) & 0xff) } }
    let script = """
      import hashlib, sys
      for line in sys.stdin:
          print(hashlib.sha1(bytes.fromhex(line.strip())).hexdigest())
      """
    let result = try Consumer.required("python").run(
      "-c", script, input: messages.map { Self.hex($0) + "\n" }.joined())
    result.expectSuccess()
    #expect(result.output == messages.map { Self.hex(SHA1.digest(of: $0)) + "\n" }.joined())
  }

  private static func hex(_ bytes: [UInt8]) -> String {
    bytes.map { ($0 < 16 ? "0" : "") + String($0, radix: 16) }.joined()
  }

  /// The first two stand in the specification.
  @Test(
    arguments: [
      ("128.232.110.120", 34855, "66.35.250.204", 80, "1:LQU9qZlK+B5F3KDmev6m5PMibrg="),
      ("66.35.250.204", 80, "128.232.110.120", 34855, "1:LQU9qZlK+B5F3KDmev6m5PMibrg="),
    ] as [(String, UInt16, String, UInt16, String)])
  func `a flow has the name that the specification gives it, in either direction`(
    source: String, sourcePort: UInt16, destination: String, destinationPort: UInt16, name: String
  ) throws {
    let tuple = FourTuple(
      source: Endpoint(address: try Self.v4(source), port: sourcePort),
      destination: Endpoint(address: try Self.v4(destination), port: destinationPort))
    #expect(CommunityID(tuple).description == name)
  }

  private static func v4(_ text: String) throws -> IPAddress {
    let octets = text.split(separator: ".").compactMap { UInt32($0) }
    try #require(octets.count == 4)
    return IPAddress(v4: octets.reduce(0) { $0 << 8 | $1 })
  }

  @Test(.needs("python"))
  func `names are those of the reference for addresses and ports in any order`() throws {
    var random = SystemRandomNumberGenerator()
    let tuples = (0..<500).map { index in
      let ends = (0..<2).map { _ in
        // Few values, so that addresses and ports are often equal.
        Endpoint(
          address: index % 2 == 0
            ? IPAddress(v4: UInt32.random(in: 0...3, using: &random) << 30 | 7)
            : IPAddress(v6High: UInt64.random(in: 0...2, using: &random) << 62, low: .max),
          port: [1, 255, 256, 65535][Int.random(in: 0..<4, using: &random)])
      }
      return FourTuple(source: ends[0], destination: ends[1])
    }
    let script = """
      import sys
      from communityid import CommunityID, FlowTuple
      for line in sys.stdin:
          source, sport, destination, dport = line.split()
          print(CommunityID().calc(FlowTuple.make_tcp(source, destination, int(sport), int(dport))))
      """
    let input = tuples.map {
      "\($0.source.address) \($0.source.port) \($0.destination.address) \($0.destination.port)\n"
    }.joined()
    let result = try Consumer.required("python").run("-c", script, input: input)
    result.expectSuccess()
    let names = result.output.split(separator: "\n").map(String.init)
    #expect(names.count == tuples.count)
    for (tuple, name) in zip(tuples, names) {
      #expect(CommunityID(tuple).description == name, "\(tuple)")
    }
  }
}

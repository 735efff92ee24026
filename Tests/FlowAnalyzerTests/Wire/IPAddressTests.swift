import Testing

@testable import FlowAnalyzer

@Suite struct IPAddressTests {
  @Test(arguments: [
    (0x0a0a_0101 as UInt32, "10.10.1.1"), (0, "0.0.0.0"), (0xffff_ffff, "255.255.255.255"),
  ])
  func `IPv4 prints as a dotted quad`(address: UInt32, text: String) {
    #expect("\(IPAddress(v4: address))" == text)
  }

  @Test(arguments: [
    (0 as UInt64, 0 as UInt64, "::"),
    (0, 1, "::1"),
    (0xfd10_0000_0000_0000, 1, "fd10::1"),
    (0xfd68_0001_0000_0000, 1, "fd68:1::1"),
    // A single zero group is not shortened, and of two equal runs the first is.
    (0x2001_0db8_0000_0001, 0x0001_0001_0001_0001, "2001:db8:0:1:1:1:1:1"),
    (0x2001_0db8_0000_0000, 0x0001_0000_0000_0001, "2001:db8::1:0:0:1"),
    (0x2001_0000_0000_0001, 0x0000_0000_0000_0001, "2001:0:0:1::1"),
    (0x0001_0002_0003_0004, 0x0005_0006_0007_0008, "1:2:3:4:5:6:7:8"),
    (0x0001_0000_0000_0000, 0, "1::"),
    (0, 0xffff_c000_0201, "::ffff:192.0.2.1"),
    (0xabcd_ef00_0000_0000, 0xa, "abcd:ef00::a"),
  ])
  func `IPv6 prints in its canonical form`(high: UInt64, low: UInt64, text: String) {
    #expect("\(IPAddress(v6High: high, low: low))" == text)
  }

  @Test func `an endpoint of IPv6 stands in brackets`() {
    let address = IPAddress(v6High: 0xfd10 << 48, low: 1)
    #expect("\(Endpoint(address: address, port: 80))" == "[fd10::1]:80")
    #expect("\(Endpoint(address: IPAddress(v4: 1), port: 80))" == "0.0.0.1:80")
  }
}

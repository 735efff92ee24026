import CPcap
import Glibc

/// What libpcap calls the link types of capture files, for errors.
enum DataLink {
  /// libpcap's number for a link type, and its name if it has one.
  ///
  /// Most link types have the number in files that they have in libpcap. For the others it has a
  /// table, which it does not lend: it is asked by way of a capture without packets.
  static func describe(linkType: UInt32) -> (number: Int32, name: String?) {
    var header: [UInt32] = [0xa1b2_c3d4, 0x0004_0002, 0, 0, 0, linkType]
    // SAFETY: the stream reads from `header`, which outlives it.
    let number = unsafe header.withUnsafeMutableBytes { bytes in
      guard let file = unsafe fmemopen(bytes.baseAddress, bytes.count, "rb") else {
        return Int32(bitPattern: linkType)
      }
      guard let handle = unsafe pcap_fopen_offline(file, nil) else {
        unsafe fclose(file)
        return Int32(bitPattern: linkType)
      }
      defer { unsafe pcap_close(handle) }
      return unsafe pcap_datalink(handle)
    }
    return (number, name(of: number))
  }

  static func name(of number: Int32) -> String? {
    unsafe pcap_datalink_val_to_name(number).map { unsafe String(cString: $0) }
  }
}

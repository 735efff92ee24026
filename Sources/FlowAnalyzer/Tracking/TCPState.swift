/// The state of one endpoint (RFC 9293, section 3.3.2), as far as a capture can tell.
public enum TCPState: UInt8, BitwiseCopyable, Sendable, CaseIterable, Codable {
  case closed
  case synSent
  case synReceived
  case established
  case finWait1
  case finWait2
  case closeWait
  case closing
  case lastAck
  case timeWait
}

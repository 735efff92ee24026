/// Load balancers as they come (reference, sections 2 and 6.1).
public enum LoadBalancerPreset: String, Sendable, CaseIterable, Codable {
  case dpvs
  case lvsFullNAT = "lvs-fullnat"
  case f5
  case netscaler
  case fortigate
  case paloAlto = "palo-alto"
  case ipvs
  case nfConntrack = "nf-conntrack"
  case azure
  case gcp

  /// How long a port is held after a close, in nanoseconds.
  public var hold: Int64 {
    let seconds: Int64 =
      switch self {
      case .fortigate: 1
      case .f5: 2
      case .dpvs, .lvsFullNAT: 7
      case .paloAlto: 15
      case .netscaler: 40
      case .azure: 65
      case .ipvs, .nfConntrack, .gcp: 120
      }
    return seconds * 1_000_000_000
  }

  /// Nil where it is not known: then it chooses as the recorded one does.
  var choice: PortChoice? {
    switch self {
    case .dpvs: .leastRecent
    case .lvsFullNAT: .sequential
    case .f5, .nfConntrack, .ipvs: .preserving
    case .azure: .random
    case .netscaler, .fortigate, .paloAlto, .gcp: nil
    }
  }

  /// From Linux 6.5 on, nf_nat gives held ports away where no other is left.
  var evicts: Bool { self == .nfConntrack }
}

import ArgumentParser
import FlowAnalyzer

/// What is known about the load balancer beforehand.
struct BalancerOptions: ParsableArguments {
  @Option(
    help: ArgumentHelp(
      "A load balancer with its default timers, for comparison in forecasts: "
        + "\(LoadBalancerPreset.explanation).",
      discussion: """
        Forecasts say what this traffic would do behind it; without, behind the one that was recorded, \
        whose hold is measured (whatif compares with all of them). Where the captures contradict it, \
        the report says so. May be given several times, to compare.
        """,
      valueName: "name"),
    completion: .list(LoadBalancerPreset.allCases.map(\.rawValue)),
    transform: LoadBalancerPreset.parse)
  var lb: [LoadBalancerPreset] = []

  /// Each once, in the order of the command line.
  var balancers: [LoadBalancerPreset] {
    var seen: Set<LoadBalancerPreset> = []
    return lb.filter { seen.insert($0).inserted }
  }
}

extension LoadBalancerPreset: ExplainedArgument {
  init?(argument: String) { self.init(rawValue: argument) }

  static var explanation: String {
    let names = allCases.map(\.rawValue)
    return "\(names.dropLast().joined(separator: ", ")) or \(names.last ?? "")"
  }
}

public import ArgumentParser
public import FlowAnalyzer

/// What is known about the load balancer beforehand.
struct BalancerOptions: ParsableArguments {
  @Option(
    help: ArgumentHelp(
      "A load balancer as it comes: how long it holds ports, and how it chooses them.",
      discussion: """
        Forecasts say what this traffic would do behind it; without, behind the one that was recorded, \
        whose hold is measured (whatif compares with all of them). Where the captures contradict it, \
        the report says so. May be given several times, to compare.
        """,
      valueName: "name"))
  var lb: [LoadBalancerPreset] = []

  /// Each once, in the order of the command line.
  var balancers: [LoadBalancerPreset] {
    var seen: Set<LoadBalancerPreset> = []
    return lb.filter { seen.insert($0).inserted }
  }
}

// A conformance of a public type is public, and so must be the imports of both.
extension LoadBalancerPreset: ExpressibleByArgument {}

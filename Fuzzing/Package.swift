// swift-tools-version: 6.3
import PackageDescription

// libFuzzer on what strangers' bytes reach, in a package of its own, so that users of snat-audit do not
// build it: `make fuzz`. What is checked of an input stands beside the tests, which check the same:
// FuzzTargets is a link to it.

let package = Package(
  name: "snat-audit-fuzzing",
  dependencies: [.package(name: "snat-audit", path: "..")],
  targets: [
    // Declares libFuzzer's entry, which comes with the compiler.
    .target(name: "CLibFuzzer"),
    .target(
      name: "FuzzTargets", dependencies: [.product(name: "FlowAnalyzer", package: "snat-audit")]),
    .executableTarget(name: "fuzz", dependencies: ["CLibFuzzer", "FuzzTargets"]),
  ]
)

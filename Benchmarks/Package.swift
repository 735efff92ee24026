// swift-tools-version: 6.1
import PackageDescription

// Micro-benchmarks, in a package of their own, so that users of snat-audit neither fetch nor build
// what they need: `make bench-stages`. What makes the captures is in Tools/, and needs less.

let package = Package(
  name: "snat-audit-benchmarks",
  dependencies: [
    .package(name: "snat-audit", path: ".."),
    // Without its traits: they count allocations, and need packages and a malloc of their own.
    .package(url: "https://github.com/ordo-one/benchmark", from: "1.38.1", traits: []),
  ],
  targets: [
    .executableTarget(
      name: "Stages",
      dependencies: [
        .product(name: "FlowAnalyzer", package: "snat-audit"),
        .product(name: "Benchmark", package: "benchmark"),
      ],
      path: "Benchmarks/Stages",
      plugins: [.plugin(name: "BenchmarkPlugin", package: "benchmark")])
  ]
)

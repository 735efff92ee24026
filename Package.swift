// swift-tools-version: 6.3
import PackageDescription

let strict: [SwiftSetting] = [
  .strictMemorySafety(),
  .enableUpcomingFeature("ExistentialAny"),
  .enableUpcomingFeature("InternalImportsByDefault"),
  .enableUpcomingFeature("MemberImportVisibility"),
]

let package = Package(
  name: "snat-audit",
  products: [
    .executable(name: "snat-audit", targets: ["snat-audit"]),
    .library(name: "FlowAnalyzer", targets: ["FlowAnalyzer"]),
  ],
  dependencies: [
    .package(url: "https://github.com/apple/swift-argument-parser", from: "1.8.2"),
    .package(url: "https://github.com/apple/swift-collections", from: "1.6.0"),
    .package(url: "https://github.com/hummingbird-project/swift-mustache", from: "2.1.1"),
    .package(url: "https://github.com/jpsim/Yams", from: "6.2.2"),
  ],
  targets: [
    .systemLibrary(name: "CPcap", pkgConfig: "libpcap", providers: [.apt(["libpcap-dev"])]),
    .systemLibrary(name: "CZlib", pkgConfig: "zlib", providers: [.apt(["zlib1g-dev"])]),
    .systemLibrary(name: "CZstd", pkgConfig: "libzstd", providers: [.apt(["libzstd-dev"])]),
    .systemLibrary(name: "CLZ4", pkgConfig: "liblz4", providers: [.apt(["liblz4-dev"])]),
    .systemLibrary(name: "CCrypto", pkgConfig: "libcrypto", providers: [.apt(["libssl-dev"])]),
    // One function that Swift has no word for.
    .systemLibrary(name: "CPrefetch"),
    // Another one, of the C library.
    .target(name: "CAffinity"),
    .target(
      name: "FlowAnalyzer",
      dependencies: [
        "CCrypto", "CPcap", "CZlib", "CZstd", "CLZ4", "CPrefetch",
        .product(name: "BasicContainers", package: "swift-collections"),
        .product(name: "HeapModule", package: "swift-collections"),
      ],
      swiftSettings: strict),
    // Where people look for them, in `Schemas/`, and in the program: one file each.
    .target(
      name: "Schemas", path: "Schemas",
      resources: [
        .embedInCode("report-1.schema.json"), .embedInCode("connection-1.schema.json"),
      ], swiftSettings: strict),
    .target(
      name: "ReportFormats",
      dependencies: ["FlowAnalyzer", .product(name: "Mustache", package: "swift-mustache")],
      resources: [.embedInCode("HTML/Templates")],
      swiftSettings: strict),
    .executableTarget(
      name: "snat-audit",
      dependencies: [
        "CAffinity", "FlowAnalyzer", "ReportFormats", "Schemas",
        .product(name: "Yams", package: "Yams"),
        .product(name: "ArgumentParser", package: "swift-argument-parser"),
      ],
      swiftSettings: strict),
    .target(
      name: "Fixtures", path: "Tests/Fixtures", exclude: ["README.md"],
      resources: [.copy("Captures")], swiftSettings: strict),
    .testTarget(
      name: "FlowAnalyzerTests", dependencies: ["FlowAnalyzer", "Fixtures", "CPcap"],
      exclude: ["Hostile/Regressions"], swiftSettings: strict),
    .testTarget(
      name: "ReportFormatsTests",
      dependencies: ["FlowAnalyzer", "ReportFormats", "Schemas", "Fixtures"],
      exclude: ["Snapshots"],
      swiftSettings: strict),
    .testTarget(
      name: "SnatAuditTests",
      dependencies: [
        "snat-audit", "FlowAnalyzer", "Fixtures",
        .product(name: "ArgumentParser", package: "swift-argument-parser"),
      ],
      exclude: ["Snapshots"], swiftSettings: strict),
  ]
)

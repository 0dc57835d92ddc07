// swift-tools-version: 6.2
import PackageDescription

/// Every target of this package is compiled in the Swift 6 language mode, and a warning stops the build.
let strict: [SwiftSetting] = [.treatAllWarnings(as: .error)]

let package = Package(
  name: "riskdeck",
  products: [.executable(name: "riskdeck", targets: ["riskdeck"])],
  dependencies: [
    .package(url: "https://github.com/apple/swift-argument-parser", from: "1.8.2"),
    .package(url: "https://github.com/jpsim/Yams", from: "6.2.2"),
  ],
  targets: [
    .systemLibrary(name: "CNcurses"),
    .systemLibrary(name: "CLibpq"),
    .systemLibrary(name: "CCurl"),
    .systemLibrary(name: "CCrypto"),
    .target(
      name: "Languages", dependencies: [.product(name: "Yams", package: "Yams")], swiftSettings: strict),
    .target(name: "Postgres", dependencies: ["CLibpq"], swiftSettings: strict),
    .target(
      name: "Pipeline",
      dependencies: ["Postgres", "CCurl", "CCrypto", .product(name: "Yams", package: "Yams")],
      swiftSettings: strict),
    .target(
      name: "Workstation",
      dependencies: ["Languages", "Pipeline", .product(name: "Yams", package: "Yams")],
      swiftSettings: strict),
    .target(name: "Terminal", dependencies: ["CNcurses", "Workstation"], swiftSettings: strict),
    .executableTarget(
      name: "riskdeck",
      dependencies: [
        "Languages", "Postgres", "Pipeline", "Workstation", "Terminal",
        .product(name: "ArgumentParser", package: "swift-argument-parser"),
      ],
      swiftSettings: strict),
    .target(
      name: "TestSupport", dependencies: ["Postgres", "Pipeline"], path: "Tests/TestSupport",
      swiftSettings: strict),
    .testTarget(
      name: "PostgresTests", dependencies: ["Postgres", "TestSupport"], swiftSettings: strict),
    .testTarget(
      name: "PipelineTests", dependencies: ["Pipeline", "TestSupport"], swiftSettings: strict),
    .testTarget(
      name: "LanguagesTests", dependencies: ["Languages", "TestSupport"], swiftSettings: strict),
    .testTarget(
      name: "WorkstationTests", dependencies: ["Languages", "Workstation", "TestSupport"],
      swiftSettings: strict),
    .executableTarget(
      name: "TerminalDemo", dependencies: ["Terminal", "Workstation"], path: "Tests/TerminalDemo",
      swiftSettings: strict),
    .executableTarget(
      name: "CasesBenchmark", dependencies: ["Postgres", "Pipeline", "TestSupport"], path: "Benchmarks/cases",
      swiftSettings: strict),
    .executableTarget(
      name: "ScoringBenchmark", dependencies: ["Pipeline"], path: "Benchmarks/scoring", exclude: ["twin.py"],
      swiftSettings: strict),
    .executableTarget(
      name: "RunBenchmark", dependencies: ["Pipeline", "Postgres"], path: "Benchmarks/runs",
      swiftSettings: strict),
    .executableTarget(
      name: "WhatIfBenchmark", dependencies: ["Pipeline"], path: "Benchmarks/what-if", swiftSettings: strict),
    .testTarget(
      name: "TerminalTests", dependencies: ["Terminal", "TerminalDemo", "TestSupport"], swiftSettings: strict),
    .testTarget(
      name: "IntegrationTests",
      dependencies: [
        "Languages", "Postgres", "Pipeline", "Workstation", "TestSupport", "riskdeck",
        .product(name: "Yams", package: "Yams"),
      ],
      swiftSettings: strict),
  ],
  swiftLanguageModes: [.v6]
)

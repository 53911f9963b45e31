// swift-tools-version: 6.1
import PackageDescription

/// Every Swift target is built the same way: Swift 6 mode, explicit existentials, imports that say what they expose.
let strict: [SwiftSetting] = [
  .swiftLanguageMode(.v6),
  .enableUpcomingFeature("ExistentialAny"),
  .enableUpcomingFeature("MemberImportVisibility"),
  .enableUpcomingFeature("InternalImportsByDefault"),
]

let log = Target.Dependency.product(name: "Logging", package: "swift-log")
let metrics = Target.Dependency.product(name: "Metrics", package: "swift-metrics")

let package = Package(
  name: "usher",
  dependencies: [
    .package(url: "https://github.com/apple/swift-log", from: "1.16.2"),
    .package(url: "https://github.com/apple/swift-metrics", from: "2.13.0"),
  ],
  targets: [
    .target(name: "CReactor"),
    .target(name: "Reactor", dependencies: ["CReactor"], swiftSettings: strict),
    .testTarget(name: "ReactorTests", dependencies: ["Reactor", "CReactor"], swiftSettings: strict),
    .systemLibrary(name: "CCrypto", pkgConfig: "libcrypto", providers: [.apt(["libssl-dev"])]),
    .target(name: "FieldEncryption", dependencies: ["CCrypto"], swiftSettings: strict),
    .testTarget(name: "FieldEncryptionTests", dependencies: ["FieldEncryption"], swiftSettings: strict),
    .target(name: "ServiceQueue", swiftSettings: strict),
    .target(name: "Telemetry", dependencies: [log, metrics], swiftSettings: strict),
    .testTarget(name: "ServiceQueueTests", dependencies: ["ServiceQueue"], swiftSettings: strict),
    .testTarget(name: "TelemetryTests", dependencies: ["Telemetry", log, metrics], swiftSettings: strict),
  ]
)

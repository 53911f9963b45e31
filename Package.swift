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
let deque = Target.Dependency.product(name: "DequeModule", package: "swift-collections")
let tracing = Target.Dependency.product(name: "Tracing", package: "swift-distributed-tracing")
let lifecycle = Target.Dependency.product(name: "ServiceLifecycle", package: "swift-service-lifecycle")

/// The OpenAPI document, a fragment a concern, built into the program.
let openAPIFiles = [
  "base.json", "auth.json", "tokens.json", "users.json", "people.json", "queues.json", "services.json", "history.json",
  "reports.json", "audit.json", "subjects.json", "deadletters.json", "links.json",
]

let package = Package(
  name: "usher",
  platforms: [.macOS(.v15)],
  products: [
    .executable(name: "usher", targets: ["usher"])
  ],
  dependencies: [
    .package(url: "https://github.com/apple/swift-argument-parser", from: "1.8.2"),
    .package(url: "https://github.com/apple/swift-certificates", from: "1.21.1"),
    .package(url: "https://github.com/apple/swift-collections", from: "1.6.0"),
    .package(url: "https://github.com/apple/swift-configuration", from: "1.4.0"),
    .package(url: "https://github.com/apple/swift-crypto", from: "4.5.2"),
    .package(url: "https://github.com/apple/swift-distributed-tracing", from: "1.7.3"),
    .package(url: "https://github.com/apple/swift-http-types", from: "1.8.0"),
    .package(url: "https://github.com/apple/swift-log", from: "1.16.2"),
    .package(url: "https://github.com/apple/swift-metrics", from: "2.13.0"),
    .package(url: "https://github.com/apple/swift-nio", from: "2.101.2"),
    .package(url: "https://github.com/apple/swift-nio-extras", from: "1.35.2"),
    .package(url: "https://github.com/apple/swift-protobuf", from: "1.39.0"),
    .package(url: "https://github.com/grpc/grpc-swift-2", from: "2.4.3"),
    .package(url: "https://github.com/grpc/grpc-swift-nio-transport", from: "2.9.2"),
    .package(url: "https://github.com/grpc/grpc-swift-protobuf", from: "2.4.1"),
    .package(url: "https://github.com/HdrHistogram/hdrhistogram-swift", from: "0.2.0"),
    .package(url: "https://github.com/hummingbird-project/hummingbird", from: "2.28.1"),
    .package(url: "https://github.com/swift-server/async-http-client.git", from: "1.37.0"),
    .package(url: "https://github.com/swift-server/swift-service-lifecycle", from: "2.13.0"),
    .package(url: "https://github.com/vapor/jwt-kit", from: "5.7.1"),
  ],
  targets: [
    // C libraries, found through pkg-config. Each is imported by one Swift target alone.
    .systemLibrary(name: "CHiredis", pkgConfig: "hiredis", providers: [.apt(["libhiredis-dev"])]),
    .systemLibrary(name: "CRabbitMQ", pkgConfig: "librabbitmq", providers: [.apt(["librabbitmq-dev"])]),
    .systemLibrary(name: "CPostgres", pkgConfig: "libpq", providers: [.apt(["libpq-dev"])]),
    .systemLibrary(name: "CCrypto", pkgConfig: "libcrypto", providers: [.apt(["libssl-dev"])]),
    .systemLibrary(name: "CZlib", pkgConfig: "zlib", providers: [.apt(["zlib1g-dev"])]),
    .target(name: "CReactor"),
    .target(name: "CConsole"),

    // The domain: pure, no I/O.
    .target(name: "ServiceQueue", swiftSettings: strict),

    // Rooms around it. An entry in `dependencies` is the only import there is.
    .target(name: "Reactor", dependencies: ["CReactor"], swiftSettings: strict),
    .target(
      name: "RedisBroker",
      dependencies: ["ServiceQueue", "Reactor", "CHiredis", log, metrics, lifecycle, deque],
      resources: [.embedInCode("Functions/usher.lua")],
      swiftSettings: strict),
    .target(
      name: "Intake",
      dependencies: ["ServiceQueue", "Reactor", "CRabbitMQ", log, metrics, tracing, lifecycle],
      resources: [.embedInCode("Rules/rules.schema.json")],
      swiftSettings: strict),
    .target(
      name: "FieldEncryption", dependencies: ["CCrypto"],
      resources: [.embedInCode("Passwords/common-passwords.txt")], swiftSettings: strict),
    .target(
      name: "UserStore",
      dependencies: ["ServiceQueue", "FieldEncryption", "Reactor", "CPostgres", log, metrics, lifecycle, deque],
      swiftSettings: strict),
    .target(
      name: "BrokerRPC",
      dependencies: [
        "ServiceQueue", log, metrics, tracing, lifecycle,
        .product(name: "GRPCCore", package: "grpc-swift-2"),
        .product(name: "GRPCNIOTransportHTTP2Posix", package: "grpc-swift-nio-transport"),
        .product(name: "GRPCProtobuf", package: "grpc-swift-protobuf"),
        .product(name: "NIOCertificateReloading", package: "swift-nio-extras"),
        .product(name: "SwiftProtobuf", package: "swift-protobuf"),
        .product(name: "X509", package: "swift-certificates"),
      ],
      exclude: ["Protobuf/generate", "Protobuf/grpc", "Protobuf/usher"],
      swiftSettings: strict),
    .target(
      name: "Telemetry", dependencies: [log, tracing, .product(name: "CoreMetrics", package: "swift-metrics")],
      swiftSettings: strict),
    .target(
      name: "Gateway",
      dependencies: [
        "ServiceQueue", "FieldEncryption", "UserStore", "CConsole", "CZlib", log, metrics, tracing, lifecycle,
        .product(name: "AsyncHTTPClient", package: "async-http-client"),
        .product(name: "Hummingbird", package: "hummingbird"),
        .product(name: "HummingbirdCore", package: "hummingbird"),
        .product(name: "NIOHTTPTypes", package: "swift-nio-extras"),
        .product(name: "NIOHTTPTypesHTTP1", package: "swift-nio-extras"),
        .product(name: "HTTPTypes", package: "swift-http-types"),
        .product(name: "NIOCore", package: "swift-nio"),
        .product(name: "NIOPosix", package: "swift-nio"),
        .product(name: "NIOHTTP1", package: "swift-nio"),
        .product(name: "NIOWebSocket", package: "swift-nio"),
        .product(name: "JWTKit", package: "jwt-kit"),
        .product(name: "SwiftProtobuf", package: "swift-protobuf"),
      ],
      exclude: ["Centrifuge/Protobuf/client.proto", "Console"],
      resources: openAPIFiles.map { .embedInCode("OpenAPI/\($0)") },
      swiftSettings: strict),
    .executableTarget(
      name: "usher",
      dependencies: [
        "ServiceQueue", "Reactor", "RedisBroker", "BrokerRPC", "Intake", "FieldEncryption", "UserStore", "Gateway",
        "Telemetry",
        log, metrics, tracing, lifecycle,
        .product(name: "UnixSignals", package: "swift-service-lifecycle"),
        .product(name: "ArgumentParser", package: "swift-argument-parser"),
        .product(name: "Configuration", package: "swift-configuration"),
      ],
      swiftSettings: strict),
    .target(name: "CFanout", path: "Benchmarks/CFanout"),
    .target(name: "CSealing", dependencies: ["CCrypto"], path: "Benchmarks/CSealing"),
    .executableTarget(
      name: "usher-bench",
      dependencies: [
        "ServiceQueue", "Reactor", "RedisBroker", "BrokerRPC", "Intake", "FieldEncryption", "UserStore", "Gateway",
        "Telemetry", "CFanout",
        "CSealing",
        log, metrics, lifecycle,
        .product(name: "UnixSignals", package: "swift-service-lifecycle"),
        .product(name: "ArgumentParser", package: "swift-argument-parser"),
        .product(name: "Histogram", package: "hdrhistogram-swift"),
        .product(name: "Crypto", package: "swift-crypto"),
      ],
      path: "Benchmarks/UsherBench",
      swiftSettings: strict),

    // Helpers of the tests, in no product.
    .executableTarget(
      name: "usher-echo",
      dependencies: [
        "Gateway",
        .product(name: "NIOCore", package: "swift-nio"),
        .product(name: "NIOPosix", package: "swift-nio"),
        .product(name: "NIOHTTP1", package: "swift-nio"),
      ],
      path: "Tests/Echo",
      swiftSettings: strict),
    .executableTarget(
      name: "usher-vectors", dependencies: ["FieldEncryption"], path: "Tests/Vectors", swiftSettings: strict),

    // Tests mirror targets.
    .testTarget(name: "ServiceQueueTests", dependencies: ["ServiceQueue"], swiftSettings: strict),
    .testTarget(name: "ReactorTests", dependencies: ["Reactor", "CReactor"], swiftSettings: strict),
    .testTarget(name: "FieldEncryptionTests", dependencies: ["FieldEncryption", "CCrypto"], swiftSettings: strict),
    .testTarget(
      name: "TelemetryTests",
      dependencies: ["Telemetry", log, tracing, .product(name: "CoreMetrics", package: "swift-metrics")],
      swiftSettings: strict),
    .testTarget(
      name: "RedisBrokerTests", dependencies: ["RedisBroker", "ServiceQueue", "Reactor", log, lifecycle],
      swiftSettings: strict),
    .testTarget(
      name: "IntakeTests", dependencies: ["Intake", "ServiceQueue", "Reactor", "CRabbitMQ", log, lifecycle],
      swiftSettings: strict),
    .testTarget(
      name: "BrokerRPCTests",
      dependencies: [
        "BrokerRPC", "ServiceQueue", "RedisBroker", "Reactor", log, tracing, lifecycle,
        .product(name: "GRPCCore", package: "grpc-swift-2"),
        .product(name: "SwiftProtobuf", package: "swift-protobuf"),
      ],
      swiftSettings: strict),
    .testTarget(
      name: "UserStoreTests",
      dependencies: ["UserStore", "ServiceQueue", "FieldEncryption", "Reactor", log, lifecycle], swiftSettings: strict),
    .testTarget(
      name: "GatewayTests",
      dependencies: [
        "Gateway", "ServiceQueue", "UserStore", log, lifecycle,
        .product(name: "Hummingbird", package: "hummingbird"),
        .product(name: "HTTPTypes", package: "swift-http-types"),
        .product(name: "NIOCore", package: "swift-nio"),
        .product(name: "NIOPosix", package: "swift-nio"),
        .product(name: "NIOHTTP1", package: "swift-nio"),
        .product(name: "NIOWebSocket", package: "swift-nio"),
        .product(name: "JWTKit", package: "jwt-kit"),
      ],
      swiftSettings: strict),
    .testTarget(
      name: "UsherTests",
      dependencies: [
        "usher", "ServiceQueue", "Gateway", "RedisBroker", "UserStore", "FieldEncryption", "Reactor", log,
      ],
      swiftSettings: strict),
    .testTarget(name: "UsherBenchTests", dependencies: ["usher-bench", "ServiceQueue"], swiftSettings: strict),
  ]
)

/// Of what a report is.
enum Versions {
  /// Usher's own, as `usher --version` says it, and that of the compiler.
  static let all = ["usher": "0.1.0", "swift": swift]

  #if compiler(>=6.4)
    private static let swift = "6.4 or later"
  #elseif compiler(>=6.3)
    private static let swift = "6.3"
  #else
    private static let swift = "before 6.3"
  #endif
}

extension RuleSet {
  /// The JSON Schema (2020-12) of a file of rules. It knows all but what a schema cannot tell: names that are there twice, the
  /// bounds of bytes and of the whole file, and how patterns are written.
  public static var schema: [UInt8] { PackageResources.rules_schema_json }
}

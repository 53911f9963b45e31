extension RuleSet {
  /// The written bounds of a file of rules; `rules.schema.json` has the same.
  public enum Limits {
    /// Bytes of the file.
    public static let bytes = 1_048_576
    /// Rules in it.
    public static let rules = 1_000
    /// Conditions of one rule, wherever in its `when`.
    public static let conditions = 64
    /// Conditions around a condition: `all`, `any` and `not` within one another.
    public static let depth = 8
    /// Elements of one `in`, `all` or `any`.
    public static let list = 1_000
    /// Patterns of the whole file; each has a table.
    public static let patterns = 1_000
    /// Characters of a pattern, a set counting as one; stars count nothing.
    public static let patternCharacters = 127
    /// Bytes of a text to match; a longer one matches no pattern.
    public static let textBytes = 16_384
    /// Bytes of a rule's name, and of a tag.
    public static let nameBytes = 64
    /// Bytes of the text of `reject`.
    public static let rejectBytes = 200
    /// Bytes of the name of a field or header, and of a text in `defaults`.
    public static let fieldBytes = 255
    /// Names on the way to a field of `details`.
    public static let pathNames = 8
    /// Tags that a request may have.
    public static let tags = 16
    /// Fields of one `defaults`.
    public static let defaults = 32
    /// Seconds of a `schedule`, either way: 366 days.
    public static let scheduleSeconds: Int64 = 31_622_400
    /// Errors that are reported of one file; the others are counted.
    public static let errors = 20
  }
}

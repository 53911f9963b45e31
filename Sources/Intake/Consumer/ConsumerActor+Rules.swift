extension ConsumerActor {
  /// Asks other rules from the next delivery on. What was analysed before stays what it became.
  public func use(_ rules: RuleSet) {
    analyser = Analyser(rules: rules, maximumBodyBytes: configuration.maximumBodyBytes)
    ruleMetrics.use(rules)
  }
}

import ServiceQueue

/// Lists of users.
extension UserStoreActor {
  /// `$1` to `$8`: the cursor, the range that the prefix leaves, level, state, queue, skill, and how many.
  private static let conditions =
    #"""
    lower(username COLLATE "C") > lower($1 COLLATE "C")
      AND lower(username COLLATE "C") >= $2 AND lower(username COLLATE "C") < $3
      AND ($4 IS NULL OR level = $4)
      AND CASE
        WHEN erased_at IS NOT NULL THEN $5 = 'erased'
        WHEN $5 IS NULL THEN true
        WHEN disabled THEN $5 = 'disabled'
        WHEN password_phc IS NULL THEN $5 = 'invited'
        ELSE $5 = 'active' END
      AND ($6 IS NULL OR queues IS NULL OR $6 = ANY(queues))
      AND ($7 IS NULL OR $7 = ANY(skills))
    """#
  private static let selectPage = SQLStatement(
    "user.page",
    #"SELECT \#(UserRow.columns) FROM users WHERE \#(conditions) ORDER BY lower(username COLLATE "C") LIMIT $8"#)
  /// Begins at the few with this address.
  private static let selectPageOfEmail = SQLStatement(
    "user.page_of_email",
    #"""
    SELECT \#(UserRow.columns) FROM users WHERE email_index = $9 AND \#(conditions)
    ORDER BY lower(username COLLATE "C") LIMIT $8
    """#)

  /// A page of the users that `filter` lets through, by name, at most `limit` (1 to 500), after the cursor of the page before.
  /// The cursor is a name: users that come or go meanwhile move no other from one page to another.
  public func users(
    matching filter: UserFilter = UserFilter(), after cursor: String? = nil, limit: Int
  ) async throws(UserStoreError) -> UserPage {
    guard UserRules.pageLimit.contains(limit) else {
      throw UserStoreError(.invalidArgument, "limit is 1 to 500")
    }
    let after = cursor ?? ""
    guard after.isEmpty || UserRules.isUsername(after) || OpenIDName.isName(after) else {
      throw UserStoreError(.invalidArgument, "this cursor was not given by a page before")
    }
    let prefix = filter.namePrefix?.lowercased() ?? ""
    guard prefix.isEmpty || UserRules.isUsername(prefix) else {
      throw UserStoreError(.invalidArgument, "no name begins like that: 1 to 64 of A-Z a-z 0-9 . _ @ + -")
    }
    try UserRules.check(field: filter.email, "email")
    var parameters: [SQLParameter] = [
      // Names are ASCII without control characters: DEL comes after all of them.
      .text(after), .text(prefix), .text(prefix + "\u{7F}"), .text(filter.level?.rawValue),
      .text(filter.state?.rawValue), .text(filter.queue?.rawValue), .text(filter.skill), .int(Int64(limit) + 1),
    ]
    var statement = Self.selectPage
    if let email = filter.email {
      statement = Self.selectPageOfEmail
      parameters.append(.bytes(try blindIndex(email)))
    }
    let users = try await many(SQLCall(statement: statement, parameters: parameters))
    let page = users.prefix(limit)
    return UserPage(users: Array(page), next: users.count > limit ? page.last?.username.lowercased() : nil)
  }
}

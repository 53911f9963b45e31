// One form of dead letters as JSON, for REST and the command line.

extension JSONWriter {
  /// `{id, reason, detail, at, exchange, routing_key, message_id, content_type, size, redeliveries}`.
  public mutating func deadLetter(_ letter: DeadLetter) {
    object { $0.members(of: letter) }
  }

  /// The same with `headers`, `body` where that is text or `body_base64` where it is not, and `truncated`.
  public mutating func deadLetter(_ content: DeadLetterContent) {
    object {
      $0.members(of: content.letter)
      $0.key("headers")
      $0.array { list in
        for header in content.headers {
          list.object {
            $0.key("name")
            $0.string(header.name)
            $0.key("value")
            $0.string(header.value)
          }
        }
      }
      // A text that was cut within a character is shown as bytes.
      let text = String(validating: content.body, as: UTF8.self)
      $0.key("body")
      if let text { $0.string(text) } else { $0.null() }
      $0.key("body_base64")
      if text == nil { $0.string(Base64.standard.encode(content.body)) } else { $0.null() }
      $0.key("truncated")
      $0.bool(content.isTruncated)
    }
  }

  /// `{letters, total, complete}`.
  public mutating func deadLetters(_ page: DeadLetterPage) {
    object {
      $0.key("letters")
      $0.array { list in for letter in page.letters { list.deadLetter(letter) } }
      $0.key("total")
      $0.number(page.total)
      $0.key("complete")
      $0.bool(page.isComplete)
    }
  }

  /// `{VERB, unroutable, unroutable_ids, missing, remaining, complete}`; the verb is `requeued` or `purged`.
  public mutating func deadLetters(_ outcome: DeadLetterOutcome, verb: StaticString) {
    object {
      $0.key(verb)
      $0.number(outcome.done)
      $0.key("unroutable")
      $0.number(outcome.unroutable)
      $0.key("unroutable_ids")
      $0.array { list in for id in outcome.unroutableIDs { list.string(id.rawValue) } }
      $0.key("missing")
      $0.array { list in for id in outcome.missing.map(\.rawValue).sorted() { list.string(id) } }
      $0.key("remaining")
      $0.number(outcome.remaining)
      $0.key("complete")
      $0.bool(outcome.isComplete)
    }
  }

  private mutating func members(of letter: DeadLetter) {
    let texts: KeyValuePairs<StaticString, String?> = [
      "id": letter.id.rawValue, "reason": letter.reason, "detail": letter.detail, "at": letter.at?.description,
      "exchange": letter.exchange, "routing_key": letter.routingKey, "message_id": letter.messageID,
      "content_type": letter.contentType,
    ]
    for (name, text) in texts {
      key(name)
      if let text { string(text) } else { null() }
    }
    key("size")
    number(letter.size)
    key("redeliveries")
    if let redeliveries = letter.redeliveries { number(redeliveries) } else { null() }
  }
}

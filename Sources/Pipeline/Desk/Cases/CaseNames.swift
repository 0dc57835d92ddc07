extension CaseActor {
  /// Letters of a name at the most.
  public static let longestName = 64

  /// A name one may work under, without blanks around it.
  /// - Throws: ``CaseError`` where it is empty, too long, cannot be shown as it is, or is how the pipeline signs.
  public static func name(_ text: String) throws(CaseError) -> String {
    var rest = text.drop { $0 == " " }
    while rest.last == " " { rest.removeLast() }
    let name = String(rest)
    guard !name.isEmpty else {
      throw CaseError(.invalid, "a name to work under is needed; --as and RISKDECK_AS name one")
    }
    guard name.count <= longestName else {
      throw CaseError(.invalid, "a name to work under has at most \(longestName) characters")
    }
    guard PrintableText.clean(name) == name else {
      throw CaseError(.invalid, "a name to work under has no control or invisible characters")
    }
    let words = name.lowercased().split(separator: " ")
    if words.count == 2, words[0] == "run", words[1].allSatisfy(\.isNumber) {
      throw CaseError(.invalid, "\(name) is how the pipeline signs; work under another name")
    }
    return name
  }
}

extension ListEntry.Kind {
  /// Refuses what the raw tables cannot hold: a clear e-mail address is never stored.
  /// - Parameters:
  ///   - value: as somebody named it; the error does not quote it.
  ///   - isMasked: the raw tables hold hashes of devices and addresses, not the clear ones.
  func check(_ value: String, isMasked: Bool) throws(CaseError) {
    let length: Int
    switch self {
    case .emailHash: length = 64
    case .device where isMasked, .ip where isMasked: length = 32
    case .counterparty where isMasked && Masking.namesHolder(value) != nil: length = 32
    case .device, .ip, .counterparty, .customer: return
    }
    let isHash =
      value.utf8.count == length
      && value.utf8.allSatisfy { (48...57).contains($0) || (97...102).contains($0) }
    guard isHash else {
      throw CaseError(
        .invalid,
        "\(self == .ip ? "an" : "a") \(title) is \(length) hexadecimal digits, as riskdeck cases show --json names it; "
          + "riskdeck cases lists add --hash makes them of the clear value")
    }
  }

  /// The hash of a clear value, as the masking stores it; nil where such values are not hashed.
  public func hash(_ clear: String, by masking: Masking) -> String? {
    switch self {
    case .emailHash: masking.emailHash(clear)
    case .device: masking.identifierHash(clear, kind: "device")
    case .ip: masking.identifierHash(clear, kind: "ip")
    case .counterparty:
      Masking.namesHolder(clear).map { masking.identifierHash($0, kind: "counterparty") }
    case .customer: nil
    }
  }
}

extension CaseDesk {
  /// True where the raw tables hold hashes of devices and addresses.
  public func holdsHashes() async throws -> Bool {
    let found = try await connection.query(
      "select is_masked from staging.raw_customers order by customer_id limit 1")
    return found.first?.boolean(0) ?? true
  }
}

extension Ruleset {
  /// The names evidences have: hard rules and statistics.
  public var evidenceNames: [String] {
    numbers.filter { $0.group != .levels && $0.group != .scale }.map(\.evidenceName)
  }

  /// - Throws: ``CaseError`` where no evidence has that name.
  public func requireEvidence(_ name: String) throws(CaseError) {
    let names = evidenceNames
    guard !names.contains(name) else { return }
    let near = NearNames.of(name, in: names)
    throw CaseError(
      .invalid,
      "the ruleset has no rule or statistic \(name); "
        + (near.isEmpty
          ? "riskdeck risk rulesets show names them" : "did you mean \(near.joined(separator: ", "))?"))
  }
}

extension RulesetNumber {
  /// How an evidence that the number weighs is called.
  var evidenceName: String { group == .outcomes ? name + "_outcomes" : name }
}

import Pipeline

/// The questions behind the steps on a case.
enum CaseForms {
  static func assign(_ fraudCase: FraudCase) -> Form {
    Form(
      title: "Assign case \(fraudCase.caseID)",
      fields: [.line("To", fraudCase.workflow.assignee ?? "", hint: "the name colleagues know")],
      verb: "assign"
    ) { fields, _ throws(Form.Refusal) in
      .perform(
        .step(.assign(to: try needed(fields[0], "a name")), on: fraudCase.caseID, seen: fraudCase.version))
    }
  }

  static func escalate(_ fraudCase: FraudCase) -> Form {
    reason("Escalate case \(fraudCase.caseID)", verb: "escalate") {
      .step(.escalate(reason: $0), on: fraudCase.caseID, seen: fraudCase.version)
    }
  }

  static func reopen(_ fraudCase: FraudCase) -> Form {
    reason("Open case \(fraudCase.caseID) again", verb: "open it again") {
      .step(.reopen(reason: $0), on: fraudCase.caseID, seen: fraudCase.version)
    }
  }

  static func note(on caseID: Int64, _ text: String = "") -> Form {
    Form(title: "Note on case \(caseID)", fields: [.line("Note", text)], verb: "add it") {
      fields, _ throws(Form.Refusal) in
      .perform(.step(.note(try needed(fields[0], "a text")), on: caseID, seen: nil))
    }
  }

  static func close(_ fraudCase: FraudCase) -> Form {
    Form(
      title: "Close case \(fraudCase.caseID)",
      fields: [.choice("Outcome", CaseOutcome.allCases.map(\.title)), .line("Reason", hint: "needed")],
      verb: "close it"
    ) { fields, _ throws(Form.Refusal) in
      .perform(
        .step(
          .close(CaseOutcome.allCases[fields[0].choice], reason: try needed(fields[1], "a reason")),
          on: fraudCase.caseID, seen: fraudCase.version))
    }
  }

  /// - Parameter names: rules and statistics to choose among.
  static func snooze(_ fraudCase: FraudCase, names: [String]) -> Form {
    Form(
      title: "Snooze for customer \(fraudCase.customerID)",
      fields: [
        .line("Rule", names.first ?? "", hint: names.dropFirst().prefix(3).joined(separator: ", ")),
        until("30d"), .line("Reason", hint: "needed"),
      ], verb: "snooze"
    ) { fields, now throws(Form.Refusal) in
      .perform(
        .snooze(
          rule: try needed(fields[0], "a rule"), of: .fraudCase(fraudCase.caseID),
          until: try moment(fields[1], now), reason: try needed(fields[2], "a reason")))
    }
  }

  static func override(_ fraudCase: FraudCase) -> Form {
    Form(
      title: "Level of customer \(fraudCase.customerID)",
      fields: [
        .choice(
          "Level", RiskLevel.allCases.map(\.rawValue) + (fraudCase.override == nil ? [] : ["as scored"]),
          selected: RiskLevel.allCases.firstIndex(of: fraudCase.level) ?? 0),
        until("30d"), .line("Reason", hint: "needed"),
      ], verb: "set it"
    ) { fields, now throws(Form.Refusal) in
      let subject = CaseSubject.fraudCase(fraudCase.caseID)
      guard fields[0].choice < RiskLevel.allCases.count else { return .perform(.removeOverride(of: subject)) }
      return .perform(
        .override(
          RiskLevel.allCases[fields[0].choice], of: subject, until: try moment(fields[1], now),
          reason: try needed(fields[2], "a reason")))
    }
  }

  /// - Parameter identifiers: what is known of the customer; without any its number alone.
  static func list(_ fraudCase: FraudCase, identifiers: [CasePage.Identifier]) -> Form {
    let kinds = ListEntry.Kind.allCases
    let known =
      identifiers.isEmpty
      ? [CasePage.Identifier(kind: .customer, value: "\(fraudCase.customerID)")] : identifiers
    return Form(
      title: "Lists: customer \(fraudCase.customerID)",
      fields: [
        .choice("List", ["block", "allow", "take off"]), .choice("What", kinds.map(\.title), selected: 4),
        .line("Value", hint: "empty: this customer's own"), until(""), .line("Reason", hint: "needed"),
      ], verb: "do it"
    ) { fields, now throws(Form.Refusal) in
      let kind = kinds[fields[1].choice]
      // As texts are stored: a name of several words has one blank between them.
      let written = fields[2].text.split(whereSeparator: \.isWhitespace).joined(separator: " ")
      guard let value = written.isEmpty ? known.first(where: { $0.kind == kind })?.value : written else {
        throw Form.Refusal("the customer has no \(kind.title); write the value")
      }
      let subject = CaseSubject.fraudCase(fraudCase.caseID)
      if fields[0].choice == 2 { return .perform(.unlist(kind, value, for: subject)) }
      return .perform(
        .list(
          kind, value, on: fields[0].choice == 0 ? .block : .allow,
          until: fields[3].text.isEmpty ? nil : try moment(fields[3], now),
          reason: try needed(fields[4], "a reason"), for: subject))
    }
  }

  /// What the queue shows.
  static func filter(_ filter: CaseFilter) -> Form {
    let levels = ["any"] + RiskLevel.allCases.map(\.rawValue)
    let states = ["open"] + CaseState.allCases.map(\.title)
    let level = filter.levels.first.flatMap { levels.firstIndex(of: $0.rawValue) } ?? 0
    let state = filter.states.first.flatMap { states.firstIndex(of: $0.title) } ?? 0
    let assignee: String
    switch filter.assignee {
    case .anybody: assignee = ""
    case .nobody: assignee = "nobody"
    case .named(let name): assignee = name
    }
    return Form(
      title: "Show cases",
      fields: [
        .choice("State", states, selected: state), .choice("Level", levels, selected: level),
        .line("Factor", filter.factor ?? "", hint: "velocity, geographic, ..."),
        .line("Assignee", assignee, hint: "a name, or nobody"),
        .line("Older than", filter.leastAgeHours.map { "\(Int($0))h" } ?? "", hint: "4h, 2d"),
        .choice("Late", ["late or not", "late alone"], selected: filter.isLateOnly ? 1 : 0),
      ], verb: "show them"
    ) { fields, now throws(Form.Refusal) in
      func word(_ field: Form.Field) -> String? {
        let text = field.text.filter { !$0.isWhitespace }
        return text.isEmpty ? nil : text
      }
      let age = try word(fields[4]).map { text throws(Form.Refusal) in
        guard let until = CaseMoment.seconds(text, now: now), until > now else {
          throw Form.Refusal("write an age as 4h or 2d")
        }
        return (until - now) / 3_600
      }
      return .filterCases(
        CaseFilter(
          states: fields[0].choice == 0 ? [] : [CaseState.allCases[fields[0].choice - 1]],
          levels: fields[1].choice == 0 ? [] : [RiskLevel.allCases[fields[1].choice - 1]],
          factor: word(fields[2])?.lowercased(),
          assignee: word(fields[3]).map { $0 == "nobody" ? .nobody : .named($0) } ?? .anybody,
          isLateOnly: fields[5].choice == 1, leastAgeHours: age))
    }
  }

  private static func reason(
    _ title: String, verb: String, _ command: @escaping @Sendable (String) -> CaseCommand
  ) -> Form {
    Form(title: title, fields: [.line("Reason", hint: "needed")], verb: verb) {
      fields, _ throws(Form.Refusal) in
      .perform(command(try needed(fields[0], "a reason")))
    }
  }

  private static func until(_ text: String) -> Form.Field {
    .line("Until", text, hint: text.isEmpty ? "7d, 2026-12-31; empty: for good" : "7d, 12h, 2026-12-31")
  }

  private static func needed(_ field: Form.Field, _ what: String) throws(Form.Refusal) -> String {
    guard field.text.contains(where: { !$0.isWhitespace }) else { throw Form.Refusal("\(what) is needed") }
    return field.text
  }

  private static func moment(_ field: Form.Field, _ now: Double) throws(Form.Refusal) -> Double {
    guard let moment = CaseMoment.seconds(field.text, now: now) else {
      throw Form.Refusal("write until when as 7d, 12h or 2026-12-31")
    }
    guard moment > now else { throw Form.Refusal("that date is in the past") }
    return moment
  }
}

import Pipeline

extension WhatIfScreen {
  /// The rows of all panels.
  func panels(_ model: WhatIf) -> [Panel] {
    [
      Panel(id: "numbers", title: "Numbers of ruleset \(model.ruleset.version)", grid: numbers(model)),
      Panel(id: "levels", title: "Customers by level", grid: levels()),
      Panel(id: "movers", title: "Who changes level", grid: movers()),
      Panel(id: "versions", title: "Versions", grid: versionRows()),
    ]
  }

  private static func table(_ columns: [(String, ValueColumn.Kind)], _ rows: [[Value]]) -> ValueTable {
    ValueTable(columns: columns.map { ValueColumn(name: $0.0, kind: $0.1) }, rows: rows)
  }

  private func numbers(_ model: WhatIf) -> Grid {
    let rows = model.ruleset.numbers.map { number -> [Value] in
      let base = model.ruleset.value(number) ?? 0
      let now = tuning.value(number, in: model.ruleset)
      return [
        .text("\(Self.groupTitle(number.group)) \(Self.title(number))"), .number(base), .number(now),
        now == base ? .text("") : .text(now > base ? "+" : "-"),
      ]
    }
    return Grid(
      table: Self.table([("number", .text), ("was", .number), ("now", .number), ("change", .text)], rows),
      columns: [
        Column(name: "number", kind: .text), Column(name: "was", kind: .number),
        Column(name: "now", kind: .number),
        Column(name: "change", title: "", kind: .text, width: .fixed(1)),
      ])
  }

  private static func groupTitle(_ group: RulesetNumber.Group) -> String {
    switch group {
    case .levels: "level from"
    case .scale: "score at"
    case .rules: "rule points"
    case .weights: "weight"
    case .outcomes: "outcomes"
    }
  }

  private static func title(_ number: RulesetNumber) -> String {
    guard number.group == .scale, let place = Int(number.name) else { return number.name }
    return ["composite 0.3", "composite 0.6", "composite 0.8", "composite 0.9"][min(3, place)]
  }

  private func levels() -> Grid {
    let columns: [(String, ValueColumn.Kind)] = [
      ("level", .text), ("was", .number), ("now", .number), ("change", .number),
    ]
    guard let outcome else { return Grid(table: Self.table(columns, [])) }
    var rows = RiskLevel.allCases.enumerated().reversed().map { place, level -> [Value] in
      let (before, after) = (outcome.before[place], outcome.after[place])
      return Self.countRow(level.rawValue, before, after)
    }
    rows.append(Self.countRow("alerts", outcome.alertsBefore, outcome.alerts))
    if let quality = outcome.quality, let before = outcome.qualityBefore {
      rows.append(Self.shareRow("precision", before.precision, quality.precision))
      rows.append(Self.shareRow("recall", before.recall, quality.recall))
    }
    return Grid(
      table: Self.table(columns, rows),
      columns: columns.map { Column(name: $0.0, kind: $0.1, format: $0.1 == .number ? .integer : nil) },
      keyColumn: "level")
  }

  private static func countRow(_ name: String, _ before: Int, _ after: Int) -> [Value] {
    let change: Value =
      before == after ? .text("") : .text((after > before ? "+" : "") + String(after - before))
    return [.text(name), .integer(Int64(before)), .integer(Int64(after)), change]
  }

  private static func shareRow(_ name: String, _ before: Double?, _ after: Double?) -> [Value] {
    func share(_ value: Double?) -> Value {
      value.map { .text(ValueText().number($0, as: .percent)) } ?? .null
    }
    return [.text(name), share(before), share(after), .text("")]
  }

  private func movers() -> Grid {
    let rows = (outcome?.movers ?? []).map { mover -> [Value] in
      [
        .integer(mover.customer), .text(mover.levelBefore.rawValue), .text(mover.levelAfter.rawValue),
        .number(mover.scoreBefore), .number(mover.scoreAfter),
      ]
    }
    let columns: [(String, ValueColumn.Kind)] = [
      ("customer_id", .number), ("was", .text), ("now", .text), ("score_was", .number),
      ("score_now", .number),
    ]
    return Grid(
      table: Self.table(columns, rows),
      columns: columns.map { name, kind in
        Column(name: name, kind: kind, format: name.hasPrefix("score") ? .decimal : nil)
      })
  }

  private func versionRows() -> Grid {
    let rows = versions.map { version -> [Value] in
      [
        .text(version.isActive ? "in force" : ""), .text(version.version), .text(version.note),
        .text(version.savedBy), version.savedAt > 0 ? .number(version.savedAt) : .null,
      ]
    }
    let columns: [(String, ValueColumn.Kind)] = [
      ("state", .text), ("version", .text), ("note", .text), ("saved_by", .text), ("saved_at", .timestamp),
    ]
    return Grid(table: Self.table(columns, rows), keyColumn: "version")
  }

  // MARK: Layout and drawing

  func layout(in area: Rect) -> [Rect?] {
    guard !deck.panels.isEmpty else { return [] }
    if deck.isZoomed { return single(deck.focus, in: area) }
    let left = area.width >= 110 ? area.width * 45 / 100 : area.width * 55 / 100
    let right = Rect(x: area.x + left, y: area.y, width: area.width - left, height: area.height)
    let levelHeight = min(right.height / 2, (outcome?.quality == nil ? 5 : 7) + 3)
    let versionHeight = max(4, min(versions.count + 3, right.height / 4))
    let moverHeight = max(0, right.height - levelHeight - versionHeight)
    return [
      Rect(x: area.x, y: area.y, width: left, height: area.height),
      Rect(x: right.x, y: right.y, width: right.width, height: levelHeight),
      Rect(x: right.x, y: right.y + levelHeight, width: right.width, height: moverHeight),
      Rect(x: right.x, y: right.y + levelHeight + moverHeight, width: right.width, height: versionHeight),
    ]
  }

  func page(of panel: Int, in box: Rect) -> Int { max(1, box.height - 3) }

  func notes(of panel: Int, _ painter: Painter) -> [String] {
    switch panel {
    case 0:
      if let value = typed?.editor.text { return ["new value: \(value)"] }
      return [problem ?? (tuning.isEmpty ? "" : "\(tuning.values.count) changed")].filter { !$0.isEmpty }
    case 2:
      guard let outcome, outcome.up + outcome.down > 0 else { return [] }
      let count = painter.text.number(Double(outcome.up), as: .integer)
      return ["\(count) up, \(painter.text.number(Double(outcome.down), as: .integer)) down"]
    default: return []
    }
  }

  func noteRole(of panel: Int) -> Role {
    guard panel == 0 else { return .muted }
    return typed == nil ? (problem == nil ? .muted : .danger) : typingProblem == nil ? .accent : .danger
  }

  func emptyReason(of panel: Int) -> (text: String, role: Role)? {
    guard deck.panels[panel].grid.isEmpty else { return nil }
    if deck.panels[panel].grid.filter != nil { return ("no row passes the filter", .muted) }
    return (panel == 2 ? "nobody changes level" : "none", .muted)
  }

  func draw(on painter: inout Painter, in area: Rect) {
    drawPanels(on: &painter, in: area, before: "reading the reasons of all scores…")
  }

  func lines(_ text: ValueText) -> [String] {
    guard hasData else { return [title, failure ?? "reading"] }
    let changes = problem.map { [$0] } ?? []
    return [title] + changes + deck.panels.flatMap { [$0.title] + $0.grid.lines(text) + [""] }
  }
}

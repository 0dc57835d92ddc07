import Pipeline

/// How the Pipeline screen shares its area, and what it draws into each part.
extension PipelineScreen {
  // MARK: Layout

  /// From this size on all sections are shown at once.
  private static let wide = Size(width: 130, height: 36)
  /// From this size on four are.
  private static let medium = Size(width: 96, height: 26)

  func layout(in area: Rect) -> [Rect?] {
    if deck.isZoomed { return single(deck.focus, in: area) }
    func holds(_ size: Size) -> Bool { area.width >= size.width && area.height >= size.height }
    let places =
      holds(Self.wide)
      ? widePlaces(in: area) : holds(Self.medium) ? mediumPlaces(in: area) : narrowPlaces(in: area)
    return deck.panels.indices.map { section($0).flatMap { places[$0] } }
  }

  private func widePlaces(in area: Rect) -> [Section: Rect] {
    let top = graph.tasks.isEmpty ? 0 : min(area.height / 4, graphHeight(width: area.width))
    let left = area.height - top
    let tasks = min(max(8, rows(of: .tasks) + 3), left / 2)
    let foot = min(12, max(7, left / 5))
    return rows(
      [
        ([.graph], top), ([.tasks, .runs], tasks), ([.log, .tests], left - tasks - foot),
        ([.checks, .schedules, .hooks], foot),
      ], in: area)
  }

  /// The four one looks at most, or those that belong to the one that has the keys.
  private func mediumPlaces(in area: Rect) -> [Section: Rect] {
    switch section(deck.focus) {
    case .graph:
      let top = min(area.height / 2, graphHeight(width: area.width))
      return rows([([.graph], top), ([.tasks, .runs], area.height - top)], in: area)
    case .checks, .schedules, .hooks:
      let third = area.height / 3
      return rows([([.checks], third), ([.schedules], third), ([.hooks], area.height - 2 * third)], in: area)
    default:
      let tasks = min(max(8, rows(of: .tasks) + 2), area.height * 3 / 5)
      return rows([([.tasks, .runs], tasks), ([.log, .tests], area.height - tasks)], in: area)
    }
  }

  /// Rows of sections with their heights, from the top.
  private func rows(_ rows: [([Section], Int)], in area: Rect) -> [Section: Rect] {
    var places: [Section: Rect] = [:]
    var y = area.y
    for (sections, height) in rows where height > 0 {
      var x = area.x
      for (section, width) in zip(
        sections, Tiling.share(area.width, among: sections.map { _ in 1 }, least: 1))
      {
        places[section] = Rect(x: x, y: y, width: width, height: height)
        x += width
      }
      y += height
    }
    return places
  }

  /// One or two sections at a time, those that belong together.
  private func narrowPlaces(in area: Rect) -> [Section: Rect] {
    switch section(deck.focus) {
    case .graph, .tasks:
      let height = min(area.height / 2, graphHeight(width: area.width))
      guard !graph.tasks.isEmpty, area.height - height >= 8 else { break }
      return stacked(.graph, .tasks, height, in: area)
    case .schedules, .hooks:
      guard area.height >= 12 else { break }
      return stacked(.schedules, .hooks, area.height / 2, in: area)
    default: break
    }
    return section(deck.focus).map { [$0: area] } ?? [:]
  }

  private func stacked(_ upper: Section, _ lower: Section, _ height: Int, in area: Rect) -> [Section: Rect] {
    [
      upper: Rect(x: area.x, y: area.y, width: area.width, height: height),
      lower: Rect(x: area.x, y: area.y + height, width: area.width, height: area.height - height),
    ]
  }

  /// With its box.
  private func graphHeight(width: Int) -> Int {
    2
      + TaskGraphLayout(
        levels: TaskGraphLayout.levels(of: graph), widths: graph.tasks.map { displayWidth($0.name) + 2 },
        width: max(1, width - 4)
      ).height
  }

  private func rows(of section: Section) -> Int { index(of: section).map { deck.panels[$0].grid.count } ?? 0 }

  func page(of panel: Int, in box: Rect) -> Int {
    let height = max(1, box.height - 2)
    switch section(panel) {
    // The whole graph is drawn, or the part around the selected task.
    case .graph where !deck.panels[panel].showsTable: return max(1, deck.panels[panel].grid.count)
    case .tasks where !deck.panels[panel].showsTable && deck.panels[panel].grid.count == height:
      return height
    default: return max(1, height - 1)
    }
  }

  // MARK: Drawing

  func draw(on painter: inout Painter, in area: Rect) {
    if !runs.isEmpty || timetable.map({ !$0.entries.isEmpty || !$0.hooks.isEmpty }) ?? false {
      drawPanels(on: &painter, in: area)
    } else if let failure {
      drawEmpty(failure, .danger, on: &painter, in: area)
    } else {
      drawEmpty(
        hasRuns ? "the pipeline has not run yet; r runs it" : "reading the run log…", on: &painter, in: area)
    }
  }

  func scrolls(_ panel: Int) -> Bool { section(panel) != .graph || deck.panels[panel].showsTable }

  func emptyReason(of panel: Int) -> (text: String, role: Role)? {
    let grid = deck.panels[panel].grid
    guard grid.isEmpty else { return nil }
    if grid.filter != nil { return ("no row passes the filter", .muted) }
    let hasFailed = run.map { $0.state == .failed || $0.state == .crashed } ?? false
    switch section(panel) {
    case .log: return (hasFailed ? run?.reason ?? "no lines" : "no lines yet", hasFailed ? .danger : .muted)
    case .tests: return ("no test was run", .muted)
    case .schedules: return ("none; riskdeck schedule add makes one", .muted)
    case .hooks: return ("none; riskdeck hook add makes one", .muted)
    default: return ("none", .muted)
    }
  }

  func drawContent(of panel: Int, on painter: inout Painter, in area: Rect, isFocused: Bool) -> Bool {
    guard !deck.panels[panel].showsTable, let run else { return false }
    let grid = deck.panels[panel].grid
    switch section(panel) {
    case .graph:
      let states = Dictionary(run.tasks.map { ($0.task, $0.state) }) { first, _ in first }
      painter.taskGraph(graph, grid: grid, in: area, panel: panel, isFocused: isFocused) {
        states[graph.tasks[$0].name]
      }
    case .tasks: painter.gantt(run, grid, in: area, panel: panel, isFocused: isFocused)
    case .runs: drawRuns(panel, grid, on: &painter, in: area, isFocused)
    case .tests: drawTests(panel, grid, on: &painter, in: area, isFocused)
    default: return false
    }
    return true
  }

  /// Each run with the states of its tasks and its length.
  private func drawRuns(
    _ panel: Int, _ grid: Grid, on painter: inout Painter, in area: Rect, _ isFocused: Bool
  ) {
    let (now, shown) = (painter.now, run?.runID)
    let longest = runs.map { $0.length(now: now) }.max() ?? 0
    let (runs, graph, zone) = (runs, graph, painter.text.zone)
    let marks = painter.taskMarks
    let pointer = painter.glyphs.pointer
    let matrix = StateMatrix(
      headings: graph.tasks.map { Self.initials($0.name) }, labelTitle: "Run", figureTitle: "",
      row: { position in
        guard grid.order.indices.contains(position), runs.indices.contains(grid.order[position]) else {
          return nil
        }
        let run = runs[grid.order[position]]
        let states = Dictionary(run.tasks.map { ($0.task, $0.state) }) { first, _ in first }
        let began = CivilTime(secondsSince1970: run.startedAt, zone: zone)
        let length = durationText(run.length(now: now))
        return StateMatrix.Row(
          label: (run.runID == shown ? pointer : " ") + "\(run.runID)", labelRole: Self.role(run.state),
          figure: "", marks: graph.tasks.map { states[$0.name].flatMap { marks[$0] } },
          trail: [
            ("\(began.date.dropFirst(5)) \(began.clock)  ", .muted),
            (String(repeating: " ", count: max(0, 11 - length.count)) + length, .text),
          ], share: longest > 0 ? run.length(now: now) / longest : nil)
      }, labelWidth: 2 + (runs.map { "\($0.runID)".count }.max() ?? 1), figureWidth: 0, trailWidth: 24,
      trailTitle: "Started            Length", hasBar: true)
    painter.stateMatrix(
      matrix, marks: graph.tasks.count, grid: grid, selectedMark: historyColumn, in: area, panel: panel,
      isFocused: isFocused)
  }

  /// Each test of the run with what it said in the last runs, the newest at the right.
  private func drawTests(
    _ panel: Int, _ grid: Grid, on painter: inout Painter, in area: Rect, _ isFocused: Bool
  ) {
    let history = Array(runs.reversed())
    let statuses = history.map { run in
      Dictionary(run.tests.map { ($0.test, $0.status) }) { first, _ in first }
    }
    let marks = painter.testMarks
    let format = painter.text
    let matrix = StateMatrix(
      headings: [], labelTitle: "Test", figureTitle: "Rows",
      row: { position in
        guard case .text(let status)? = grid.value(position, "status"),
          case .text(let test)? = grid.value(position, "test")
        else { return nil }
        let failures = grid.value(position, "failures")?.number ?? 0
        let mark = marks[status]
        return StateMatrix.Row(
          label: "\(mark?.glyph ?? " ") \(test)", labelRole: status == "pass" ? .text : mark?.role ?? .text,
          figure: failures > 0 ? format.number(failures, as: .compact) : "",
          marks: statuses.map { statuses in statuses[test].flatMap { marks[$0] } }, trail: [], share: nil)
      }, labelWidth: grid.widths["test"].map { $0 + 2 } ?? 30, figureWidth: 6, trailWidth: 0, trailTitle: "",
      hasBar: false)
    painter.stateMatrix(
      matrix, marks: history.count, grid: grid, selectedMark: nil, in: area, panel: panel,
      isFocused: isFocused)
  }

  /// Two letters for the head of a column: `build-marts` is `bm`, `load` is `lo`.
  static func initials(_ task: String) -> String {
    let words = task.split { $0 == "-" || $0 == " " || $0 == "_" }
    if words.count > 1 { return words.prefix(2).compactMap(\.first).map(String.init).joined() }
    return String(task.prefix(2))
  }

  func notes(of panel: Int, _ painter: Painter) -> [String] {
    switch section(panel) {
    case .tasks:
      guard let run else { return [] }
      let progress = run.state == .running ? " \(run.tasksDone)/\(run.tasks.count)" : ""
      var notes = ["\(run.state.rawValue)\(progress), \(durationText(run.length(now: painter.now)))"]
      if let left = RunEstimate.secondsLeft(run, of: runs, graph: graph, now: painter.now), left >= 0.5 {
        notes[0] += ", about \(durationText(left)) left"
      }
      let late = timetable?.levels.lateness(run: run, publication: nil, now: painter.now) ?? []
      if !late.isEmpty { notes[0] += ", LATE" }
      return notes
    case .log:
      var notes = run?.state == .running ? ["following"] : []
      if log.dropped > 0 { notes.append("newest \(log.lines.count) lines") }
      return notes
    case .runs:
      // How long the last runs took, the newest at the right.
      let lengths = runs.reversed().compactMap(\.seconds)
      var notes = lengths.count > 2 ? [painter.sparkText(lengths, width: 16)] : []
      if panel == deck.focus, !deck.panels[panel].showsTable, graph.tasks.indices.contains(historyColumn) {
        notes.append(graph.tasks[historyColumn].name)
      }
      return notes
    case .schedules:
      guard let levels = timetable?.levels else { return [] }
      return [
        levels.runSeconds.map { "run at most \(durationText($0))" },
        levels.dataHours.map { "data at most \(durationText($0 * 3_600))" },
      ].compactMap { $0 }
    default: return []
    }
  }

  func noteRole(of panel: Int) -> Role {
    guard section(panel) == .tasks, let run else { return .muted }
    return Self.role(run.state)
  }

  static func role(_ state: RunReport.State) -> Role {
    switch state {
    case .running: .accent
    case .success: .good
    case .failed, .crashed: .danger
    case .cancelled: .warning
    }
  }
}

extension Painter {
  /// The marks of tasks' states.
  var taskMarks: [TaskReport.State: StateMatrix.Mark] {
    Dictionary(
      uniqueKeysWithValues: TaskReport.State.allCases.map { state in
        let (glyph, role) = mark(state)
        return (state, StateMatrix.Mark(glyph: glyph, role: role))
      })
  }

  /// The marks of data tests' results.
  var testMarks: [String: StateMatrix.Mark] {
    [
      "pass": StateMatrix.Mark(glyph: glyphs.check, role: .good),
      "warn": StateMatrix.Mark(glyph: glyphs.warning, role: .warning),
      "fail": StateMatrix.Mark(glyph: glyphs.failure, role: .danger),
      "error": StateMatrix.Mark(glyph: "E", role: .danger),
      "skipped": StateMatrix.Mark(glyph: glyphs.skipped, role: .muted),
    ]
  }
}

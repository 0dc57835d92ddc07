import Pipeline

extension Painter {
  /// The tasks of a run over its time: state, name, bar from start to end, length, rows.
  mutating func gantt(_ run: RunReport, _ grid: Grid, in area: Rect, panel: Int, isFocused: Bool) {
    guard area.width >= 12, area.height >= 2 else { return }
    let nameWidth = min(run.tasks.map { displayWidth($0.task) }.max() ?? 0, max(8, area.width / 3))
    let timeWidth = 8
    let rowsWidth = area.width >= 60 ? 14 : 0
    let barX = area.x + 2 + nameWidth + 2
    let barWidth = max(0, area.width - 2 - nameWidth - 2 - timeWidth - 1 - rowsWidth)
    let end = max(
      run.endedAt ?? max(now, run.startedAt), run.tasks.compactMap { $0.endedAt ?? $0.startedAt }.max() ?? 0)
    let length = max(0.001, end - run.startedAt)
    // Where all tasks fit without the titles alone, the titles give way.
    let titleHeight = grid.count == area.height ? 0 : 1
    if titleHeight > 0 {
      write(language.column("Task"), area.x + 2, area.y, width: nameWidth, .columnTitle)
      if barWidth >= 16 {
        write("0", barX, area.y, width: 1, .axis)
        writeRight(durationText(length), barX, area.y, width: barWidth, .axis)
      }
      writeRight(language.column("Time"), barX + barWidth, area.y, width: timeWidth + 1, .columnTitle)
      if rowsWidth > 0 {
        writeRight(language.column("Rows"), area.maxX - rowsWidth, area.y, width: rowsWidth, .columnTitle)
      }
    }
    for offset in 0..<(area.height - titleHeight) {
      let position = grid.top + offset
      guard grid.order.indices.contains(position), run.tasks.indices.contains(grid.order[position]) else {
        break
      }
      let task = run.tasks[grid.order[position]]
      let y = area.y + titleHeight + offset
      let isSelected = isFocused && position == grid.selected
      let under: Role? = isSelected ? .selection : nil
      if under != nil { fill(Rect(x: area.x, y: y, width: 2 + nameWidth + 1, height: 1), .selection) }
      let (mark, role) = mark(task.state)
      write(mark, area.x, y, width: 1, style: palette.style(role, on: under))
      write(task.task, area.x + 2, y, width: nameWidth, style: palette.style(.text, on: under))
      taskBar(task, run, length: length, x: barX, y: y, width: barWidth, role: role)
      if task.startedAt != nil {
        writeRight(
          durationText(RunEstimate.elapsed(task, now)), barX + barWidth, y, width: timeWidth + 1, .text)
      }
      if rowsWidth > 0 { writeRight(rowsText(task), area.maxX - rowsWidth, y, width: rowsWidth, .muted) }
      target(Rect(x: area.x, y: y, width: area.width, height: 1), .row(panel: panel, position: position))
      if isSelected, isActive { setCursor(area.x, y) }
    }
  }

  private mutating func taskBar(
    _ task: TaskReport, _ run: RunReport, length: Double, x: Int, y: Int, width: Int, role: Role
  ) {
    guard width > 0, let start = task.startedAt else { return }
    let end = start + RunEstimate.elapsed(task, now)
    let first = max(0, min(width - 1, bounded((start - run.startedAt) / length * Double(width))))
    let last = max(
      first + 1, min(width, bounded(((end - run.startedAt) / length * Double(width)).rounded(.up))))
    if task.state == .running, let done = task.rowsOut ?? task.rowsIn, let expected = task.rowsExpected,
      expected > 0
    {
      let share = min(1, Double(done) / Double(expected))
      let shown = progressText(done: done, expected: expected, elapsed: end - start, share: share)
      write(String(repeating: glyphs.track, count: last - first), x + first, y, width: last - first, .track)
      bar(share, of: 1, x: x + first, y: y, width: last - first, role: role)
      // Behind the bar where there is room, else over its empty part.
      let length = displayWidth(shown)
      let place = last + length <= width ? last : max(first, last - length)
      write(shown, x + place, y, width: min(length, width - place), role)
      return
    }
    write(String(repeating: glyphs.full, count: last - first), x + first, y, width: last - first, role)
  }

  /// ` 62%  1.2k/s  3.0 s left`
  private func progressText(done: Int64, expected: Int64, elapsed: Double, share: Double) -> String {
    let percent = " \(bounded(share * 100))%"
    guard elapsed > 0.5, done > 0, done < expected else { return percent }
    let rate = Double(done) / elapsed
    return language(
      "\(percent)  \(text.number(rate, as: .compact))/s  \(durationText(Double(expected - done) / rate)) left"
    )
  }

  private func rowsText(_ task: TaskReport) -> String {
    guard let rows = task.rowsOut ?? task.rowsIn else { return "" }
    let shown = text.number(Double(rows), as: .integer)
    guard task.state == .running, let expected = task.rowsExpected else { return shown }
    return "\(shown)/\(text.number(Double(expected), as: .compact))"
  }

  func mark(_ state: TaskReport.State) -> (String, Role) {
    switch state {
    case .queued: (glyphs.waiting, .muted)
    case .running: (spinnerMark, .accent)
    case .success: (glyphs.check, .good)
    case .failed, .crashed: (glyphs.failure, .danger)
    case .skipped: (glyphs.skipped, .muted)
    case .cancelled: (glyphs.skipped, .warning)
    }
  }

  /// One of the spinner's pictures, by the clock.
  var spinnerMark: String {
    let step = bounded((now.isFinite ? now : 0).truncatingRemainder(dividingBy: 1_000) * 10)
    return glyphs.spinner[abs(step) % glyphs.spinner.count]
  }
}

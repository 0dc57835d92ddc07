import Pipeline

/// Where the tasks of a graph stand: columns of tasks that do not wait for each other, broken into bands that fit a
/// width.
struct TaskGraphLayout: Sendable {
  struct Column: Sendable {
    /// Indices of tasks.
    let tasks: [Int]
    let x: Int
    let width: Int
  }

  struct Band: Sendable {
    var columns: [Column]
    let y: Int
    /// Lines.
    var height: Int { columns.map(\.tasks.count).max() ?? 0 }
  }

  let bands: [Band]
  var height: Int { bands.last.map { $0.y + $0.height } ?? 0 }

  /// Columns between two columns of tasks, where the lines run.
  let gap: Int

  /// - Parameters:
  ///   - levels: tasks by the length of the longest way to them.
  ///   - widths: of each task's text.
  init(levels: [[Int]], widths: [Int], width: Int) {
    var bands: [Band] = []
    var x = 0
    // As wide as one band allows.
    let texts = levels.reduce(0) { $0 + ($1.map { widths[$0] }.max() ?? 0) }
    gap = [5, 4].first { texts + $0 * (levels.count - 1) <= width } ?? 3
    for tasks in levels {
      let needed = tasks.map { widths[$0] }.max() ?? 0
      if bands.isEmpty || x + needed > width, !(bands.last?.columns.isEmpty ?? false) {
        let y = bands.last.map { $0.y + $0.height } ?? 0
        // A band that goes on is set in, behind its arrow.
        x = bands.isEmpty ? 0 : 2
        bands.append(Band(columns: [], y: y))
      }
      bands[bands.count - 1].columns.append(
        Column(tasks: tasks, x: x, width: max(0, min(needed, width - x))))
      x += needed + gap
    }
    self.bands = bands
  }

  /// Tasks by the length of the longest way to them.
  static func levels(of graph: TaskGraph) -> [[Int]] {
    var depth: [String: Int] = [:]
    var levels: [[Int]] = []
    for (index, task) in graph.tasks.enumerated() {
      let level = (task.dependencies.compactMap { depth[$0] }.max() ?? -1) + 1
      depth[task.name] = level
      if level >= levels.count { levels.append([]) }
      levels[level].append(index)
    }
    return levels
  }
}

extension Painter {
  /// The tasks in the order they wait for each other, each with its state.
  /// - Parameter state: of a task by its place in the graph; nil: it is not part of the run.
  mutating func taskGraph(
    _ graph: TaskGraph, grid: Grid, in area: Rect, panel: Int, isFocused: Bool,
    state: (Int) -> TaskReport.State?
  ) {
    guard area.width >= 12, area.height >= 1 else { return }
    let layout = TaskGraphLayout(
      levels: TaskGraphLayout.levels(of: graph), widths: graph.tasks.map { displayWidth($0.name) + 2 },
      width: area.width)
    let selected = grid.order.indices.contains(grid.selected) ? grid.order[grid.selected] : nil
    // Where not all bands fit, the one with the selected task is among them.
    let current = layout.bands.first { $0.columns.contains { $0.tasks.contains(selected ?? -1) } }
    let skipped = max(
      0, min(layout.height - area.height, (current.map { $0.y + $0.height } ?? 0) - area.height))
    for (number, band) in layout.bands.enumerated() {
      if number > 0, row(band.y, skipped, area) != nil {
        write(glyphs.pointer, area.x, area.y + band.y - skipped, width: 1, .axis)
      }
      for (index, column) in band.columns.enumerated() {
        for (line, task) in column.tasks.enumerated() {
          guard let y = row(band.y + line, skipped, area) else { continue }
          let name = graph.tasks[task].name
          let isSelected = task == selected
          let under: Role? = isSelected ? (isFocused ? .selection : .selectionInactive) : nil
          let x = area.x + column.x
          let width = min(column.width, area.maxX - x)
          if let under {
            fill(Rect(x: x, y: y, width: min(width, displayWidth(name) + 2), height: 1), under)
          }
          let (glyph, role) = state(task).map(mark) ?? (glyphs.separator, .faint)
          write(glyph, x, y, width: 1, style: palette.style(role, on: under))
          let nameRole: Role = state(task) == nil ? .faint : .text
          write(name, x + 2, y, width: width - 2, style: palette.style(nameRole, on: under))
          if let position = grid.order.firstIndex(of: task) {
            target(Rect(x: x, y: y, width: width, height: 1), .row(panel: panel, position: position))
          }
          if isSelected, isFocused, isActive { setCursor(x, y) }
        }
        guard index + 1 < band.columns.count else { continue }
        lines(
          from: column.tasks.count, to: band.columns[index + 1].tasks.count,
          Rect(x: area.x + column.x + column.width, y: band.y, width: layout.gap, height: band.height),
          skipped, area)
      }
    }
  }

  /// The line of the screen a line of the drawing stands on; nil: it is scrolled out.
  private func row(_ line: Int, _ skipped: Int, _ area: Rect) -> Int? {
    let y = line - skipped
    return (0..<area.height).contains(y) ? area.y + y : nil
  }

  /// What runs from a column of tasks to the next: side by side they meet and part on a line downward.
  private mutating func lines(from: Int, to: Int, _ gap: Rect, _ skipped: Int, _ area: Rect) {
    let reach = gap.width / 2
    for line in 0..<max(from, to) {
      guard let place = row(gap.y + line, skipped, area) else { continue }
      if from == 1, to == 1 {
        horizontalLine(gap.x + 1, place, width: gap.width - 2, .axis)
        return
      }
      let isLast = line == max(from, to) - 1
      let left = String(repeating: line < from ? glyphs.horizontal : " ", count: reach)
      let right = String(repeating: line < to ? glyphs.horizontal : " ", count: gap.width - reach - 1)
      let middle: String
      switch (line < from, line < to) {
      case (true, true): middle = line == 0 ? glyphs.teeDown : glyphs.cross
      case (true, false): middle = isLast ? glyphs.bottomRight : glyphs.teeRight
      case (false, true): middle = isLast ? glyphs.bottomLeft : glyphs.teeLeft
      case (false, false): middle = " "
      }
      write(left + middle + right, gap.x, place, width: gap.width, .axis)
    }
  }
}

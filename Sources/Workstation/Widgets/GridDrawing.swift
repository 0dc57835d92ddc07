import Languages
import Pipeline

/// Where the columns of a grid stand.
struct GridLayout: Sendable {
  struct Slot: Sendable {
    let column: Column
    let index: Int
    let x: Int
    let width: Int
  }

  let slots: [Slot]
  let hidesColumnsLeft: Bool
  let hidesColumnsRight: Bool

  private static let gap = 2
  /// A text column is not made narrower than this for the sake of others.
  private static let leastText = 10

  /// Gives each visible column its width; those that do not fit are scrolled to.
  init(_ grid: Grid, width: Int, language: Language = .english) {
    let columns = grid.visibleColumns.compactMap { column in
      grid.table.columnIndex(column.name).map { (column, $0) }
    }
    var widths = columns.map { Self.natural($0.0, in: grid, language) }
    let gaps = max(0, columns.count - 1) * Self.gap
    var excess = widths.reduce(0, +) + gaps - width
    let least = zip(columns, widths).map { $0.0.kind == .text ? min($1, Self.leastText) : $1 }
    if excess > 0, least.reduce(0, +) + gaps <= width {
      // All fit where texts give way, the last ones first; numbers stay whole.
      for position in columns.indices.reversed() where excess > 0 {
        let given = min(excess, widths[position] - least[position])
        widths[position] -= given
        excess -= given
      }
    }
    if excess > 0 {
      // Not all fit: no text takes so much that hardly another column is seen.
      let most = max(Self.leastText, width * 45 / 100)
      for position in columns.indices where columns[position].0.kind == .text {
        widths[position] = min(widths[position], most)
      }
    }
    if excess < 0, let rest = columns.firstIndex(where: { $0.0.width.isRest }) {
      // Not without end: far apart, a name and its numbers are hard to read together.
      widths[rest] = max(widths[rest], min(widths[rest] - excess, 36))
    }
    if excess < 0 {
      // What is left goes to texts that would be cut, from the left.
      var free = width - gaps - widths.reduce(0, +)
      for position in columns.indices where free > 0 {
        let column = columns[position].0
        guard column.kind == .text, case .fit = column.width else { continue }
        let wanted = (grid.widths[column.name] ?? 0) - widths[position]
        widths[position] += max(0, min(free, wanted))
        free -= max(0, min(free, wanted))
      }
    }
    var slots: [Slot] = []
    var x = 0
    var isCut = false
    let skipped = excess > 0 ? min(grid.left, max(0, columns.count - 1)) : 0
    for (position, (column, index)) in columns.enumerated() {
      if position > 0, position <= skipped { continue }
      let room = width - x
      // A text may be cut at the right edge, a number not, unless it is all there is.
      let needed = column.kind == .text ? min(widths[position], Self.leastText) : widths[position]
      guard room >= needed || slots.isEmpty else {
        isCut = true
        break
      }
      slots.append(Slot(column: column, index: index, x: x, width: min(widths[position], room)))
      x += widths[position] + Self.gap
    }
    self.slots = slots
    hidesColumnsLeft = skipped > 0
    hidesColumnsRight = isCut
  }

  private static func natural(_ column: Column, in grid: Grid, _ language: Language) -> Int {
    // Two columns more for the sort arrow.
    let title = displayWidth(language.column(column.title)) + (grid.sort?.column == column.name ? 2 : 0)
    let content = max(title, grid.width(of: column.name, language))
    switch column.width {
    // Other languages have longer titles than the width was chosen for.
    case .fixed(let width): return max(1, language.isEnglish ? width : max(width, min(title, width + 4)))
    case .fit(let minimum, let maximum):
      let more = language.hasWords(in: column.name) ? 6 : 0
      return max(minimum, min(content, max(maximum + more, title)))
    case .rest(let minimum): return max(minimum, min(content, minimum))
    }
  }
}

extension Column.WidthRule {
  fileprivate var isRest: Bool {
    if case .rest = self { return true }
    return false
  }
}

extension Painter {
  /// Draws titles, where columns have any, and rows, the selected one marked.
  mutating func grid(_ grid: Grid, in area: Rect, panel: Int, isFocused: Bool) {
    guard area.width > 0, area.height > 0 else { return }
    let layout = GridLayout(grid, width: area.width, language: language)
    let titles = grid.hasTitles ? 1 : 0
    if grid.hasTitles { gridTitles(grid, layout, area) }
    for offset in 0..<max(0, area.height - titles) {
      let position = grid.top + offset
      guard let row = grid.row(position) else { break }
      let y = area.y + titles + offset
      let isSelected = position == grid.selected
      let under: Role? = isSelected ? (isFocused ? .selection : .selectionInactive) : nil
      if let under { fill(Rect(x: area.x, y: y, width: area.width, height: 1), under) }
      for slot in layout.slots {
        cell(row, slot, x: area.x + slot.x, y: y, under: under, grid: grid, position: position)
      }
      target(Rect(x: area.x, y: y, width: area.width, height: 1), .row(panel: panel, position: position))
      if isSelected, isFocused, isActive { setCursor(area.x, y) }
    }
  }

  private mutating func gridTitles(_ grid: Grid, _ layout: GridLayout, _ area: Rect) {
    for slot in layout.slots {
      var title = language.column(slot.column.title)
      if let sort = grid.sort, sort.column == slot.column.name {
        title += " " + (sort.isDescending ? glyphs.descending : glyphs.ascending)
      }
      if slot.column.alignment == .right {
        writeRight(title, area.x + slot.x, area.y, width: slot.width, .columnTitle)
      } else {
        write(title, area.x + slot.x, area.y, width: slot.width, .columnTitle)
      }
    }
    if layout.hidesColumnsRight { write(glyphs.pointer, area.maxX - 1, area.y, width: 1, .accent) }
  }

  private mutating func cell(
    _ row: [Value], _ slot: GridLayout.Slot, x: Int, y: Int, under: Role?, grid: Grid, position: Int
  ) {
    let column = slot.column
    let value = row[slot.index]
    var style = palette.style(column.role(of: value), on: under)
    if grid.isChanged(position, column.name) {
      let changed = palette.style(.changed, on: under)
      style.attributes.formUnion(changed.attributes)
      style.foreground = changed.foreground
    }
    let shown = grid.shown(row, column, slot.index, text)
    if !grid.search.isEmpty, shown.lowercased().holds(grid.search.lowercased()) {
      style.attributes.formUnion(palette[.match].attributes)
      if under == nil, palette[.match].foreground != .default {
        style.foreground = palette[.match].foreground
      }
    }
    if column.alignment == .right {
      writeRight(shown, x, y, width: slot.width, style: style)
    } else {
      write(shown, x, y, width: slot.width, style: style)
    }
  }
}

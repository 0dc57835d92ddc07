import Pipeline

/// The box of what lies over a screen.
enum OverlayBox {
  static func textWidth(in size: Size) -> Int { max(10, min(100, size.width - 8)) }
  static func textRows(in size: Size) -> Int { max(1, size.height - 6) }

  /// Centred, as large as its text needs.
  static func rect(width: Int, height: Int, in size: Size) -> Rect {
    let width = min(size.width - 2, width + 4)
    let height = min(size.height - 2, height + 2)
    return Rect(
      x: (size.width - width) / 2, y: max(0, (size.height - height) / 2), width: width, height: height)
  }
}

extension State {
  /// A line of the help: a heading, or a binding with the reason why it does nothing now.
  struct HelpLine: Sendable, Hashable {
    let keys: String
    let text: String
    let reason: String?
    let isHeading: Bool
    /// Does nothing now; the reason stands here or on the lines that follow.
    var isOff = false

    static func keyWidth(_ lines: [HelpLine]) -> Int {
      lines.filter { !$0.isHeading }.map { displayWidth($0.keys) }.max() ?? 8
    }
  }

  /// The keys of the screen shown, by group.
  func helpLines() -> [HelpLine] {
    var lines: [HelpLine] = []
    let language = setup.text.language
    for group in KeyGroup.allCases {
      let bindings = setup.keymap.bindings.filter {
        $0.group == group && !$0.contexts.isDisjoint(with: screen.contexts) && !$0.keys.isEmpty
          && ($0.action.screenIndex.map { tabs.indices.contains($0) } ?? true)
      }
      guard !bindings.isEmpty else { continue }
      if !lines.isEmpty { lines.append(HelpLine(keys: "", text: "", reason: nil, isHeading: false)) }
      lines.append(HelpLine(keys: language(group.rawValue), text: "", reason: nil, isHeading: true))
      for binding in bindings {
        let text = binding.action.screenIndex.map { tabs[$0].title } ?? language(binding.summary)
        lines.append(
          HelpLine(
            keys: binding.keyNames, text: text, reason: reasonDisabled(binding.action).map { language($0) },
            isHeading: false))
      }
    }
    return lines
  }

  /// The same, each reason that does not fit beside its key on lines of its own.
  /// - Parameter width: of the text in the window.
  func helpLines(in width: Int) -> [HelpLine] {
    let lines = helpLines()
    let indent = HelpLine.keyWidth(lines) + 3
    return lines.flatMap { line -> [HelpLine] in
      guard let reason = line.reason, indent + displayWidth(line.text) + displayWidth(reason) + 3 > width
      else {
        return [line]
      }
      let head = HelpLine(keys: line.keys, text: line.text, reason: nil, isHeading: false, isOff: true)
      return [head]
        + wrap("(\(reason))", to: max(10, width - indent)).map {
          HelpLine(keys: "", text: "", reason: $0, isHeading: false, isOff: true)
        }
    }
  }
}

extension Painter {
  mutating func overlay(_ overlay: Overlay, of state: State) {
    if case .prompt = overlay { return }
    hideCursor()
    switch overlay {
    case .help(let top):
      help(
        state.helpLines(in: OverlayBox.textWidth(in: buffer.size)), top: top,
        title: "Keys: \(state.screen.title)")
    case .palette(let palette): commandPalette(palette)
    case .picker(let picker): self.picker(picker)
    case .confirm(let confirmation): confirm(confirmation)
    case .popup(let popup): self.popup(popup)
    case .form(let form): self.form(form)
    case .prompt: return
    }
  }

  /// An empty box over the screen.
  private mutating func window(_ rect: Rect, title: String, note: String = "") -> Rect {
    fill(rect, .overlay)
    let inner = box(rect, title: title, note: note, isFocused: true)
    return Rect(x: inner.x, y: inner.y, width: inner.width, height: inner.height)
  }

  private mutating func help(_ lines: [State.HelpLine], top: Int, title: String) {
    let size = buffer.size
    let keyWidth = State.HelpLine.keyWidth(lines)
    let rect = OverlayBox.rect(
      width: OverlayBox.textWidth(in: size), height: min(lines.count, OverlayBox.textRows(in: size)), in: size
    )
    let note =
      lines.count > rect.height - 2 ? "\(min(lines.count, top + rect.height - 2))/\(lines.count)" : ""
    let area = window(rect, title: title, note: note)
    for row in 0..<area.height where lines.indices.contains(top + row) {
      let line = lines[top + row]
      let y = area.y + row
      if line.isHeading {
        write(line.keys, area.x, y, width: area.width, .overlayTitle)
        continue
      }
      let isOff = line.isOff || line.reason != nil
      write(line.keys, area.x + 1, y, width: keyWidth, isOff ? .muted : .footerKey)
      let x = area.x + 1 + keyWidth + 2
      let written = write(line.text, x, y, width: area.maxX - x, isOff ? .muted : .overlay)
      if let reason = line.reason {
        let start = written > 0 ? x + written + 1 : x
        write(line.isOff ? reason : "(\(reason))", start, y, width: area.maxX - start, .warning)
      }
    }
    scrollMark(rect, total: lines.count, top: top, page: area.height)
    setCursor(area.x, area.y)
  }

  private mutating func popup(_ popup: Popup) {
    let size = buffer.size
    let popup = popup.translated(language)
    let lines = popup.wrapped(to: OverlayBox.textWidth(in: size))
    let captionWidth = lines.map { displayWidth($0.caption) }.max() ?? 0
    let textWidth = lines.map { displayWidth($0.text) }.max() ?? 0
    let width = max(displayWidth(popup.title) + 6, captionWidth + 2 + textWidth)
    let rect = OverlayBox.rect(
      width: width, height: min(lines.count, OverlayBox.textRows(in: size)), in: size)
    let area = window(rect, title: popup.title)
    let top = max(0, min(popup.top, lines.count - area.height))
    for row in 0..<area.height where lines.indices.contains(top + row) {
      let line = lines[top + row]
      let y = area.y + row
      write(line.caption, area.x, y, width: captionWidth, .muted)
      let x = area.x + captionWidth + (captionWidth > 0 ? 2 : 0)
      write(line.text, x, y, width: area.maxX - x, line.isNull ? .null : .overlay)
    }
    scrollMark(rect, total: lines.count, top: top, page: area.height)
    setCursor(area.x, area.y)
  }

  private mutating func picker(_ picker: Picker) {
    let size = buffer.size
    let titles = picker.items.map { language.column($0.title) }
    let width = max(
      displayWidth(language(picker.title)) + 6, 4 + (titles.map { displayWidth($0) }.max() ?? 0) + 4)
    let rect = OverlayBox.rect(
      width: width, height: min(max(1, picker.items.count), OverlayBox.textRows(in: size)), in: size)
    let area = window(rect, title: picker.title)
    let top = max(0, min(picker.selected - area.height / 2, picker.items.count - area.height))
    for row in 0..<area.height where picker.items.indices.contains(top + row) {
      let item = picker.items[top + row]
      let y = area.y + row
      let isSelected = top + row == picker.selected
      let line = Rect(x: area.x, y: y, width: area.width, height: 1)
      if isSelected { fill(line, .selection) }
      let under: Role = isSelected ? .selection : .overlay
      let mark: String =
        switch picker.kind {
        case .columns: item.isOn ? glyphs.check : " "
        case .theme: item.isOn ? glyphs.bullet : " "
        case .sort: item.mark
        case .export, .savedQuery, .chart: ""
        }
      write(mark, area.x, y, width: 2, style: palette.style(.accent, on: under))
      write(
        titles[top + row], area.x + 2, y, width: area.width - 2,
        style: palette.style(item.isOn || picker.kind == .theme ? .text : .muted, on: under))
      target(line, .item(top + row))
      if isSelected { setCursor(area.x, y) }
    }
    scrollMark(rect, total: picker.items.count, top: top, page: area.height)
  }

  private mutating func confirm(_ confirmation: Confirmation) {
    let width = min(64, buffer.size.width - 8)
    let lines = wrap(language(confirmation.question), to: width)
    let rect = OverlayBox.rect(width: width, height: lines.count + 2, in: buffer.size)
    let area = window(rect, title: confirmation.title)
    for (row, line) in lines.enumerated() where row < area.height {
      write(line, area.x, area.y + row, width: area.width, .overlay)
    }
    let y = area.maxY - 1
    var x = area.x
    x += write("y", x, y, width: 1, .footerKey) + 1
    x += write(language(confirmation.verb), x, y, width: 24, .overlay) + 3
    x += write("n", x, y, width: 1, .footerKey) + 1
    write(language("leave it"), x, y, width: 12, .overlay)
    setCursor(area.x, y)
  }

  private mutating func commandPalette(_ palette: CommandPalette) {
    let size = buffer.size
    let rect = OverlayBox.rect(
      width: min(76, size.width - 6), height: min(16, size.height - 6), in: size)
    let area = window(rect, title: "Commands", note: palette.found.isEmpty ? "" : "\(palette.found.count)")
    let rows = area.height - 2
    write(":", area.x, area.y, width: 1, .accent)
    var before = String(palette.editor.beforeCursor)
    while displayWidth(printable(before)) >= area.width - 2, !before.isEmpty { before.removeFirst() }
    let skipped = palette.editor.beforeCursor.count - before.count
    write(
      String(palette.editor.text.dropFirst(skipped)), area.x + 2, area.y, width: area.width - 2, .overlay)
    setCursor(area.x + 2 + displayWidth(printable(before)), area.y)
    horizontalLine(area.x, area.y + 1, width: area.width)
    let top = max(0, min(palette.selected - rows + 1, palette.found.count - rows))
    for row in 0..<max(0, rows) where palette.found.indices.contains(top + row) {
      let entry = palette.found[top + row]
      let y = area.y + 2 + row
      let line = Rect(x: area.x, y: y, width: area.width, height: 1)
      let isSelected = top + row == palette.selected
      if isSelected { fill(line, .selection) }
      let under: Role = isSelected ? .selection : .overlay
      let note = entry.keys.isEmpty ? language(entry.detail) : entry.keys
      let noteWidth = min(displayWidth(note), area.width / 3)
      let isDisabled = !entry.detail.isEmpty && !entry.keys.isEmpty && entry.detail != "screen"
      write(
        language(entry.title), area.x, y, width: area.width - noteWidth - 2,
        style: self.palette.style(isDisabled ? .muted : .text, on: under))
      writeRight(
        note, area.maxX - noteWidth, y, width: noteWidth, style: self.palette.style(.muted, on: under))
      target(line, .item(top + row))
    }
    if palette.found.isEmpty {
      write(language("nothing found"), area.x, area.y + 2, width: area.width, .muted)
    }
  }
}

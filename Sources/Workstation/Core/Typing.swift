/// A screen that takes keys as text while the analyst types.
protocol Typing {
  /// - Returns: False where the key has its usual meaning.
  mutating func type(_ key: Key, _ turn: inout Turn) -> Bool
  /// - Returns: False where the screen takes no text now.
  mutating func paste(_ text: String) -> Bool
  /// The keys that matter while one types, for the footer; nil: nothing is typed now.
  var typingHints: [(key: String, title: String)]? { get }
}

/// A screen that asks for values in a form.
protocol TakesForm {
  /// Takes a form that was filled in.
  mutating func submit(_ form: InputForm, _ turn: inout Turn)
}

/// Lines asked for together.
struct InputForm: Sendable {
  struct Field: Sendable {
    let name: String
    let caption: String
    /// What the value means; may be empty.
    let hint: String
    var editor: LineEditor
  }

  /// What it is for, as the screen that asked knows it.
  let name: String
  let title: String
  /// One word for what Enter does.
  let verb: String
  var fields: [Field]
  var selected = 0
  /// Why it cannot be used as it is.
  var error: String?

  func value(_ name: String) -> String { fields.first { $0.name == name }?.editor.text ?? "" }

  mutating func move(by step: Int) {
    guard !fields.isEmpty else { return }
    selected = ((selected + step) % fields.count + fields.count) % fields.count
  }

  mutating func insert(_ text: String) {
    guard fields.indices.contains(selected) else { return }
    fields[selected].editor.insert(text)
  }
}

extension State {
  mutating func press(_ key: Key, in form: InputForm, _ turn: inout Turn) {
    var form = form
    switch key {
    case .escape, .control("c"), .control("g"): overlay = nil
    case .up, .backTab, .control("p"):
      form.move(by: -1)
      overlay = .form(form)
    case .down, .tab, .control("n"):
      form.move(by: 1)
      overlay = .form(form)
    case .enter:
      overlay = nil
      guard var shown = screen as? any Screen & TakesForm else { return }
      shown.submit(form, &turn)
      screen = shown
    default:
      guard form.fields.indices.contains(form.selected), form.fields[form.selected].editor.handle(key) else {
        return
      }
      form.error = nil
      overlay = .form(form)
    }
  }
}

extension Painter {
  mutating func form(_ form: InputForm) {
    let size = buffer.size
    let captionWidth = min(24, form.fields.map { displayWidth($0.caption) }.max() ?? 0)
    let width = min(OverlayBox.textWidth(in: size), max(56, captionWidth + 40))
    let selectedHint = form.fields.indices.contains(form.selected) ? form.fields[form.selected].hint : ""
    let note = form.error ?? selectedHint
    let rect = OverlayBox.rect(width: width, height: form.fields.count + 2, in: size)
    fill(rect, .overlay)
    let area = box(rect, title: form.title, note: "enter: \(form.verb)  esc: leave", isFocused: true)
    let rows = max(1, area.height - 2)
    let top = max(0, min(form.selected - rows + 1, form.fields.count - rows))
    for row in 0..<rows where form.fields.indices.contains(top + row) {
      let field = form.fields[top + row]
      let y = area.y + row
      let isSelected = top + row == form.selected
      write(field.caption, area.x, y, width: captionWidth, isSelected ? .accent : .muted)
      let x = area.x + captionWidth + 2
      let room = max(1, area.maxX - x)
      fill(Rect(x: x, y: y, width: room, height: 1), .input)
      var before = String(field.editor.beforeCursor)
      while displayWidth(printable(before)) >= room, !before.isEmpty { before.removeFirst() }
      let skipped = field.editor.beforeCursor.count - before.count
      write(String(field.editor.text.dropFirst(skipped)), x, y, width: room, .input)
      if isSelected { setCursor(x + min(room - 1, displayWidth(printable(before))), y) }
      target(Rect(x: area.x, y: y, width: area.width, height: 1), .item(top + row))
    }
    write(note, area.x, area.maxY - 1, width: area.width, form.error == nil ? .muted : .danger)
  }
}

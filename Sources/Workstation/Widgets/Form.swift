import Languages
import Pipeline

/// A screen that asks for values in a form and takes them itself.
protocol TakesForm {
  /// - Parameters:
  ///   - form: what the screen called it.
  ///   - values: by the captions of its fields.
  mutating func submit(_ form: String, _ values: [String: String], _ turn: inout Turn)
}

/// A few values asked for together in a window: choices and lines of text.
struct Form: Sendable {
  struct Field: Sendable {
    enum Kind: Sendable {
      case line(LineEditor)
      /// Titles, and which one is chosen.
      case choice([String], selected: Int)
    }

    let caption: String
    var kind: Kind
    /// What may be written, shown while the field has the keys.
    var hint = ""

    static func line(_ caption: String, _ text: String = "", hint: String = "") -> Field {
      Field(caption: caption, kind: .line(LineEditor(text)), hint: hint)
    }

    static func choice(_ caption: String, _ titles: [String], selected: Int = 0) -> Field {
      Field(
        caption: caption, kind: .choice(titles, selected: selected), hint: "left and right choose")
    }

    /// What was written or chosen.
    var text: String {
      switch kind {
      case .line(let editor): editor.text
      case .choice(let titles, let selected): titles.indices.contains(selected) ? titles[selected] : ""
      }
    }

    /// The number of the choice; 0 for a line.
    var choice: Int {
      if case .choice(_, let selected) = kind { selected } else { 0 }
    }
  }

  /// Why the values cannot be used; one line.
  struct Refusal: Error {
    let message: String

    init(_ message: String) {
      self.message = message
    }
  }

  let title: String
  var fields: [Field]
  /// What agrees, in a word or two.
  let verb: String
  var selected = 0
  var error: String?
  /// What the values mean.
  enum Outcome: Sendable {
    case perform(CaseCommand)
    case filterCases(CaseFilter)
    /// The screen that asked knows what they mean.
    case submit(form: String, values: [String: String])
  }

  /// - Parameter now: seconds since 1970.
  let outcome: @Sendable (_ fields: [Field], _ now: Double) throws(Refusal) -> Outcome

  /// Lines for the screen itself.
  /// - Parameter name: what it is for, as the screen knows it.
  static func lines(_ name: String, title: String, verb: String, _ fields: [Field]) -> Form {
    Form(title: title, fields: fields, verb: verb) { fields, _ throws(Refusal) in
      .submit(
        form: name,
        values: Dictionary(fields.map { ($0.caption, $0.text) }, uniquingKeysWith: { first, _ in first }))
    }
  }

  /// Where Enter goes: the next line that is still empty; nil: it agrees.
  var next: Int? {
    fields.indices.dropFirst(selected + 1).first {
      if case .line(let editor) = fields[$0].kind { editor.text.isEmpty } else { false }
    }
  }

  mutating func insert(_ text: String) {
    guard case .line(var editor) = fields[selected].kind else { return }
    editor.insert(text)
    fields[selected].kind = .line(editor)
    error = nil
  }

  /// - Parameter language: the titles of choices are shown in; a letter chooses among those.
  /// - Returns: False where the key is none of the form's.
  mutating func handle(_ key: Key, in language: Language = .english) -> Bool {
    switch key {
    case .tab, .down: selected = (selected + 1) % fields.count
    case .backTab, .up: selected = (selected + fields.count - 1) % fields.count
    default:
      switch fields[selected].kind {
      case .line(var editor):
        guard editor.handle(key) else { return false }
        fields[selected].kind = .line(editor)
      case .choice(let titles, let chosen):
        guard let next = Self.choice(after: key, titles.map { language($0) }, chosen) else { return false }
        fields[selected].kind = .choice(titles, selected: next)
      }
      error = nil
    }
    return true
  }

  private static func choice(after key: Key, _ titles: [String], _ chosen: Int) -> Int? {
    switch key {
    case .right, .character(" "), .character("l"): return (chosen + 1) % max(1, titles.count)
    case .left, .character("h"): return (chosen + titles.count - 1) % max(1, titles.count)
    case .character(let letter):
      // The next choice that begins with the letter.
      return (1...max(1, titles.count)).map { (chosen + $0) % titles.count }.first {
        titles[$0].lowercased().hasPrefix(letter.lowercased())
      }
    default: return nil
    }
  }
}

extension State {
  mutating func press(_ key: Key, in form: Form, _ turn: inout Turn) {
    var form = form
    switch key {
    case .escape, .control("c"), .control("g"):
      overlay = nil
      return
    case .enter where form.next == nil:
      do throws(Form.Refusal) {
        let outcome = try form.outcome(form.fields, now)
        overlay = nil
        if case .perform = outcome { submitted = form }
        accept(outcome, &turn)
        return
      } catch {
        form.error = error.message
      }
    case .enter: form.selected = form.next ?? form.selected
    default: guard form.handle(key, in: setup.text.language) else { return }
    }
    overlay = .form(form)
  }
}

extension State {
  /// A step that was not taken gives its form back, as it was filled in.
  mutating func stepFailed(_ message: String, canRepeat: Bool) {
    defer { submitted = nil }
    guard canRepeat, var form = submitted, overlay == nil else {
      notice = Notice(text: message, tone: .warning)
      return
    }
    form.error = message
    overlay = .form(form)
  }

  private mutating func accept(_ outcome: Form.Outcome, _ turn: inout Turn) {
    switch outcome {
    case .perform(let command): turn.ask(.performCase(command))
    case .filterCases(let filter):
      guard var cases = screen as? CasesScreen else { return }
      cases.show(filter, &turn)
      screen = cases
    case .submit(let form, let values):
      guard var shown = screen as? any Screen & TakesForm else { return }
      shown.submit(form, values, &turn)
      screen = shown
    }
  }
}

extension Painter {
  mutating func form(_ form: Form) {
    let size = buffer.size
    let captionWidth = min(24, form.fields.map { displayWidth(language($0.caption)) }.max() ?? 0)
    let rect = OverlayBox.rect(
      width: min(72, OverlayBox.textWidth(in: size)), height: form.fields.count + 2, in: size)
    fill(rect, .overlay)
    let area = box(rect, title: form.title, note: "", isFocused: true)
    let rows = max(1, area.height - 1)
    let top = max(0, min(form.selected - rows + 1, form.fields.count - rows))
    for (index, field) in form.fields.enumerated().dropFirst(top).prefix(rows) {
      let y = area.y + index - top
      let isSelected = index == form.selected
      write(language(field.caption), area.x, y, width: captionWidth, isSelected ? .accent : .muted)
      let value = Rect(
        x: area.x + captionWidth + 2, y: y, width: max(4, area.maxX - area.x - captionWidth - 2), height: 1)
      draw(field, in: value, isSelected: isSelected)
      target(Rect(x: area.x, y: y, width: area.width, height: 1), .item(index))
    }
    let y = area.maxY - 1
    if let error = form.error {
      write(language(error), area.x, y, width: area.width, .danger)
      return
    }
    var x = area.x
    x += write("enter", x, y, width: 6, .footerKey) + 1
    x += write(language(form.next == nil ? form.verb : "next"), x, y, width: 20, .overlay) + 2
    x += write("esc", x, y, width: 4, .footerKey) + 1
    x += write(language("leave it"), x, y, width: 12, .overlay) + 2
    write(language(form.fields[form.selected].hint), x, y, width: area.maxX - x, .muted)
  }

  private mutating func draw(_ field: Form.Field, in area: Rect, isSelected: Bool) {
    switch field.kind {
    case .choice(let titles, let selected):
      var x = area.x
      for (index, title) in titles.enumerated() where x < area.maxX {
        let isChosen = index == selected
        let role: Role = isChosen ? (isSelected ? .selection : .accent) : .muted
        let title = language(title)
        if isChosen, isSelected { setCursor(x, area.y) }
        x += write(isChosen ? "[\(title)]" : " \(title) ", x, area.y, width: area.maxX - x, role) + 1
      }
    case .line(let editor):
      fill(area, isSelected ? .input : .overlay)
      var before = String(editor.beforeCursor)
      while displayWidth(printable(before)) >= area.width, !before.isEmpty { before.removeFirst() }
      let skipped = editor.beforeCursor.count - before.count
      let role: Role = isSelected ? .input : .overlay
      write(String(editor.text.dropFirst(skipped)), area.x, area.y, width: area.width, role)
      if isSelected { setCursor(area.x + displayWidth(printable(before)), area.y) }
    }
  }
}

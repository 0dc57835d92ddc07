import Languages
import Pipeline

/// What lies over a screen and takes the keys.
enum Overlay: Sendable {
  case help(top: Int)
  case palette(CommandPalette)
  case prompt(Prompt)
  case picker(Picker)
  case confirm(Confirmation)
  case popup(Popup)
  case form(Form)
}

/// A line asked for at the foot of the screen.
struct Prompt: Sendable {
  enum Kind: Sendable {
    case search, filter, linkedFilters
  }

  let kind: Kind
  var editor: LineEditor
  /// Why the line cannot be used.
  var error: String?

  var caption: String {
    switch kind {
    case .search: "/"
    case .filter: "filter: "
    case .linkedFilters: "dashboard filter: "
    }
  }
}

/// A list to choose from.
struct Picker: Sendable {
  enum Kind: Sendable {
    case sort, columns, theme, export, savedQuery, chart
  }

  struct Item: Sendable, Hashable {
    let name: String
    let title: String
    /// Marks what is in force: the sort arrow, a visible column.
    var mark: String = ""
    var isOn = true
  }

  let kind: Kind
  let title: String
  var items: [Item]
  var selected: Int

  mutating func move(by rows: Int) {
    selected = max(0, min(items.count - 1, selected + rows))
  }
}

/// A question before something that cannot be undone.
struct Confirmation: Sendable {
  let title: String
  let question: String
  /// One word for the key that agrees.
  let verb: String
  let effect: Effect
}

/// A text in a window of its own.
struct Popup: Sendable {
  struct Line: Sendable, Hashable {
    let caption: String
    let text: String
    var isNull = false
  }

  let title: String
  let lines: [Line]
  var top = 0

  /// With its captions in a language; texts are what a row holds.
  func translated(_ language: Language) -> Popup {
    guard !language.isEnglish else { return self }
    var popup = Popup(
      title: language(title),
      lines: lines.map { Line(caption: language.column($0.caption), text: $0.text, isNull: $0.isNull) })
    popup.top = top
    return popup
  }

  /// Broken to a width: caption (empty on continuation lines) and piece of text.
  func wrapped(to width: Int) -> [Line] {
    let captionWidth = lines.map { displayWidth($0.caption) }.max() ?? 0
    let room = max(8, width - captionWidth - (captionWidth > 0 ? 2 : 0))
    return lines.flatMap { line in
      wrap(line.text, to: room).enumerated().map { index, piece in
        Line(caption: index == 0 ? line.caption : "", text: piece, isNull: line.isNull)
      }
    }
  }
}

/// Breaks a text into lines of at most that many terminal columns, at spaces where it can.
func wrap(_ text: String, to width: Int) -> [String] {
  guard width > 0 else { return [] }
  var lines: [String] = []
  var line = ""
  var used = 0
  for word in printable(text).split(separator: " ", omittingEmptySubsequences: false) {
    let length = displayWidth(word)
    if used > 0, used + 1 + length > width {
      lines.append(line)
      line = ""
      used = 0
    } else if used > 0 {
      line += " "
      used += 1
    }
    if length <= width {
      line += word
      used += length
    } else {
      for character in word {
        let columns = displayWidth(String(character))
        if used + columns > width, used > 0 {
          lines.append(line)
          line = ""
          used = 0
        }
        line.append(character)
        used += columns
      }
    }
  }
  lines.append(line)
  return lines
}

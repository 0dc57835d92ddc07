extension Key {
  /// How the help, the footer and configuration write a key: `enter`, `ctrl-r`, `f5`, `G`, `space`.
  public var name: String {
    switch self {
    case .character(" "): "space"
    case .character(let character): String(character)
    case .control(let character): "ctrl-\(character)"
    case .function(let number): "f\(number)"
    case .backTab: "shift-tab"
    case .pageUp: "pgup"
    case .pageDown: "pgdn"
    case .escape: "esc"
    // Spelt out: a footer is drawn at each key, and the name of a case costs a search of the program's types.
    case .enter: "enter"
    case .tab: "tab"
    case .up: "up"
    case .down: "down"
    case .left: "left"
    case .right: "right"
    case .home: "home"
    case .end: "end"
    case .backspace: "backspace"
    case .delete: "delete"
    case .insert: "insert"
    }
  }

  /// The key of that name; case counts for single characters alone.
  public init?(name: String) {
    if name.count == 1, let character = name.first {
      self = .character(character)
      return
    }
    let lower = name.lowercased()
    switch lower {
    case "space": self = .character(" ")
    case "enter", "return": self = .enter
    case "esc", "escape": self = .escape
    case "tab": self = .tab
    case "shift-tab", "s-tab", "backtab": self = .backTab
    case "up": self = .up
    case "down": self = .down
    case "left": self = .left
    case "right": self = .right
    case "home": self = .home
    case "end": self = .end
    case "pgup", "pageup": self = .pageUp
    case "pgdn", "pagedown": self = .pageDown
    case "backspace": self = .backspace
    case "delete", "del": self = .delete
    case "insert", "ins": self = .insert
    default:
      if lower.hasPrefix("ctrl-"), lower.count == 6, let letter = lower.last, letter.isASCII, letter.isLetter
      {
        self = .control(letter)
      } else if lower.hasPrefix("f"), let number = Int(lower.dropFirst()), (1...24).contains(number) {
        self = .function(number)
      } else {
        return nil
      }
    }
  }
}

/// Why a key script cannot be read.
public struct KeyScriptError: Error, Sendable, Hashable, CustomStringConvertible {
  public enum Code: String, Sendable, Hashable {
    case unknownKey, openQuote
  }

  public let code: Code
  public let word: String

  public var description: String {
    switch code {
    case .unknownKey:
      "\(word) is no key; write single characters, Enter, Esc, Tab, Up, PgDn, F5, Ctrl-R, or \"text\" in quotes"
    case .openQuote: "the quotes in \(word) are not closed"
    }
  }
}

/// Reads the keys of a script such as `3 Enter s` or `/ "ann" Enter`, for snapshots and tests.
///
/// Words are parted by spaces; a word in double quotes is typed character by character.
public func keyScript(_ script: String) throws(KeyScriptError) -> [Key] {
  var keys: [Key] = []
  var rest = Substring(script)
  while let first = rest.first {
    if first.isWhitespace {
      rest = rest.dropFirst()
    } else if first == "\"", rest.count > 1, rest.dropFirst().first?.isWhitespace == false {
      let body = rest.dropFirst()
      guard let end = body.firstIndex(of: "\"") else {
        throw KeyScriptError(code: .openQuote, word: String(rest))
      }
      keys += body[..<end].map { Key.character($0) }
      rest = body[body.index(after: end)...]
    } else {
      let word = rest.prefix { !$0.isWhitespace }
      guard let key = Key(name: String(word)) else {
        throw KeyScriptError(code: .unknownKey, word: String(word))
      }
      keys.append(key)
      rest = rest.dropFirst(word.count)
    }
  }
  return keys
}

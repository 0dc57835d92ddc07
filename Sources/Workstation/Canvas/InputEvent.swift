/// A key as the terminal sent it, after decoding.
public enum Key: Sendable, Hashable {
  /// A printable character, the space included.
  case character(Character)
  case enter, escape, tab, backTab
  case up, down, left, right
  case home, end, pageUp, pageDown
  case backspace, delete, insert
  /// F1 is `function(1)`.
  case function(Int)
  /// Ctrl with a lower-case letter; keys that are the same to a terminal (ctrl-m, ctrl-i, ctrl-h) come as
  /// enter, tab and backspace.
  case control(Character)
}

/// What the mouse did on a cell.
public struct MouseEvent: Sendable, Hashable {
  public enum Action: Sendable, Hashable {
    case press(Button)
    case release(Button)
    case drag(Button)
    case wheelUp, wheelDown
  }

  public enum Button: Sendable, Hashable {
    case left, middle, right
  }

  public let action: Action
  public let position: Point

  public init(action: Action, position: Point) {
    self.action = action
    self.position = position
  }
}

/// What comes from the person at the terminal.
public enum InputEvent: Sendable, Hashable {
  case key(Key)
  case mouse(MouseEvent)
  /// The terminal has this size from now on.
  case resize(Size)
  /// Text pasted as one piece; not made printable yet, it may hold line ends.
  case paste(String)
}

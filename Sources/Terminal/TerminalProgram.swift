import Workstation

/// What the program asks of its terminal besides the screen; returned by `perform`.
public enum TerminalCommand: Sendable, Hashable {
  /// Ends the session.
  case quit
  /// Puts text into the clipboard (OSC 52); beyond ``TerminalSession/clipboardLimit`` bytes it is cut.
  case copy(String)
  /// Switches the mouse on or off. While it is on, the terminal's own selection needs Shift.
  case mouse(Bool)
  /// Paints everything anew, after something else wrote on the terminal.
  case redraw
  /// Stops the process as ctrl-z does.
  case suspend
  /// Has the person write a text in their own editor; what comes back goes to ``TerminalProgram/edited`` with the tag.
  case edit(tag: Int64)
  case bell
}

/// The program as pure functions, and its start.
///
/// `State`, `Event` and `Effect` are the program's own; the driver only passes them around.
public struct TerminalProgram<State, Event: Sendable, Effect> {
  /// Wraps what the person did.
  public var input: (InputEvent) -> Event
  public var update: (inout State, Event) -> [Effect]
  public var view: (State, Size) -> ScreenBuffer
  /// Starts what an effect asks for and returns at once; results are posted, from any thread. What concerns the
  /// terminal is returned as a command.
  public var perform: (Effect, @escaping @Sendable (Event) -> Void) -> [TerminalCommand]
  /// The next event that time alone brings, and in how long: a clock on screen, a spinner. Asked after every
  /// frame; nil: nothing but input and results wakes the program.
  public var alarm: (State) -> (delay: Duration, event: Event)?
  /// The window's title, set where it changes; nil: it is left alone.
  public var title: (State) -> String?
  /// The event of a text that was written in an editor; the text is nil where it was left empty.
  public var edited: (_ tag: Int64, _ text: String?) -> Event?

  public init(
    input: @escaping (InputEvent) -> Event,
    update: @escaping (inout State, Event) -> [Effect],
    view: @escaping (State, Size) -> ScreenBuffer,
    perform: @escaping (Effect, @escaping @Sendable (Event) -> Void) -> [TerminalCommand],
    alarm: @escaping (State) -> (delay: Duration, event: Event)? = { _ in nil },
    title: @escaping (State) -> String? = { _ in nil },
    edited: @escaping (_ tag: Int64, _ text: String?) -> Event? = { _, _ in nil }
  ) {
    self.input = input
    self.update = update
    self.view = view
    self.perform = perform
    self.alarm = alarm
    self.title = title
    self.edited = edited
  }
}

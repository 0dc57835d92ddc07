// A small program on the terminal driver, for the tests through a pty: a list of rows with a detail pane.
// Every input is shown on the last line, so that a test sees what was decoded.

import Foundation
import Glibc
import Terminal
import Workstation

struct DemoState {
  var selected = 0
  var top = 0
  var size: Size
  var profile: TerminalProfile
  var last = "none"
  var count = 0
  var posted = 0
  var isMouseOn = false
  var title = "TerminalDemo"
  let rows = 1_000_000
}

enum DemoEvent: Sendable {
  case input(InputEvent)
  case posted(Int)
}

enum DemoEffect: Sendable {
  case command(TerminalCommand)
  case work
}

func update(_ state: inout DemoState, _ event: DemoEvent) -> [DemoEffect] {
  let page = max(1, state.size.height - 4)
  switch event {
  case .posted(let number):
    state.posted += number
    return []
  case .input(let input):
    state.count += 1
    state.last = "\(input)".replacing("Workstation.", with: "").replacing("TerminalDemo.", with: "")
    var effects: [DemoEffect] = []
    switch input {
    case .resize(let size): state.size = size
    case .key(.down), .key(.character("j")): state.selected += 1
    case .key(.up), .key(.character("k")): state.selected -= 1
    case .key(.pageDown): state.selected += page
    case .key(.pageUp): state.selected -= page
    case .key(.home): state.selected = 0
    case .key(.end): state.selected = state.rows - 1
    case .key(.character("q")), .key(.control("c")): effects.append(.command(.quit))
    case .key(.character("m")):
      state.isMouseOn.toggle()
      effects.append(.command(.mouse(state.isMouseOn)))
    case .key(.character("y")): effects.append(.command(.copy("row \(state.selected)")))
    case .key(.character("t")): state.title = "row \u{1B}[31m\(state.selected)"
    case .key(.character("w")): effects.append(.work)
    case .key(.control("l")): effects.append(.command(.redraw))
    default: break
    }
    state.selected = min(max(0, state.selected), state.rows - 1)
    state.top = min(max(state.top, state.selected - page + 1), state.selected)
    return effects
  }
}

func view(_ state: DemoState, _ size: Size) -> ScreenBuffer {
  var screen = ScreenBuffer(size: size)
  let title = Style(foreground: .rgb(255, 255, 255), background: .rgb(0, 60, 120), attributes: .bold)
  let border = Style(foreground: .palette(8))
  screen.fill(Rect(x: 0, y: 0, width: size.width, height: 1), style: title)
  screen.write(
    " TerminalDemo \(size.width)x\(size.height) \(state.profile.colorDepth)", at: 0, 0, style: title)
  let rule = String(repeating: "─", count: size.width)
  screen.write(rule, at: 0, 1, style: border)
  let page = size.height - 4
  let split = size.width * 2 / 3
  for line in 0..<max(0, page) where state.top + line < state.rows {
    let row = state.top + line
    let isSelected = row == state.selected
    var style = Style(foreground: row % 3 == 0 ? .rgb(120, 200, 120) : .default)
    if isSelected { style.attributes = .reverse }
    screen.fill(Rect(x: 0, y: line + 2, width: split, height: 1), style: style)
    screen.write("row \(row)", at: 1, line + 2, maxWidth: 14, style: style)
    screen.write("Zoë 日本 customer \(row &* 7919 % 100_003)", at: 16, line + 2, maxWidth: 30, style: style)
    screen.write("\(row &* 104_729 % 1_000_003).50 €", at: 48, line + 2, maxWidth: split - 48, style: style)
    screen.write("│", at: split, line + 2, style: border)
  }
  for (line, text) in [
    "detail of row \(state.selected)", "👨‍👩‍👧 🇩🇪 e\u{301} ❤\u{FE0F} x", "posted \(state.posted)",
    "count \(state.count)",
  ].enumerated() {
    screen.write(text, at: split + 2, line + 2)
  }
  screen.write(rule, at: 0, size.height - 2, style: border)
  screen.write("last: \(state.last)", at: 0, size.height - 1)
  screen.cursor = Point(x: 0, y: state.selected - state.top + 2)
  return screen
}

do {
  let program = TerminalProgram<DemoState, DemoEvent, DemoEffect>(
    input: DemoEvent.input, update: update, view: view,
    perform: { effect, post in
      switch effect {
      case .command(let command): return [command]
      case .work:
        // Many threads at once, so that the queue is under strain.
        for _ in 0..<8 { Thread.detachNewThread { for _ in 0..<1_000 { post(.posted(1)) } } }
        return []
      }
    }, title: \.title)
  let (state, ending) = try TerminalSession.run(program, environment: ProcessInfo.processInfo.environment) {
    (DemoState(size: $1, profile: $0), [])
  }
  print("ended at row \(state.selected): \(ending)")
  ending.die()
} catch {
  FileHandle.standardError.write(Data("TerminalDemo: \(error)\n".utf8))
  exit(3)
}

import Foundation
import Testing

@testable import Workstation

@Suite struct KeymapTests {
  @Test("no two actions of the default table share a key in the same place")
  func noConflicts() {
    // `c` cancels a run on the pipeline and chooses columns elsewhere: different places.
    #expect(Keymap.standard.conflicts.isEmpty)
  }

  @Test("every action is in the table once, with a line for the help")
  func complete() {
    let bindings = Keymap.standard.bindings
    for action in Action.allCases {
      #expect(bindings.filter { $0.action == action }.count == 1, "\(action)")
    }
    #expect(bindings.allSatisfy { !$0.summary.isEmpty && !$0.keys.isEmpty && !$0.contexts.isEmpty })
  }

  @Test("docs/keys.md is the key table")
  func documentation() throws {
    let file = Fixtures.root.appending(path: "docs/keys.md")
    if ProcessInfo.processInfo.environment["RISKDECK_RECORD"] != nil {
      try Keymap.standard.documentation.write(to: file, atomically: true, encoding: .utf8)
    }
    #expect(try String(contentsOf: file, encoding: .utf8) == Keymap.standard.documentation)
  }

  @Test("a configured key replaces the action's own and is taken from whoever had it")
  func rebinding() throws {
    let (keymap, problems) = Keymap.configured(
      yaml: "keys:\n  sort: o\n  refresh: [ctrl-r, q]\n  quit: ctrl-q\n", file: "config.yml")
    #expect(problems.isEmpty)
    #expect(keymap.action(for: .character("o"), in: [.customers, .everywhere]) == .sort)
    #expect(keymap.action(for: .character("s"), in: [.customers, .everywhere]) == nil)
    #expect(keymap.action(for: .character("q"), in: [.everywhere]) == .refresh)
    #expect(keymap.action(for: .control("q"), in: [.everywhere]) == .quit)
    #expect(keymap.conflicts.isEmpty)
    var setup = try Fixtures.setup()
    setup.keymap = keymap
    var session = try Session("customers", size: Size(width: 120, height: 60), setup: setup)
    #expect(session.lines[59].contains("o sort"))
    try session.press("?")
    #expect(session.lines.contains { $0.contains(" o ") && $0.contains("Choose the column to sort by") })
  }

  @Test("two configured actions that want one key are reported with their place, as are unknown names")
  func problems() {
    let (keymap, problems) = Keymap.configured(
      yaml: "theme: dark\nkeys:\n  sort: o\n  filter: o\n  fly: x\n  copy: ctrl-ß\n", file: "config.yml")
    #expect(
      problems.map(\.description) == [
        "config.yml:4:11: o is already sort; filter does not get it",
        "config.yml:5:3: there is no action fly; see docs/keys.md",
        "config.yml:6:9: ctrl-ß is no key; see docs/keys.md",
      ])
    #expect(keymap.action(for: .character("o"), in: [.customers]) == .sort)
  }

  @Test("a configuration that is no YAML, or has no keys, leaves the table as it is")
  func noTable() {
    let broken = Keymap.configured(yaml: "keys: {sort: [", file: "config.yml")
    #expect(broken.problems.count == 1)
    #expect(broken.problems.first?.code == .syntax)
    #expect(broken.keymap.bindings == Keymap.standard.bindings)
    #expect(Keymap.configured(yaml: "theme: dark", file: "c").problems.isEmpty)
    #expect(Keymap.configured(yaml: "", file: "c").problems.isEmpty)
    #expect(Keymap.configured(yaml: "keys: 3", file: "c").problems.first?.code == .syntax)
  }

  @Test("no key left to quit is told")
  func noQuit() {
    let (_, problems) = Keymap.configured(yaml: "keys: {quit: []}", file: "config.yml")
    #expect(problems.map(\.code) == [.conflict])
  }

  @Test("keys have names that can be read back")
  func names() {
    let keys: [Key] = [
      .character("a"), .character("G"), .character(" "), .character("é"), .enter, .escape, .tab, .backTab,
      .up,
      .down, .left, .right, .home, .end, .pageUp, .pageDown, .backspace, .delete, .insert, .function(1),
      .function(12), .control("r"),
    ]
    for key in keys { #expect(Key(name: key.name) == key, "\(key.name)") }
    #expect(Key(name: "f25") == nil)
    #expect(Key(name: "ctrl-") == nil)
    #expect(Key(name: "") == nil)
  }

  @Test("a key script reads keys and quoted text, and names the word it cannot read")
  func script() throws {
    #expect(try keyScript("3 Enter s") == [.character("3"), .enter, .character("s")])
    #expect(
      try keyScript("/ \"a b\" Esc") == [
        .character("/"), .character("a"), .character(" "), .character("b"), .escape,
      ])
    #expect(try keyScript("Ctrl-R  PgDn\tS-Tab") == [.control("r"), .pageDown, .backTab])
    #expect(try keyScript("\" x") == [.character("\""), .character("x")])
    #expect(throws: KeyScriptError(code: .unknownKey, word: "Entre")) { try keyScript("3 Entre") }
    #expect(throws: KeyScriptError(code: .openQuote, word: "\"abc")) { try keyScript("/ \"abc") }
  }
}

import Foundation
import Languages
import Synchronization
import TestSupport
import Testing

@testable import Pipeline
@testable import Workstation

/// Readers under damaged input, a bounded number of seeds each: they answer or refuse in one harmless line, and never crash or
/// hang. The template engine's fuzzing stands with its tests, the key decoder's with the terminal's.
@Suite("fuzzing")
struct FuzzTests {
  /// Bytes that mean something to one of the readers.
  private static let telling = Array(
    "{}[]()\"'\\,:;-#&*!|>%@`\n\r\t\u{0}0123456789.eEnullNaNtrue~=<>?/\u{1b}\u{9b}é漢\u{202e}".utf8)

  /// The text with some bytes changed, removed, doubled or cut.
  private static func damaged(_ text: String, _ random: inout SeededGenerator) -> String {
    var bytes = Array(text.utf8)
    for _ in 0...Int.random(in: 0..<6, using: &random) where !bytes.isEmpty {
      let place = Int.random(in: 0..<bytes.count, using: &random)
      switch Int.random(in: 0..<6, using: &random) {
      case 0: bytes[place] = telling.randomElement(using: &random) ?? 0
      case 1: bytes.insert(telling.randomElement(using: &random) ?? 0, at: place)
      case 2: bytes.remove(at: place)
      case 3: bytes.removeSubrange(place..<min(bytes.count, place + Int.random(in: 1...20, using: &random)))
      case 4:
        bytes.insert(
          contentsOf: bytes[place..<min(bytes.count, place + Int.random(in: 1...40, using: &random))],
          at: place)
      default: bytes[place] = UInt8.random(in: 0...255, using: &random)
      }
    }
    return String(decoding: bytes, as: UTF8.self)
  }

  /// Reads damaged forms of the text and returns how many were refused.
  private static func refusals(of text: String, seeds: Int, _ read: (String) throws -> Void) -> Int {
    var count = 0
    for seed in 0..<seeds {
      var random = SeededGenerator(seed: UInt64(seed))
      let input = damaged(text, &random)
      do {
        try read(input)
      } catch {
        count += 1
        let answer = "\(error)"
        #expect(!answer.contains("\n") && answer == PrintableText.clean(answer), "seed \(seed): \(answer)")
      }
    }
    return count
  }

  private static func file(_ path: String) throws -> String {
    try String(contentsOfFile: Repository.path(path), encoding: .utf8)
  }

  @Test("rulesets, mappings, dashboards, themes and key tables that were damaged")
  func yaml() throws {
    let ruleset = Self.refusals(of: try Self.file("queries/risk/ruleset.yml"), seeds: 400) {
      _ = try RulesetReader(yaml: $0, file: "ruleset.yml")
    }
    let mapping = Self.refusals(
      of: "time_zone: \"+02:00\"\nevents:\n  file: t.csv\n  id: i\n  time: t\n  customer: c\n  amount: a\n",
      seeds: 800
    ) { _ = try EventMapping.parse($0, file: "mapping.yml") }
    let dashboard = Self.refusals(of: try Self.file("queries/dashboards/fraud.yml"), seeds: 300) {
      _ = try DashboardFiles.definition(yaml: $0, file: "fraud.yml", name: "fraud") { _ in "select 1 as a" }
    }
    let theme = Self.refusals(of: try Self.file("themes/dark.yml"), seeds: 300) {
      _ = try Theme(yaml: $0, name: "dark", file: "themes/dark.yml")
    }
    let keys = Self.refusals(of: "language: es\nkeys:\n  sort: ctrl-s\n  open: [enter, o]\n", seeds: 800) {
      if let problem = UserConfiguration(yaml: $0, file: "config.yml").problems.first { throw problem }
    }
    let language = Self.refusals(
      of: "code: es\ntitle: A\nscreens:\n  \"a {1}\": \"b {1*}\"\nwords: [{columns: [a], texts: {b: c}}]\n",
      seeds: 800
    ) { _ = try Language(yaml: $0, file: "es.yml") }
    let pointer = Self.refusals(of: "models: queries\ndashboards: queries/dashboards\n", seeds: 800) {
      _ = try ProjectPointer(yaml: $0, file: "riskdeck.yml", folder: Repository.path(""))
    }
    for count in [ruleset, mapping, dashboard, theme, keys, language, pointer] { #expect(count > 50) }
  }

  @Test("JSON of a source that was damaged", .timeLimit(.minutes(2)))
  func json() async throws {
    let text = """
      {"users": [{"id": 1, "firstName": "A\\u00e4", "lastName": "B", "email": "a@b.example", "birthDate": "1990-1-2",
      "address": {"city": "X", "coordinates": {"lat": -12.5, "lng": 1e2}, "country": "Spain"}}, {"id": 2}], "total": 2}
      """
    let folder = NSTemporaryDirectory() + "riskdeck-fuzz-\(UUID().uuidString)"
    try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
    defer { try? FileManager.default.removeItem(atPath: folder) }
    let taken = Atomic<Int>(0)
    var refused = 0
    for seed in 0..<600 {
      var random = SeededGenerator(seed: UInt64(seed))
      try Data(Self.damaged(text, &random).utf8).write(to: URL(fileURLWithPath: folder + "/users.json"))
      do {
        try await JSONFiles(folder: folder).customers { page in
          taken.add(page.records.count, ordering: .relaxed)
          for reject in page.rejects { #expect(!reject.reason.contains("\n")) }
        }
      } catch {
        refused += 1
        #expect(!"\(error)".contains("\n"))
      }
    }
    #expect(refused > 50 && taken.load(ordering: .relaxed) > 50)
  }

  @Test("CSV of events that was damaged")
  func csv() throws {
    let mapping = "events:\n  file: t.csv\n  id: id\n  time: at\n  customer: who\n  amount: sum\n"
    var text = "id,at,who,sum\n"
    for number in 1...20 {
      text += "\(number),2025-03-01T10:00:0\(number % 10)Z,\(number % 3 + 1),\"\(number).50\"\n"
    }
    let folder = NSTemporaryDirectory() + "riskdeck-fuzz-\(UUID().uuidString)"
    try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
    defer { try? FileManager.default.removeItem(atPath: folder) }
    let read = try EventMapping.parse(mapping, file: "mapping.yml")
    var events = 0
    var rejects: Int64 = 0
    for seed in 0..<400 {
      var random = SeededGenerator(seed: UInt64(seed))
      try Data(Self.damaged(text, &random).utf8).write(to: URL(fileURLWithPath: folder + "/t.csv"))
      do {
        let loaded = try EventFiles(folder: folder, mapping: read).load()
        events += loaded.eventCount
        rejects += Int64(loaded.rejects.count)
      } catch {
        #expect(!"\(error)".contains("\n"))
      }
    }
    #expect(events > 4_000 && rejects > 50)
  }

  @Test("a Fernet token of which any byte was changed is refused")
  func fernet() throws {
    let fernet = try Fernet(keys: [Fernet.generateKey()])
    let token = try fernet.encrypt(Array("a password".utf8), at: 1_700_000_000)
    let bytes = Array(token.utf8)
    var random = SeededGenerator(seed: 7)
    // The last character before the padding has bits that stand for nothing.
    for place in bytes.indices.dropLast(3) {
      var changed = bytes
      while changed[place] == bytes[place] {
        changed[place] = Self.telling.randomElement(using: &random) ?? 0
      }
      #expect(throws: PrivacyError.self, "byte \(place)") {
        _ = try fernet.decrypt(String(decoding: changed, as: UTF8.self))
      }
    }
    #expect(try fernet.decrypt(token) == Array("a password".utf8))
  }

  @Test("no text makes a terminal act, whatever bytes it is made of")
  func terminalText() {
    for seed in 0..<2_000 {
      var random = SeededGenerator(seed: UInt64(seed))
      let text = Self.damaged("Tea\u{1b}]0;owned\u{7} \u{9b}31m\u{202e}漢字 e\u{301}\u{200b}", &random)
      for clean in [PrintableText.clean(text), printable(text)] {
        let isHarmless = clean.unicodeScalars.allSatisfy { scalar in
          switch scalar.properties.generalCategory {
          case .control, .surrogate: false
          default: !(0x202a...0x202e).contains(scalar.value) && !(0x2066...0x2069).contains(scalar.value)
          }
        }
        #expect(isHarmless, "seed \(seed)")
      }
    }
  }
}

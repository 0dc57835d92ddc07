import Testing

@testable import Workstation

@Suite("the user's configuration")
struct UserConfigurationTests {
  @Test("keys and language are read; anything else is told with its place")
  func entries() {
    let read = UserConfiguration(yaml: "language: es\nkeys: {sort: o}\ntheme: dark\n", file: "config.yml")
    #expect(read.keymap.binding(.sort)?.keys == [.character("o")])
    #expect(
      read.problems.map(\.description) == [
        "config.yml:3:1: there is no setting theme; there are keys and language"
      ])
  }

  @Test("a broken file is one problem, and leaves the keys as they are")
  func broken() {
    let read = UserConfiguration(yaml: "keys: [", file: "config.yml")
    #expect(read.problems.count == 1)
    #expect(read.keymap.binding(.sort)?.keys == Keymap.standard.binding(.sort)?.keys)
  }

  @Test(
    "the language is found without reading the file as YAML",
    arguments: [
      ("language: es\n", "es"), ("keys: {}\nlanguage: \"es\"  # mine", "es"), ("language: 'en'", "en"),
      ("keys: {}", nil), ("language:", nil), ("  language: es", nil),
    ] as [(String, String?)])
  func language(_ yaml: String, _ code: String?) {
    #expect(UserConfiguration.languageCode(yaml: yaml) == code)
  }
}

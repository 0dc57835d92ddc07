/// The names dbt gives to generic tests. Changing one breaks saved selections and histories, so they follow dbt
/// to the letter.
enum TestName {
  /// The longest generated name that is kept whole.
  private static let maximumLength = 63

  /// - Returns: the full name, and the short one that files and tables bear.
  static func generated(
    test: String, package: String?, isSource: Bool, node: String, arguments: [ConfigurationValue.Entry]
  ) throws -> (full: String, short: String) {
    let test = (package.map { $0 + "_" } ?? "") + (isSource ? "source_" : "") + test
    let identifier = test + "_" + node
    let parts = arguments.sorted { $0.key.unicodeScalars.lexicographicallyPrecedes($1.key.unicodeScalars) }
      .flatMap { texts(of: $0.value) }
    let full = identifier + "_" + parts.map(cleaned).joined(separator: "__")
    guard full.unicodeScalars.count > maximumLength else { return (full, full) }
    return (
      full,
      String(String.UnicodeScalarView(identifier.unicodeScalars.prefix(30))) + "_" + (try Crypto.md5Hex(full))
    )
  }

  private static func texts(of value: ConfigurationValue) -> [String] {
    switch value {
    case .map(let entries): entries.map { $0.value.templateValue.text }
    case .list(let items): items.map { $0.templateValue.text }
    default: [value.templateValue.text]
    }
  }

  /// Runs of anything but letters, digits and `_` become one `_`.
  private static func cleaned(_ text: String) -> String {
    var result = ""
    var isInRun = false
    for scalar in text.unicodeScalars {
      let isKept =
        scalar == "_" || (scalar.value >= 48 && scalar.value <= 57)
        || (scalar.value | 0x20 >= 97 && scalar.value | 0x20 <= 122 && scalar.isASCII)
      if isKept {
        result.unicodeScalars.append(scalar)
      } else if !isInRun {
        result += "_"
      }
      isInRun = !isKept
    }
    return result
  }

  /// The ten digits that tell two tests of one name apart: the end of a hash of the name and of everything the test
  /// was given, written as Python writes a dictionary.
  static func hash(
    name: String, test: String, package: String?, modelText: String, arguments: [ConfigurationValue.Entry]
  ) throws -> String {
    let kwargs = (arguments + [ConfigurationValue.Entry("model", .string(modelText))]).sorted {
      $0.key.unicodeScalars.lexicographicallyPrecedes($1.key.unicodeScalars)
    }
    let metadata: [(String, TemplateValue)] = [
      ("kwargs", .dictionary(TemplateDictionary(kwargs.map { ($0.key, hashable($0.value)) }))),
      ("name", .string(test)), ("namespace", .string(package ?? "None")),
    ]
    let text = name + TemplateValue.dictionary(TemplateDictionary(metadata)).representation
    return String(try Crypto.md5Hex(text).suffix(10))
  }

  /// Every leaf as its text; maps sorted by key.
  private static func hashable(_ value: ConfigurationValue) -> TemplateValue {
    switch value {
    case .map(let entries):
      .dictionary(TemplateDictionary(entries.sorted { $0.key < $1.key }.map { ($0.key, hashable($0.value)) }))
    case .list(let items): .list(TemplateList(items.map(hashable)))
    default: .string(value.templateValue.text)
    }
  }
}

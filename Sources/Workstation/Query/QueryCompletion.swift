import Pipeline

/// What the word before the cursor may become.
struct QueryCompletion: Sendable, Hashable {
  let candidates: [String]
  /// The one that stands in the text now.
  private(set) var selected: Int
  /// Characters of it in the text.
  var length: Int { candidates[selected].count }

  /// - Returns: nil where the word could become nothing else.
  init?(before: [Character], text: String, catalogue: QueryCatalogue) {
    let found = Self.candidates(before: before, text: text, catalogue: catalogue)
    guard !found.isEmpty else { return nil }
    candidates = found
    selected = 0
  }

  mutating func step(by step: Int) {
    selected = ((selected + step) % candidates.count + candidates.count) % candidates.count
  }

  /// The part of the row before the cursor that is completed.
  static func word(_ before: [Character]) -> String {
    String(
      String(before.reversed().prefix { $0.isLetter || $0.isNumber || $0 == "_" || $0 == "." }).reversed())
  }

  private static func candidates(
    before: [Character], text: String, catalogue: QueryCatalogue
  ) -> [String] {
    let word = word(before)
    guard !word.isEmpty else { return [] }
    let lower = word.lowercased()
    let named = tables(in: text, catalogue)
    var found: [String] = []
    func add(_ names: some Sequence<String>) {
      for name in names where name.lowercased().hasPrefix(lower) && name != word && !found.contains(name) {
        found.append(name)
      }
    }
    if let dot = word.lastIndex(of: ".") {
      let owner = String(word[..<dot]).lowercased()
      // An alias or the table's own name before the dot: its columns.
      for (table, alias) in named where alias == owner || table.shortName == owner || table.name == owner {
        add(table.columns.map { word[...dot] + $0 })
      }
      add(catalogue.tables.map(\.name))
    } else if isTableWanted(before.dropLast(word.count)) {
      add(catalogue.tables.map(\.name))
      for table in catalogue.tables where table.shortName.hasPrefix(lower) && !found.contains(table.name) {
        found.append(table.name)
      }
    } else {
      add(named.flatMap(\.table.columns))
      if named.isEmpty { add(Set(catalogue.tables.flatMap(\.columns)).sorted()) }
      add(catalogue.tables.map(\.name))
      // A table without its schema becomes one with it.
      for table in catalogue.tables where table.shortName.hasPrefix(lower) && !found.contains(table.name) {
        found.append(table.name)
      }
      add(QueryWords.keywords)
      add(named.map(\.alias))
    }
    return Array(found.prefix(50))
  }

  /// True behind FROM and JOIN.
  private static func isTableWanted(_ before: some Sequence<Character>) -> Bool {
    let last = String(before).split(whereSeparator: \.isWhitespace).last?.lowercased()
    return last == "from" || last == "join"
  }

  /// The tables a text names after FROM and JOIN, each with its alias.
  static func tables(
    in text: String, _ catalogue: QueryCatalogue
  ) -> [(table: QueryCatalogue.Table, alias: String)] {
    let words = text.lowercased().split { !($0.isLetter || $0.isNumber || $0 == "_" || $0 == ".") }
      .map(String.init)
    var found: [(table: QueryCatalogue.Table, alias: String)] = []
    for (index, word) in words.enumerated() {
      guard index > 0, let table = catalogue.tables.first(where: { $0.name == word || $0.shortName == word })
      else {
        continue
      }
      var next = index + 1
      if next < words.count, words[next] == "as" { next += 1 }
      let alias = next < words.count && !QueryWords.keywords.contains(words[next]) ? words[next] : ""
      found.append((table, alias))
    }
    return found
  }
}

extension QueryCatalogue.Table {
  /// Without the schema.
  var shortName: String { String(name.split(separator: ".").last ?? "") }
}

/// Words of the language.
enum QueryWords {
  static let keywords = [
    "all", "and", "as", "asc", "avg", "between", "by", "case", "cast", "coalesce", "count", "cross",
    "current_date",
    "desc", "distinct", "else", "end", "except", "exists", "explain", "extract", "false", "filter", "first",
    "from",
    "full", "group", "having", "ilike", "in", "inner", "intersect", "interval", "is", "join", "last",
    "lateral", "left",
    "like", "limit", "max", "min", "not", "null", "nullif", "nulls", "offset", "on", "or", "order", "outer",
    "over",
    "partition", "percentile_cont", "right", "round", "select", "sum", "table", "then", "true", "union",
    "using",
    "values", "when", "where", "with", "within",
  ]
  private static let known = Set(keywords)

  /// Pieces of a line for its colours: true where a piece is a word of the language.
  static func pieces(_ line: [Character]) -> [(text: String, isKeyword: Bool)] {
    var pieces: [(text: String, isKeyword: Bool)] = []
    var start = 0
    while start < line.count {
      let isWord = line[start].isLetter || line[start] == "_"
      var end = start + 1
      while end < line.count,
        isWord
          ? line[end].isLetter || line[end].isNumber || line[end] == "_"
          : !(line[end].isLetter || line[end] == "_")
      {
        end += 1
      }
      let text = String(line[start..<end])
      pieces.append((text, isWord && known.contains(text.lowercased())))
      start = end
    }
    return pieces
  }
}

#if canImport(FoundationEssentials)
  import FoundationEssentials
#else
  import Foundation
#endif

/// A query an analyst keeps: a file of `queries/saved`.
///
/// Comment lines at the top describe it: the first is the title, lines `-- :name = default | meaning` describe a
/// parameter, the others are the description. Every `:name` of the statement is a parameter.
public struct SavedQuery: Sendable, Hashable {
  /// The file's name without its extension.
  public let name: String
  public let title: String
  /// Empty where the file has none.
  public let description: String
  /// The statement with its `:name` parameters; see ``NamedBinds``.
  public let sql: String
  /// In the order in which the statement names them.
  public let parameters: [Parameter]

  /// A value to ask for before the query runs.
  public struct Parameter: Sendable, Hashable {
    public let name: String
    /// The value to offer; nil: there is none.
    public let defaultValue: String?
    /// What the value means; empty where the file does not say.
    public let meaning: String
  }

  /// Reads a query out of its file's text. A file without comments has its name as the title.
  public init(name: String, text: String) {
    var described: [String: Parameter] = [:]
    var notes: [String] = []
    var rest = text[...]
    while true {
      let line = rest.prefix { !$0.isNewline }
      let content = Self.trimmed(line)
      guard content.hasPrefix("--") || (content.isEmpty && !rest.isEmpty) else { break }
      rest = rest.dropFirst(line.count + 1)
      let note = Self.trimmed(content.dropFirst(2))
      if let parameter = Self.parameter(note) {
        described[parameter.name] = parameter
      } else if !note.isEmpty {
        notes.append(note)
      }
    }
    self.name = name
    title = notes.first ?? name
    description = notes.dropFirst().joined(separator: " ")
    sql = Self.trimmed(rest)
    parameters = NamedBinds(sql).names.map {
      described[$0] ?? Parameter(name: $0, defaultValue: nil, meaning: "")
    }
  }

  /// `:name = default | meaning`; the equals sign with the default may be missing.
  private static func parameter(_ note: String) -> Parameter? {
    guard note.hasPrefix(":"), let bar = note.firstIndex(of: "|") else { return nil }
    let head = note[note.index(after: note.startIndex)..<bar]
    let parts = head.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
    let name = trimmed(parts[0])
    guard !name.isEmpty, !name.contains(where: \.isWhitespace) else { return nil }
    return Parameter(
      name: name, defaultValue: parts.count == 2 ? trimmed(parts[1]) : nil,
      meaning: trimmed(note[note.index(after: bar)...]))
  }

  private static func trimmed(_ text: some StringProtocol) -> String {
    let start = text.drop(while: \.isWhitespace)
    guard let end = start.lastIndex(where: { !$0.isWhitespace }) else { return "" }
    return String(start[...end])
  }
}

/// The analysts' saved queries: `queries/saved/NAME.sql`.
public struct SavedQueries: Sendable {
  private let folder: String

  public init(folder: String) {
    self.folder = folder
  }

  /// Their names in order; none where the folder is not there.
  public func names() -> [String] {
    let files = (try? FileManager.default.contentsOfDirectory(atPath: folder)) ?? []
    return files.filter { $0.hasSuffix(".sql") && !$0.hasPrefix(".") }.map { String($0.dropLast(4)) }.sorted()
  }

  /// The query of that name; nil where there is none, or its file is no UTF-8 or holds no statement.
  public func query(named name: String) -> SavedQuery? {
    names().contains(name) ? read(name) : nil
  }

  private func read(_ name: String) -> SavedQuery? {
    guard let data = FileManager.default.contents(atPath: "\(folder)/\(name).sql"),
      let text = String(validating: data, as: UTF8.self)
    else { return nil }
    let query = SavedQuery(name: name, text: text)
    return query.sql.isEmpty ? nil : query
  }

  /// All queries that can be read, in order of name.
  public func all() -> [SavedQuery] {
    names().compactMap(read)
  }
}

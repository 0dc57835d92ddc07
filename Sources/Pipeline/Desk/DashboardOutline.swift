#if canImport(FoundationEssentials)
  import FoundationEssentials
#else
  import Foundation
#endif

/// What a dashboard's tab needs: known from a few lines of its file, before the file is read as YAML.
public struct DashboardOutline: Sendable, Hashable {
  /// The file's name without its extension.
  public let name: String
  public let title: String
  public let position: Double

  /// The dashboards of a folder, or of one file, in their order. Files with mistakes are among them: they are told once
  /// they are read.
  public static func all(at path: String) -> [DashboardOutline] {
    guard let (folder, files) = DashboardFiles.files(at: path) else { return [] }
    let outlines = files.map { file in
      let data = FileManager.default.contents(atPath: "\(folder)/\(file)") ?? Data()
      return DashboardOutline(name: String(file.dropLast(4)), yaml: String(decoding: data, as: UTF8.self))
    }
    return outlines.sorted { ($0.position, $0.name) < ($1.position, $1.name) }
  }

  /// Looks for `title` and `position` at the beginnings of lines; a title that is not there is the name.
  init(name: String, yaml: String) {
    var title: String?
    var position: Double?
    for line in yaml.utf8.split(separator: UInt8(ascii: "\n")) {
      if title == nil { title = Self.value(of: "title:", in: line) }
      if position == nil { position = Self.value(of: "position:", in: line).flatMap(Double.init) }
      if title != nil, position != nil { break }
    }
    self.name = name
    self.title = title ?? name
    self.position = position ?? .infinity
  }

  /// The text behind a key, without quotes and a comment.
  private static func value(of key: String, in line: Substring.UTF8View) -> String? {
    guard line.starts(with: key.utf8) else { return nil }
    var text = Substring(line.dropFirst(key.utf8.count)).drop { $0.isWhitespace }
    if let quote = text.first, quote == "\"" || quote == "'" {
      text = text.dropFirst().prefix { $0 != quote }
    } else if let comment = text.firstRange(of: " #") {
      text = text[..<comment.lowerBound]
    }
    while text.last?.isWhitespace == true { text.removeLast() }
    return text.isEmpty ? nil : String(text)
  }
}

import ArgumentParser
import Foundation
import Languages

/// The help of a command in another language than English, out of what the parser says of its commands.
struct HelpText {
  /// A command as `--experimental-dump-help` describes it.
  struct Command: Decodable {
    let commandName: String
    let abstract: String?
    let discussion: String?
    let shouldDisplay: Bool?
    let subcommands: [Command]?
    let arguments: [Argument]?
  }

  struct Argument: Decodable {
    struct Name: Decodable {
      let kind: String
      let name: String
    }

    let kind: String
    let shouldDisplay: Bool
    let isOptional: Bool
    let isRepeating: Bool
    let names: [Name]?
    let valueName: String?
    let abstract: String?
    let defaultValue: String?
    let allValues: [String]?
  }

  private struct Document: Decodable {
    let command: Command
  }

  let language: Language
  let root: Command

  /// - Parameter description: the parser's own description of all commands, in JSON.
  init(language: Language, description: String) throws {
    self.language = language
    root = try JSONDecoder().decode(Document.self, from: Data(description.utf8)).command
  }

  /// The help of the command that arguments lead to.
  /// - Parameter width: columns of a line.
  func text(for arguments: [String], width: Int) -> String {
    var path = [root]
    for word in arguments where !word.hasPrefix("-") {
      guard let next = path[path.count - 1].subcommands?.first(where: { $0.commandName == word }) else {
        // `riskdeck help run` asks for another command's help.
        if word == "help", path.count == 1 { continue }
        break
      }
      if next.commandName != "help" { path.append(next) }
    }
    return text(path, width: width)
  }

  private func text(_ path: [Command], width: Int) -> String {
    let command = path[path.count - 1]
    let shown = (command.arguments ?? []).filter(\.shouldDisplay)
    let positional = shown.filter { $0.kind == "positional" }
    let options = shown.filter { $0.kind != "positional" }
    let commands = (command.subcommands ?? []).filter { $0.shouldDisplay ?? true && $0.commandName != "help" }
    var lines: [String] = []
    if let abstract = command.abstract {
      lines += wrapped(language.command("OVERVIEW: {1}", with: language.command(abstract)), width)
    }
    if let discussion = command.discussion {
      for paragraph in discussion.components(separatedBy: "\n\n") {
        lines += [""] + wrapped(language.command(paragraph), width)
      }
    }
    let usage = ([path.map(\.commandName).joined(separator: " ")] + shown.map(usage)).joined(separator: " ")
    lines += [
      "",
      language.command("USAGE: {1}", with: commands.isEmpty ? usage : usage + " <subcommand>"),
    ]
    lines += section("ARGUMENTS:", positional.map { ("<\($0.valueName ?? "")>", sentence($0)) }, width)
    lines += section("OPTIONS:", options.map { (spelled($0), sentence($0)) }, width)
    lines += section(
      "SUBCOMMANDS:", commands.map { ($0.commandName, language.command($0.abstract ?? "")) }, width)
    if !commands.isEmpty {
      let name = path.map(\.commandName).joined(separator: " ")
      lines += ["", "  " + language.command("See '{1} help <subcommand>' for detailed help.", with: name)]
    }
    return lines.joined(separator: "\n")
  }

  private func usage(_ argument: Argument) -> String {
    let value = "<\(argument.valueName ?? "")>" + (argument.isRepeating ? " ..." : "")
    let name = argument.names?.first { $0.kind == "long" } ?? argument.names?.first
    let word =
      switch (argument.kind, name) {
      case ("positional", _), (_, nil): value
      case ("flag", let name?): Self.dashed(name)
      case (_, let name?): Self.dashed(name) + " " + value
      }
    return argument.isOptional ? "[\(word)]" : word
  }

  private func spelled(_ argument: Argument) -> String {
    let names = (argument.names ?? []).map(Self.dashed).joined(separator: ", ")
    return argument.kind == "flag" ? names : names + " <\(argument.valueName ?? "")>"
  }

  private static func dashed(_ name: Argument.Name) -> String {
    (name.kind == "long" ? "--" : "-") + name.name
  }

  private func sentence(_ argument: Argument) -> String {
    var text = language.command((argument.abstract ?? "").replacing("\n", with: " "))
    if let values = argument.allValues, !values.isEmpty {
      text += " " + language.command("(values: {1})", with: values.joined(separator: ", "))
    }
    if let value = argument.defaultValue, !value.isEmpty, argument.kind != "flag" {
      text += " " + language.command("(default: {1})", with: value)
    }
    return text
  }

  private func section(_ title: String, _ rows: [(name: String, text: String)], _ width: Int) -> [String] {
    guard !rows.isEmpty else { return [] }
    let column = 26
    return ["", language.command(title)]
      + rows.flatMap { row -> [String] in
        let name = "  " + row.name
        let text = wrapped(row.text, max(20, width - column)).filter { !$0.isEmpty }
        let indent = String(repeating: " ", count: column)
        guard name.count < column - 1, let first = text.first else {
          return [name] + text.map { indent + $0 }
        }
        return [name + String(repeating: " ", count: column - name.count) + first]
          + text.dropFirst().map { indent + $0 }
      }
  }

  private func wrapped(_ text: String, _ width: Int) -> [String] {
    var lines: [String] = []
    var line = ""
    for word in text.split(whereSeparator: \.isWhitespace) {
      if !line.isEmpty, line.count + 1 + word.count > width {
        lines.append(line)
        line = ""
      }
      line += (line.isEmpty ? "" : " ") + word
    }
    return lines + [line]
  }
}

extension DashboardContent {
  /// All cards as one text.
  /// - Parameter format: JSON, NDJSON or Markdown; the others need files of their own or charts.
  public func exportText(_ format: ExportFormat) -> String {
    switch format {
    case .ndjson: lines
    case .markdown: markdown
    case .json, .csv, .html: json
    }
  }

  private var json: String {
    let facts = publication.map {
      "\"run_id\": \($0.runID), \"published_at\": \(jsonText(UTCTime.text($0.publishedAt, style: .server))), "
        + "\"source\": \(jsonText($0.source)), "
    }
    let cards = cards.map { card -> String in
      let head = "{\"id\": \(jsonText(card.card.id)), \"title\": \(jsonText(card.card.title)), "
      switch card.result {
      case .failure(let failure): return head + "\"error\": \(jsonText(failure.message))}"
      case .success(let table):
        var formatter = ExportFormat.json.formatter(title: "")
        var rows = ""
        formatter.write(table, to: &rows)
        rows.removeLast()
        return head + "\"rows\": \(rows)}"
      }
    }
    return "{\"dashboard\": \(jsonText(definition.name)), \"title\": \(jsonText(definition.title)), "
      + (facts ?? "") + "\"cards\": [\n" + cards.joined(separator: ",\n") + "\n]}\n"
  }

  private var lines: String {
    cards.map { card -> String in
      guard case .success(let table) = card.result else { return "" }
      var formatter = ExportFormat.ndjson.formatter(title: "")
      var rows = ""
      formatter.write(table, to: &rows)
      return rows.split(separator: "\n").map { "{\"card\": \(jsonText(card.card.id)), \"row\": \($0)}\n" }
        .joined()
    }.joined()
  }

  private var markdown: String {
    var text = "# \(markdownText(definition.title))\n\n"
    if let publication {
      text +=
        "Data of run \(publication.runID), published \(UTCTime.text(publication.publishedAt, style: .server)), "
        + "source \(markdownText(publication.source)).\n\n"
    }
    for card in cards {
      switch card.result {
      case .failure(let failure):
        text += "## \(markdownText(card.card.title))\n\n\(markdownText(failure.message))\n\n"
      case .success(let table):
        var formatter = ExportFormat.markdown.formatter(title: card.card.title)
        formatter.write(table, to: &text)
        text += "\n"
      }
    }
    return text
  }
}

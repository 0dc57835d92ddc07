/// Sources and seeds out of their files and properties.
extension ProjectReader {
  func sourceID(_ source: String, _ table: String) -> String {
    "source.\(settings.name).\(source).\(table)"
  }

  func sourceTables(_ source: PropertiesFile.Source, file: String) throws -> [SourceTable] {
    let target = environment.target
    let schema = try source.schema.map { try rendered($0).templateValue.text } ?? source.name
    let database = try source.database.map { try rendered($0).templateValue.text } ?? target.database
    return try source.tables.map { table in
      let folders = file.split(separator: "/").dropFirst().dropLast().map(String.init)
      let path = folders + [source.name, table.name]
      var configuration = NodeConfiguration()
      configuration.merge(try entries(settings.configuration(.sources, path: path)))
      configuration.merge(try entries(source.configuration))
      configuration.merge(try entries(table.configuration))
      let identifier = try table.identifier.map { try rendered($0).templateValue.text } ?? table.name
      return SourceTable(
        id: sourceID(source.name, table.name), sourceName: source.name, name: table.name,
        path: [settings.name] + path, file: file,
        relation: try Relation(database: database, schema: schema, identifier: identifier),
        loader: source.loader,
        configuration: configuration, documentation: try documentation(table.documentation),
        freshness: try freshness(source, table))
    }
  }

  func freshness(_ source: PropertiesFile.Source, _ table: PropertiesFile.Table) throws
    -> SourceFreshness?
  {
    if let own = table.freshness, own.isNull { return nil }
    guard let field = table.loadedAtField ?? source.loadedAtField else { return nil }
    let nodes = [table.freshness, source.freshness].compactMap(\.self)
    guard !nodes.isEmpty else { return nil }
    func threshold(_ key: String) throws -> SourceFreshness.Threshold? {
      for node in nodes {
        guard let found = node[key] else { continue }
        if found.isNull { return nil }
        guard case .integer(let count)? = found["count"]?.value, let period = found["period"]?.value.string,
          ["minute", "hour", "day"].contains(period)
        else { throw found.failure("`\(key)` needs a `count` and a `period` of minute, hour or day") }
        return SourceFreshness.Threshold(count: count, period: period)
      }
      return nil
    }
    let filter = try nodes.compactMap { try $0["filter"].optionalText("filter") }.first
    let freshness = SourceFreshness(
      loadedAtField: field, warnAfter: try threshold("warn_after"), errorAfter: try threshold("error_after"),
      filter: filter)
    return freshness.warnAfter == nil && freshness.errorAfter == nil ? nil : freshness
  }

  func seed(_ file: NodeFile) throws -> Seed {
    var configuration = NodeConfiguration()
    configuration.merge(try entries(settings.configuration(.seeds, path: file.path)))
    let patch = seedPatches[file.name]
    configuration.merge(try entries(patch?.configuration ?? []))
    let id = "seed.\(settings.name).\(file.name)"
    return Seed(
      id: id, name: file.name, path: [settings.name] + file.path, file: file.file,
      relation: try relation(id: id, "seed", file, configuration), configuration: configuration,
      documentation: try documentation(patch?.documentation ?? NodeDocumentation()),
      digest: Crypto.sha256Hex(file.text))
  }
}

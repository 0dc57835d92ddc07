/// What all templates of a project see alike.
struct RenderEnvironment: Sendable {
  let projectName: String
  let target: ModelTarget
  /// Values of `var()`: the project's, overridden by those of the command.
  let variables: [String: ConfigurationValue]
  let environment: [String: String]
  var macros: MacroLibrary
  let invocationID: String
  /// `YYYY-MM-DD HH:MM:SS+00:00`
  let startedAt: String
  var isFullRefresh = false
}

/// A model asks for the columns of a relation nobody has looked up yet; the caller looks and renders again.
struct ColumnsNeeded: Error {
  let relation: Relation
}

/// What one node's template sees, and what it tells while it runs.
struct NodeScope {
  let environment: RenderEnvironment
  var node: [(String, TemplateValue)] = []
  var this: Relation?
  var configuration = NodeConfiguration()
  /// False while the project is read: answers that need a database are left out then.
  var isExecuting = false
  var isIncremental = false
  var storesFailures = false
  var reference: (_ package: String?, _ name: String) throws -> TemplateValue = { _, name in .undefined(name)
  }
  var source: (_ source: String, _ table: String) throws -> TemplateValue = { _, table in .undefined(table) }
  var onConfiguration: ([ConfigurationValue.Entry]) -> Void = { _ in }
  var columns: (Relation) throws -> [String] = { throw ColumnsNeeded(relation: $0) }
  var documentation: (String) -> String? = { _ in nil }

  private typealias Refusal = TemplateFilters.Refusal

  /// The value of a name that is no variable and no macro.
  func lookup(_ name: String) -> TemplateValue? {
    switch name {
    case "ref": function("ref", callReference)
    case "source": function("source", callSource)
    case "var":
      .function(
        TemplateFunction(
          "var",
          members: [
            "has_var": function("has_var") { call in
              .boolean(environment.variables[call.argument(0, "name")?.text ?? ""] != nil)
            }
          ]
        ) { try callVariable($0) })
    case "env_var": function("env_var", callEnvironmentVariable)
    case "config":
      .function(TemplateFunction("config", members: configurationMembers) { try callConfiguration($0) })
    case "this": this.map { .relation($0) }
    case "target": .dictionary(targetDictionary)
    case "is_incremental": function("is_incremental") { _ in .boolean(isIncremental) }
    case "should_full_refresh": function("should_full_refresh") { _ in .boolean(environment.isFullRefresh) }
    case "should_store_failures": function("should_store_failures") { _ in .boolean(storesFailures) }
    case "execute": .boolean(isExecuting)
    case "project_name": .string(environment.projectName)
    case "invocation_id": .string(environment.invocationID)
    case "run_started_at": .string(environment.startedAt)
    case "schema": .string(environment.target.schema)
    case "database": .string(environment.target.database)
    case "dbt_version": .string(ModelEngine.dbtVersion)
    case "model", "node": .dictionary(TemplateDictionary(node))
    case "flags":
      .dictionary(TemplateDictionary([("FULL_REFRESH", .boolean(environment.isFullRefresh))]))
    case "doc":
      function("doc") { call in
        let name = call.positional.last?.text ?? ""
        guard let text = documentation(name) else {
          throw Refusal("no docs block `\(name)`", code: .undefined)
        }
        return .string(text)
      }
    case "exceptions":
      .dictionary(
        TemplateDictionary([
          (
            "raise_compiler_error",
            function("raise_compiler_error") { call in
              throw Refusal(call.positional.first?.text ?? "the project raised an error")
            }
          ),
          ("warn", function("warn") { _ in .string("") }),
        ]))
    // Messages of a template are for its author while it is written; a run has its own log.
    case "log", "print": function(name) { _ in .string("") }
    case "namespace":
      function("namespace") { call in
        let namespace = TemplateDictionary(isNamespace: true)
        if case .dictionary(let given)? = call.positional.first {
          for entry in given.entries { namespace[entry.key.text] = entry.value }
        }
        for entry in call.named { namespace[entry.name] = entry.value }
        return .dictionary(namespace)
      }
    case "dict":
      function("dict") { call in
        .dictionary(TemplateDictionary(call.named.map { ($0.name, $0.value) }))
      }
    case "range": function("range", Self.callRange)
    case "zip", "zip_strict":
      function("zip") { call in
        let sequences = try call.positional.map { try TemplateFilters.sequence($0, "zip") }
        let count = sequences.map(\.count).min() ?? 0
        return .list(TemplateList((0..<count).map { row in .tuple(sequences.map { $0[row] }) }))
      }
    case "set", "set_strict":
      function("set") { call in
        var seen: Set<TemplateKey> = []
        let items = try call.positional.first.map { try TemplateFilters.sequence($0, "set") } ?? []
        return .list(TemplateList(items.filter { TemplateKey($0).map { seen.insert($0).inserted } ?? true }))
      }
    case "tojson":
      function("tojson") { call in .string(try TemplateJSON.text(call.positional.first ?? TemplateValue.none))
      }
    case "local_md5":
      function("local_md5") { call in .string(try Crypto.md5Hex(call.positional.first?.text ?? "")) }
    // The one door of the built-in macros to a table's columns; no project calls it by itself.
    case "riskdeck_columns":
      function(name) { call in
        guard case .relation(let relation)? = call.positional.first else {
          throw Refusal("a relation expected: the argument must come from ref() or source()")
        }
        return .list(TemplateList(try columns(relation).map { .string($0) }))
      }
    case "riskdeck_escaped":
      function(name) { call in .string((call.positional.first?.text ?? "").replacing("'", with: "''")) }
    case "riskdeck_quoted":
      function(name) { call in .string(try Relation.quoted(call.positional.first?.text ?? "")) }
    default: nil
    }
  }

  private func function(_ name: String, _ body: @escaping (TemplateCall) throws -> TemplateValue)
    -> TemplateValue
  {
    .function(TemplateFunction(name, body))
  }

  // MARK: - Functions

  private func callReference(_ call: TemplateCall) throws -> TemplateValue {
    guard call.named.isEmpty else { throw Refusal("versions in ref() are not supported", code: .unsupported) }
    let names = call.positional.compactMap { if case .string(let text) = $0 { text } else { nil } }
    guard names.count == call.positional.count, (1...2).contains(names.count) else {
      throw Refusal("ref() takes a model's name, or a package and a model's name")
    }
    return try reference(names.count == 2 ? names[0] : nil, names[names.count - 1])
  }

  private func callSource(_ call: TemplateCall) throws -> TemplateValue {
    guard case .string(let sourceName)? = call.argument(0, "source_name"),
      case .string(let table)? = call.argument(1, "table_name"), call.positional.count + call.named.count == 2
    else { throw Refusal("source() takes a source's and a table's name") }
    return try source(sourceName, table)
  }

  private func callVariable(_ call: TemplateCall) throws -> TemplateValue {
    let name = call.argument(0, "name")?.text ?? ""
    if let value = environment.variables[name] { return value.templateValue }
    if let fallback = call.argument(1, "default") { return fallback }
    throw Refusal(
      "the variable `\(name)` has no value: set it under vars: in dbt_project.yml or by --vars",
      code: .undefined)
  }

  private func callEnvironmentVariable(_ call: TemplateCall) throws -> TemplateValue {
    let name = call.argument(0, "var")?.text ?? ""
    guard !name.hasPrefix("DBT_ENV_SECRET") else {
      throw Refusal("a secret has no place in a model: `\(name)`", code: .unsupported)
    }
    if let value = environment.environment[name] { return .string(value) }
    if let fallback = call.argument(1, "default") { return .string(fallback.text) }
    throw Refusal("the environment variable `\(name)` is not set and has no default", code: .undefined)
  }

  private func callConfiguration(_ call: TemplateCall) throws -> TemplateValue {
    var entries: [ConfigurationValue.Entry] = []
    func add(_ key: String, _ value: TemplateValue) throws {
      guard let value = ConfigurationValue(value) else {
        throw Refusal("config(\(key)=...) takes a plain value")
      }
      entries.append(ConfigurationValue.Entry(key, value))
    }
    if case .dictionary(let dictionary)? = call.positional.first {
      for entry in dictionary.entries { try add(entry.key.text, entry.value) }
    }
    for entry in call.named { try add(entry.name, entry.value) }
    onConfiguration(entries)
    return .string("")
  }

  private var configurationMembers: [String: TemplateValue] {
    [
      "get": function("config.get") { call in
        configuration[call.argument(0, "name")?.text ?? ""]?.templateValue ?? call.argument(1, "default")
          ?? TemplateValue.none
      },
      "require": function("config.require") { call in
        let name = call.argument(0, "name")?.text ?? ""
        guard let value = configuration[name] else {
          if !isExecuting { return TemplateValue.none }
          throw Refusal("the configuration `\(name)` is required", code: .undefined)
        }
        return value.templateValue
      },
    ]
  }

  private var targetDictionary: TemplateDictionary {
    let target = environment.target
    return TemplateDictionary([
      ("name", .string(target.name)), ("target_name", .string(target.name)),
      ("schema", .string(target.schema)),
      ("type", .string("postgres")), ("profile_name", .string(target.profile)),
      ("database", .string(target.database)),
      ("dbname", .string(target.database)), ("host", .string(target.host)), ("port", .integer(target.port)),
      ("user", .string(target.user)), ("threads", .integer(target.threads)),
    ])
  }

  private static func callRange(_ call: TemplateCall) throws -> TemplateValue {
    let numbers = call.positional.compactMap(\.wholeNumber)
    guard numbers.count == call.positional.count, (1...3).contains(numbers.count) else {
      throw Refusal("range() takes one to three integers")
    }
    let start = numbers.count == 1 ? 0 : numbers[0]
    let end = numbers.count == 1 ? numbers[0] : numbers[1]
    let step = numbers.count == 3 ? numbers[2] : 1
    guard step != 0 else { throw Refusal("range() with a step of zero") }
    guard abs(Double(end) - Double(start)) / abs(Double(step)) <= 1_000_000 else {
      throw Refusal("range() makes more than a million numbers")
    }
    return .list(TemplateList(stride(from: start, to: end, by: step).map { .integer($0) }))
  }
}

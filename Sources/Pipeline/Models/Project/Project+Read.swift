extension Project {
  /// Reads the project in a folder for a target.
  /// - Parameters:
  ///   - variables: values of `var()` that override those of dbt_project.yml.
  ///   - environment: what `env_var()` sees.
  ///   - invocationID: names the run, in `{{ invocation_id }}` and the artifacts.
  ///   - startedAt: seconds since 1970, UTC: `{{ run_started_at }}`.
  /// - Throws: ``ModelError`` with file, line and column of what is wrong.
  public static func read(
    _ directory: String, target: ModelTarget, variables: [String: ConfigurationValue] = [:],
    environment: [String: String] = [:], invocationID: String = "", startedAt: Double = 0,
    isFullRefresh: Bool = false
  ) throws -> Project {
    var reader = try reader(
      directory, target: target, variables: variables, environment: environment, invocationID: invocationID,
      startedAt: startedAt, isFullRefresh: isFullRefresh)
    for refusal in reader.settings.refusals { throw refusal }
    try reader.readFiles()
    return try reader.project()
  }

  /// Everything that keeps a project from being read, so that it is known at once what is to be changed.
  /// - Returns: The project where nothing does, and what is wrong, in the order of the files.
  /// - Throws: ``ModelError`` where there is no project, or its dbt_project.yml has no meaning.
  public static func survey(
    _ directory: String, target: ModelTarget, environment: [String: String] = [:]
  ) throws -> (project: Project?, findings: [ModelError]) {
    var reader = try reader(directory, target: target, environment: environment)
    reader.findings = reader.settings.refusals
    try reader.readFiles()
    if reader.findings?.isEmpty ?? true { try reader.attempt { reader in _ = try reader.project() } }
    let known = reader.knownNames
    if reader.findings?.isEmpty == false {
      for file in reader.modelFiles {
        try reader.attempt { reader in _ = try reader.draft(file, known: known) }
      }
    }
    let findings = reader.findings ?? []
    reader.findings = nil
    var unique: [ModelError] = []
    for finding in findings where !unique.contains(finding) { unique.append(finding) }
    return (unique.isEmpty ? try reader.project() : nil, unique)
  }

  private static func reader(
    _ directory: String, target: ModelTarget, variables: [String: ConfigurationValue] = [:],
    environment: [String: String], invocationID: String = "", startedAt: Double = 0,
    isFullRefresh: Bool = false
  ) throws -> ProjectReader {
    let files = ProjectFiles(directory: directory)
    guard files.exists(ProjectSettings.fileName) else {
      throw ModelError(.file, "\(directory) is no project: it has no \(ProjectSettings.fileName)")
    }
    let settings = try ProjectSettings.parse(
      file: ProjectSettings.fileName, text: try files.text(ProjectSettings.fileName))
    let renderEnvironment = RenderEnvironment(
      projectName: settings.name, target: target,
      variables: settings.variables.merging(variables) { _, given in given }, environment: environment,
      macros: try MacroLibrary.withBuiltIns(projectName: settings.name), invocationID: invocationID,
      startedAt: UTCTime.text(startedAt, style: .python), isFullRefresh: isFullRefresh)
    return ProjectReader(files: files, settings: settings, environment: renderEnvironment)
  }

  /// Values of `var()` out of a YAML or JSON mapping, as `--vars` takes it.
  /// - Throws: ``ModelError`` where the text is no mapping.
  public static func variables(_ text: String) throws(ModelError) -> [String: ConfigurationValue] {
    guard let node = try YAMLNode.parse(file: "--vars", text: text), !node.isNull else { return [:] }
    var values: [String: ConfigurationValue] = [:]
    for (key, value) in try node.mapping("--vars") { values[key] = value.value }
    return values
  }
}

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
    var reader = ProjectReader(files: files, settings: settings, environment: renderEnvironment)
    try reader.readFiles()
    return try reader.project()
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

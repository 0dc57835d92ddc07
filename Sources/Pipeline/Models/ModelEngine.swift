/// Facts about the engine itself.
public enum ModelEngine {
  /// The dbt release whose semantics the engine follows; what `{{ dbt_version }}` says.
  public static let dbtVersion = "1.12.0"
}

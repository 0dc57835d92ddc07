/// Who starts a run, of what, and how: kept in the run log beside its results.
public struct RunSettings: Sendable {
  /// The source's name, without secrets.
  public let source: String
  /// user@host
  public let startedBy: String
  public let processID: Int32
  /// The program's version.
  public let version: String
  /// What was asked for, as a JSON object without secrets.
  public let settingsJSON: String
  /// Wait for another run to end instead of giving up.
  public let waits: Bool
  /// Seconds the whole run may take; nil: without bound.
  public let timeout: Double?

  public init(
    source: String, startedBy: String, processID: Int32, version: String, settingsJSON: String = "{}",
    waits: Bool = false, timeout: Double? = nil
  ) {
    self.source = source
    self.startedBy = startedBy
    self.processID = processID
    self.version = version
    self.settingsJSON = settingsJSON
    self.waits = waits
    self.timeout = timeout
  }
}

import Postgres

/// What others ask of a run that is at work.
public enum RunControl {
  /// Asks the run to end. Its process writes the end into the run log; this returns at once.
  /// - Parameters:
  ///   - runID: nil: whichever is at work.
  ///   - who: user@host, kept as the reason.
  /// - Returns: the number of the run that was asked.
  /// - Throws: ``RunError`` where no run is at work.
  @discardableResult
  public static func cancel(_ runID: Int64?, who: String, on connection: Connection) async throws -> Int64 {
    let latest = try await RunReportReader.latest(1, from: connection).first
    guard let latest, latest.state == .running, runID == nil || runID == latest.runID else {
      throw RunError(.invalid, runID.map { "run \($0) is not at work" } ?? "no run is at work")
    }
    let asked = try await connection.query(
      """
      with asked as (
        update monitoring.runs set cancelled_by = $2 where run_id = $1 and state = 'running' returning run_id
      )
      select pg_notify($3, 'cancel ' || run_id) from asked
      """, [.integer(latest.runID), .text(who), .text(RunLog.controlChannel)])
    guard asked.rowCount > 0 else { throw RunError(.invalid, "run \(latest.runID) is not at work any more") }
    return latest.runID
  }
}

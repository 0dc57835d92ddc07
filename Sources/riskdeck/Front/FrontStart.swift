import Pipeline
import Synchronization
import Workstation

/// The edge while it is made ready beside the first frame: the database is connected to (and started where it is the
/// embedded one), its schema brought up to date, and the project's files are read.
final class FrontStart: Sendable {
  /// Fails where there is no database to work with.
  let edge: Task<FrontEdge, any Error>

  private let files: Task<DeskFiles, any Error>

  /// The name cases are taken under.
  let analyst: String

  private let outcome: Outcome
  private let stateFolder: String
  /// The last of the writes to the user's own files; each waits for the one before.
  private let lastWrite = Mutex<Task<Void, Never>?>(nil)

  /// How the start ended; nil: it has not.
  private final class Outcome: Sendable {
    let result = Mutex<Result<FrontEdge, any Error>?>(nil)
  }

  init(session: Session, runArguments: [String], analyst: CaseActor) {
    self.analyst = analyst.name
    let outcome = Outcome()
    self.outcome = outcome
    stateFolder = session.folders.state
    let files = Task.detached { try DeskFiles(session.project) }
    self.files = files
    edge = Task.detached {
      do {
        let connection = try await session.connect()
        // Before anything is shown: whoever cannot be noted sees nothing.
        try await AuditLog.append(.signIn, subject: "workstation", origin: Session.whoAmI, on: connection)
        await connection.close()
        let edge = FrontEdge(
          session: session, database: try await session.databaseURL(), replica: try session.replicaURL(),
          files: try await files.value,
          runArguments: runArguments, analyst: analyst)
        outcome.result.withLock { $0 = .success(edge) }
        return edge
      } catch {
        outcome.result.withLock { $0 = .failure(error) }
        throw error
      }
    }
  }

  /// Closes what was opened, once all is remembered. Does not wait for a database that does not answer.
  /// - Throws: why there was no database.
  func end() async throws {
    await lastWrite.withLock { $0 }?.value
    if let result = outcome.result.withLock({ $0 }) { await (try result.get()).close() }
  }

  /// Starts to write what is to be remembered: in the order asked for, and to the end before the program ends.
  /// - Returns: False where the effect is another.
  func remember(_ effect: Effect, _ post: @escaping @Sendable (Event) -> Void) -> Bool {
    let folder = stateFolder
    let write: @Sendable () throws -> Void
    switch effect {
    case .savePreferences(let preferences):
      write = { try PreferenceFile(folder: folder).save(preferences) }
    case .rememberQuery(let text): write = { try QueryHistoryFile(folder: folder).add(text) }
    default: return false
    }
    lastWrite.withLock { last in
      let before = last
      last = Task.detached {
        await before?.value
        do { try write() } catch { post(.notice("this could not be remembered: \(error)", tone: .warning)) }
      }
    }
    return true
  }

  /// Executes an effect once the edge is ready.
  func answer(_ effect: Effect) async -> [Event] {
    guard let edge = try? await edge.value else { return [] }
    return await edge.answer(effect)
  }

  /// Tells the front end what came of the start.
  func tell(_ post: @escaping @Sendable (Event) -> Void) {
    Task.detached { [edge, files] in
      do {
        let saved = try await files.value.savedQueries.values
        post(.savedQueriesRead(saved.sorted { $0.name < $1.name }))
        if let problem = try await edge.value.files.problem { post(.notice(problem, tone: .warning)) }
      } catch {
        // The reason is told when the terminal is the shell's again.
        post(.unavailable)
      }
    }
  }
}

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

  /// How the start ended; nil: it has not.
  private final class Outcome: Sendable {
    let result = Mutex<Result<FrontEdge, any Error>?>(nil)
  }

  init(session: Session, runArguments: [String], analyst: CaseActor) {
    self.analyst = analyst.name
    let outcome = Outcome()
    self.outcome = outcome
    let files = Task.detached { try DeskFiles(session.project) }
    self.files = files
    edge = Task.detached {
      do {
        await (try session.connect()).close()
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

  /// Closes what was opened. Does not wait for a database that does not answer.
  /// - Throws: why there was no database.
  func end() async throws {
    if let result = outcome.result.withLock({ $0 }) { await (try result.get()).close() }
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

import Postgres

/// What the planner is told in the sessions of a run.
enum PlannerSettings {
  /// A page out of order costs what it costs on solid state and in memory. By the server's default, that of a turning disk, rows
  /// of one customer in a hundred are looked for by reading whole tables. Sums over all customers are hashed, not sorted, though the
  /// planner takes a few thousand groups by many columns for one a row.
  static let statement = "set random_page_cost = 1.1; set hash_mem_multiplier = 8"
}

/// The connections of a build: the first from the start, others once there is work for them side by side.
actor ConnectionPool {
  private let database: String
  private let maximum: Int
  private var connections: [Connection]

  static func open(_ database: String, maximum: Int) async throws -> ConnectionPool {
    ConnectionPool(database, maximum: max(1, maximum), first: try await connect(database))
  }

  private init(_ database: String, maximum: Int, first: Connection) {
    self.database = database
    self.maximum = maximum
    connections = [first]
  }

  private static func connect(_ database: String) async throws -> Connection {
    let connection = try await Connection.open(database)
    // What a build writes before it publishes may be lost in a crash: it would be built anew. So no statement waits
    // for the disk, except the commit that publishes.
    try await connection.execute(
      "set synchronous_commit = off; set client_min_messages = warning; \(PlannerSettings.statement)")
    return connection
  }

  var first: Connection { connections[0] }

  /// Runs jobs side by side, each on a connection that is free; answers stand in the order of the jobs.
  func run<Job: Sendable, Answer: Sendable>(
    _ jobs: [Job], _ work: @escaping @Sendable (Job, Connection) async -> Answer
  ) async throws -> [Answer] {
    if jobs.count <= 1 || maximum == 1 {
      var answers: [Answer] = []
      for job in jobs { answers.append(await work(job, connections[0])) }
      return answers
    }
    while connections.count < min(maximum, jobs.count) {
      connections.append(try await Self.connect(database))
    }
    return await withTaskGroup(of: (Int, Answer, Connection).self) { group in
      var answers: [Answer?] = Array(repeating: nil, count: jobs.count)
      var next = 0
      func start(on connection: Connection) {
        guard next < jobs.count else { return }
        let (index, job) = (next, jobs[next])
        next += 1
        group.addTask { (index, await work(job, connection), connection) }
      }
      for connection in connections { start(on: connection) }
      while let (index, answer, connection) = await group.next() {
        answers[index] = answer
        start(on: connection)
      }
      return answers.compactMap(\.self)
    }
  }

  /// Stops what runs on any of the connections.
  func cancel() {
    for connection in connections { connection.cancel() }
  }

  func close() async {
    for connection in connections { await AdvisoryLock.release(connection) }
  }
}

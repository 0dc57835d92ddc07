import Postgres

/// The end of a build: its shadows become what readers see, or are dropped.
extension ShadowBuild {
  /// Drops the shadows; nothing published changes. Safe to call twice, and after ``publish(alsoInTransaction:)``.
  public func abandon() async {
    guard !isOver else { return }
    isOver = true
    // What cannot be dropped now, because the connection is gone, is dropped by the next build.
    _ = try? await dropShadows(await pool.first)
    await pool.close()
  }

  func dropShadows(_ connection: Connection) async throws {
    for schema in shadowSchemas {
      try await connection.execute("drop schema if exists \(try quotedIdentifier(schema)) cascade")
    }
  }

  var shadowSchemas: [String] {
    Set(project.models.filter { models.contains($0.id) }.map { $0.relation.schema + Self.shadowSuffix })
      .sorted()
  }

  /// Puts everything that was made in place of what is published, in one transaction that readers of several tables
  /// never see half of (``AdvisoryLock/publication``), and ends the build.
  ///
  /// Views that read a replaced table, the project's own or an analyst's, are made anew in the same transaction with
  /// their owners and privileges. Nothing else is ever dropped: where another object depends on a replaced table, the
  /// publication fails and everything stays as it was.
  /// - Parameters:
  ///   - partially: publishes what was made even where other models of the build failed.
  ///   - alsoInTransaction: further work that becomes visible with the models, or not at all.
  /// - Throws: ``ModelError`` where a model of the build failed or a dependent view cannot be made anew, `PostgresError`.
  public func publish(
    partially: Bool = false,
    alsoInTransaction: @Sendable (isolated Connection) async throws -> Void = { _ in }
  ) async throws {
    if !partially, let failed = nodeResults.values.first(where: { $0.status != .success }) {
      throw ModelError(.database, "nothing was published: \(failed.name) was not built")
    }
    var views: [String: String] = [:]
    let final = finalRenderer()
    for model in made.values where model.form == .view && model.readsOverlay {
      guard let definition = project.model(model.id) else { continue }
      views[model.id] = SQLScan(try final.sql(of: definition)).withoutTrailingSemicolon()
    }
    let publication = PublishingTransaction(
      project: project, made: graph.sorted(made.keys).compactMap { made[$0] }, views: views,
      shadowSchemas: shadowSchemas)
    let connection = await pool.first
    try await connection.execute("set synchronous_commit = on")
    try await connection.transaction { connection in
      try await publication.run(on: connection)
      try await alsoInTransaction(connection)
    }
    isOver = true
    await pool.close()
  }
}

import Pipeline
import Postgres
import Workstation

/// Listens for runs and publications and tells the front end, whoever caused them; connects again when cut off.
final class NewsFeed: Sendable {
  private let start: FrontStart
  private let work: Work

  /// The listening task, once it was started.
  private actor Work {
    private var task: Task<Void, Never>?

    func begin(_ body: @escaping @Sendable () async -> Void) { task = Task { await body() } }
    func end() { task?.cancel() }
  }

  init(_ start: FrontStart) {
    self.start = start
    work = Work()
  }

  func start(_ post: @escaping @Sendable (Event) -> Void) {
    Task { [work] in await work.begin { await self.listen(post) } }
  }

  func stop() {
    Task { [work] in await work.end() }
  }

  private func listen(_ post: @escaping @Sendable (Event) -> Void) async {
    guard let edge = try? await start.edge.value else { return }
    /// Why there is no connection, as it was told last.
    var told: String?
    while !Task.isCancelled {
      do {
        let listener = try await NotificationListener.open(
          edge.database,
          channels: [RunLog.channel, PipelineRun.publishedChannel, Schedules.channel, CaseDesk.channel])
        for event in try await edge.standing() { post(event) }
        if told != nil {
          told = nil
          if let report = try await edge.latestRun() { post(.runChanged(report)) }
          // What was missed meanwhile is read by the screens, which are told that the server is back.
          post(.connectionChanged(problem: nil))
        }
        let watch = watchReplica(edge, post)
        defer { watch?.cancel() }
        try await withTaskCancellationHandler {
          try await forward(listener, edge, post)
        } onCancel: {
          listener.stop()
        }
        await listener.close()
      } catch {
        let reason = await edge.reasonCutOff(error)
        if told != reason { post(.connectionChanged(problem: reason)) }
        told = reason
        // One second apart: quick enough for a restarted server, slow enough not to matter.
        try? await Task.sleep(for: .seconds(1))
      }
    }
  }

  private func forward(
    _ listener: NotificationListener, _ edge: FrontEdge, _ post: @escaping @Sendable (Event) -> Void
  ) async throws {
    while !Task.isCancelled {
      let notifications = try await listener.next()
      if notifications.isEmpty { return }
      if notifications.contains(where: { $0.channel == RunLog.channel }),
        let report = try await edge.latestRun()
      {
        post(.runChanged(report))
      }
      if notifications.contains(where: { $0.channel == Schedules.channel }) {
        post(.serviceLevelsChanged(try await edge.serviceLevels()))
      }
      if notifications.contains(where: { $0.channel == CaseDesk.channel }) {
        post(.casesChanged)
        // Fifty analysts at work are told of together, a few times a second.
        try? await Task.sleep(for: .milliseconds(150))
      }
      if notifications.contains(where: { $0.channel == PipelineRun.publishedChannel }) {
        let publication = try await edge.publication()
        if let publication { await edge.replica?.follow(run: publication.runID) }
        post(.publicationChanged(publication))
        post(.published)
      }
    }
  }

  /// Tells how far the replica is behind, every few seconds; nil where there is none.
  private func watchReplica(
    _ edge: FrontEdge, _ post: @escaping @Sendable (Event) -> Void
  ) -> Task<Void, Never>? {
    guard let replica = edge.replica else { return nil }
    return Task {
      while !Task.isCancelled {
        await replica.check()
        post(.replicaChanged(await replica.standing))
        do { try await Task.sleep(for: .seconds(5)) } catch { return }
      }
    }
  }
}

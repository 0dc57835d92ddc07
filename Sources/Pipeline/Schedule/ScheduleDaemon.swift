import Foundation
import Glibc
import Postgres
import Synchronization

/// Starts scheduled runs: one daemon leads by the scheduler's lock, others wait and take over.
///
/// All it knows stands in the database. It sleeps until something is due or a notification arrives; it connects again
/// when it was cut off.
public actor ScheduleDaemon {
  private let database: String
  private let program: [String]
  private let who: String
  private let say: @Sendable (String) -> Void
  private let now: @Sendable () -> Double
  private let firstPause: Double

  /// The run this daemon started and waits for; it outlives a lost connection.
  private var child: Child?
  private var tellings: [Int: Task<Void, Never>] = [:]
  private var tellingCount = 0

  /// Seconds between two looks at a run that is at work.
  private static let watchInterval = 5.0

  private struct Child {
    let entry: ScheduleBook.Entry
    let process: ProgramProcess
    let ending: Task<ProgramProcess.Ending, Never>
  }

  private enum Signal: Sendable {
    case wake
    case runChanged(String)
    case childEnded
    case lost(any Error)
  }

  /// - Parameters:
  ///   - database: a URL for libpq; its schema is up to date.
  ///   - program: what a schedule's arguments are appended to, such as `riskdeck run --wait`.
  ///   - who: user@host, as the runs will say.
  ///   - now: seconds since 1970.
  ///   - firstPause: seconds before connecting again; doubled up to 30.
  ///   - say: takes a line for the log.
  public init(
    database: String, program: [String], who: String,
    now: @escaping @Sendable () -> Double = { Date().timeIntervalSince1970 }, firstPause: Double = 1,
    say: @escaping @Sendable (String) -> Void
  ) {
    self.database = database
    self.program = program
    self.who = who
    self.now = now
    self.firstPause = firstPause
    self.say = say
  }

  /// Works until a reason to stop arrives; then ends its run in good order and writes that down.
  /// - Throws: `PostgresError`, ``ScheduleError`` where trying again would not help.
  public func run(until stops: AsyncStream<String>) async throws {
    let work = Task { try await serve() }
    let say = say
    let stopping = Task {
      for await reason in stops {
        say("\(reason): ending")
        work.cancel()
      }
    }
    defer { stopping.cancel() }
    let result = await work.result
    await endChild()
    for telling in tellings.values { telling.cancel() }
    for telling in tellings.values { await telling.value }
    do { try result.get() } catch is CancellationError {}
  }

  private func serve() async throws {
    var pause = firstPause
    while !Task.isCancelled {
      do {
        try await lead { pause = firstPause }
      } catch let error as PostgresError where error.isTransient {
        if Task.isCancelled { break }
        say("\(error); connecting again in \(pause) s")
        try await Task.sleep(for: .seconds(pause))
        pause = min(pause * 2, 30)
      }
    }
  }

  // MARK: - Leading

  private func lead(_ connected: () -> Void) async throws {
    let connection = try await Connection.open(database, applicationName: "riskdeck daemon")
    do {
      try await takeLock(connection)
      connected()
      try await leadHolding(ScheduleBook(connection: connection, who: who))
      await connection.close()
    } catch {
      await connection.close()
      // A statement of ours was cancelled because we were asked to stop.
      if Task.isCancelled { throw CancellationError() }
      throw error
    }
  }

  private func takeLock(_ connection: Connection) async throws {
    let lock = AdvisoryLock.scheduler.binds
    let taken = try await connection.query("select pg_try_advisory_lock($1, $2)", lock)
    if taken.first?.boolean(0) != true {
      say("another daemon leads; waiting to take over")
      let isDone = Flag()
      defer { isDone.set() }
      try await withTaskCancellationHandler {
        _ = try await connection.query("select pg_advisory_lock($1, $2)", lock)
      } onCancel: {
        // Again and again: a cancel that arrives before the statement does is lost.
        Task.detached {
          while !isDone.isSet {
            connection.cancel()
            try await Task.sleep(for: .milliseconds(50))
          }
        }
      }
    }
    try Task.checkCancellation()
    say("leading")
  }

  private func leadHolding(_ book: ScheduleBook) async throws {
    let (signals, continuation) = AsyncStream<Signal>.makeStream()
    let listener = try await NotificationListener.open(
      database, channels: [Schedules.channel, RunLog.channel, PipelineRun.publishedChannel])
    let listening = Task {
      do {
        while true {
          let notifications = try await listener.next()
          if notifications.isEmpty { return }
          for notification in notifications {
            let isRun = notification.channel == RunLog.channel
            continuation.yield(isRun ? .runChanged(notification.payload) : .wake)
          }
        }
      } catch {
        continuation.yield(.lost(error))
      }
    }
    if let child { watch(child, continuation) }
    let result: Result<Void, any Error>
    do {
      try await book.dropOutdated(now: now())
      tell(try await Hooks.abandonedClaims(on: book.connection))
      try await work(book, signals, continuation)
      result = .success(())
    } catch {
      result = .failure(error)
    }
    listener.stop()
    await listening.value
    await listener.close()
    continuation.finish()
    try result.get()
  }

  private func work(
    _ book: ScheduleBook, _ signals: AsyncStream<Signal>, _ continuation: AsyncStream<Signal>.Continuation
  ) async throws {
    var timer: WallTimer?
    defer { timer?.cancel() }
    var knownRun: String?
    var adopted = 0
    var isSoon = false
    var wakes = signals.makeAsyncIterator()
    var isDue = true
    while !Task.isCancelled {
      if isDue {
        let turn = try await turn(book, continuation)
        adopted = turn.adopted
        isSoon = false
        timer?.cancel()
        timer = turn.next.map { next in WallTimer(at: next) { continuation.yield(.wake) } }
      }
      guard let signal = await wakes.next(isolation: self) else { break }
      switch signal {
      case .wake: isDue = true
      case .childEnded:
        try await recordChild(book)
        isDue = true
      case .runChanged(let run):
        // Of all that a run tells, only its beginning is news here, unless nobody waits for its process.
        isDue = run != knownRun
        knownRun = run
        if !isDue, adopted > 0, !isSoon {
          isSoon = true
          timer?.cancel()
          timer = WallTimer(at: now() + 1) { continuation.yield(.wake) }
        }
      case .lost(let error): throw error
      }
    }
  }

  /// Looks at everything once: what is due, what is to be started, what is late. Returns when to look again.
  private func turn(
    _ book: ScheduleBook, _ continuation: AsyncStream<Signal>.Continuation
  ) async throws -> (next: Double?, adopted: Int) {
    let time = now()
    let schedules = try await Schedules.all(on: book.connection)
    try await book.plan(schedules, now: time)
    let adopted = try await book.settle(except: child?.entry) { kill($0, 0) == 0 }
    while child == nil, !Task.isCancelled, let entry = try await book.takeNext() {
      try await start(entry, book, continuation)
    }
    let breach = try await look(book.connection, now: time)
    // What was due in this turn is behind `time`.
    let due = schedules.filter { !$0.isPaused }.compactMap {
      $0.expression.next(after: Int(time.rounded(.down)), in: $0.clock).map(Double.init)
    }
    return ((due + [breach].compactMap { $0 }).min(), adopted)
  }

  /// Finds what hooks are to be told of. Returns when a limit will be broken.
  private func look(_ connection: Connection, now time: Double) async throws -> Double? {
    let run = try await RunReportReader.latest(1, from: connection).first
    let publication = try await connection.transaction("read only") {
      try await PublicationReader.current($0)
    }
    let levels = try await ServiceLevels.read(from: connection)
    var events = levels.lateness(run: run, publication: publication, now: time).map {
      HookEvent($0, run: run, now: time)
    }
    if let run, run.state != .running {
      events += HookEvent.events(of: run, previous: try await Hooks.previous(of: run, on: connection))
    }
    tell(try await Hooks.claim(events, on: connection))
    let breach = levels.nextBreach(run: run, publication: publication, now: time).map { $0 + 0.001 }
    // Nobody tells of a process that dies: while a run is at work it is looked at now and then.
    guard run?.state == .running else { return breach }
    return min(breach ?? .infinity, time + Self.watchInterval)
  }

  // MARK: - Runs

  private func start(
    _ entry: ScheduleBook.Entry, _ book: ScheduleBook, _ continuation: AsyncStream<Signal>.Continuation
  ) async throws {
    let process: ProgramProcess
    do {
      process = try ProgramProcess(program + entry.arguments)
    } catch {
      try await record(entry, status: 127, problem: error.description, book)
      return
    }
    say("\(entry.name): started riskdeck run as process \(process.processID)")
    let child = Child(entry: entry, process: process, ending: Task { await process.ending() })
    self.child = child
    watch(child, continuation)
    try await book.started(entry, processID: process.processID)
  }

  private func watch(_ child: Child, _ continuation: AsyncStream<Signal>.Continuation) {
    Task {
      _ = await child.ending.value
      continuation.yield(.childEnded)
    }
  }

  private func recordChild(_ book: ScheduleBook) async throws {
    guard let child else { return }
    let ending = await child.ending.value
    try await record(child.entry, status: ending.status, problem: ending.lastErrorLine, book)
    self.child = nil
  }

  /// Writes down an ending, good or bad; a run that could not begin is told to the hooks here, for nobody else can.
  private func record(
    _ entry: ScheduleBook.Entry, status: Int32, problem: String?, _ book: ScheduleBook
  ) async throws {
    let result = try await book.ended(entry, status: status, problem: problem)
    let detail = result.message.map { ", \($0)" } ?? ""
    say("\(entry.name): \(result.state.rawValue)\(detail)")
    guard result.state == .failed, result.runID == nil else { return }
    let event = HookEvent(
      kind: .failure, subject: "schedule \(entry.name) of \(UTCTime.text(entry.dueAt))", state: "failed",
      reason: result.message, source: entry.source, happenedAt: now())
    tell(try await Hooks.claim([event], on: book.connection))
  }

  /// Ends the run that is at work and writes down what the run log says of it.
  private func endChild() async {
    guard let child else { return }
    say("\(child.entry.name): ending its run")
    child.process.terminate()
    let ending = await child.ending.value
    do {
      let connection = try await Connection.open(database, applicationName: "riskdeck daemon")
      let book = ScheduleBook(connection: connection, who: who)
      try await book.ended(child.entry, status: ending.status, problem: ending.lastErrorLine)
      await connection.close()
    } catch {
      say(
        "\(child.entry.name): how it ended could not be written: \(error); the next daemon reads the run log")
    }
    self.child = nil
  }

  // MARK: - Hooks

  /// Tells hooks without holding up the schedule.
  private func tell(_ claims: [Hooks.Claim]) {
    guard !claims.isEmpty else { return }
    tellingCount += 1
    let number = tellingCount
    let (database, say) = (database, say)
    tellings[number] = Task {
      do {
        let connection = try await Connection.open(database, applicationName: "riskdeck hooks")
        await Hooks.deliver(claims, on: connection)
        await connection.close()
      } catch {
        say("hooks could not be told: \(error); the next daemon tells them")
      }
      self.tellings[number] = nil
    }
  }
}

/// Set once, read from anywhere.
private final class Flag: Sendable {
  private let value = Atomic(false)
  var isSet: Bool { value.load(ordering: .relaxed) }
  func set() { value.store(true, ordering: .relaxed) }
}

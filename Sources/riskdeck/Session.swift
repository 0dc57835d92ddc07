import ArgumentParser
import Foundation
import Glibc
import Pipeline
import Postgres
import Synchronization

/// Options every command takes.
struct GlobalOptions: ParsableArguments {
  @Option(
    help:
      "A PostgreSQL URL, or a saved connection's name, instead of the embedded database (or RISKDECK_DATABASE_URL)."
  )
  var database: String?

  @Option(help: "The folder that holds queries/ and themes/ (or RISKDECK_PROJECT_DIR).")
  var projectDir: String?

  @Option(help: "Act as this role alone: viewer, analyst, lead, pipeline, owner or pii (or RISKDECK_ROLE).")
  var role: String?
}

/// Options of commands that may read from a replica.
struct ReadOptions: ParsableArguments {
  @Option(
    help: ArgumentHelp(
      "A replica to read dashboards, lists and exports from: a PostgreSQL URL or a saved connection's name (or RISKDECK_READ_DATABASE).",
      valueName: "read-database"))
  var readDatabase: String?
}

/// What a command works with, resolved once from options, environment and files.
struct Session {
  let variables: Variables
  let folders: Folders
  let project: ProjectFolder
  /// The one role to act as; nil: whatever the login may.
  let role: Role?
  private let roleUse = FirstTime()
  /// What the user named: a URL, key=value pairs or a saved connection.
  private let namedDatabase: String?
  /// The replica to read from, as the user named it.
  private let namedReplica: String?
  /// Settings that stand in place of the environment's; an empty one is as if it were not set.
  private let replaced: [String: String]

  /// - Parameters:
  ///   - reading: options of a command that may read from a replica.
  ///   - replaced: settings in place of the environment's.
  init(
    _ options: GlobalOptions, reading: ReadOptions? = nil, replacing replaced: [String: String] = [:]
  ) throws {
    self.replaced = replaced
    variables = try Variables.current(replacing: replaced)
    folders = try Folders(variables)
    project = try ProjectFolder.find(
      explicit: options.projectDir, variables: variables, executable: Session.executablePath)
    namedDatabase = options.database ?? variables["RISKDECK_DATABASE_URL"]
    namedReplica =
      reading.flatMap { $0.readDatabase } ?? (reading == nil ? nil : variables["RISKDECK_READ_DATABASE"])
    try Session.check(
      namedDatabase, typed: options.database, option: "--database", variable: "RISKDECK_DATABASE_URL")
    try Session.check(
      namedReplica, typed: reading?.readDatabase, option: "--read-database",
      variable: "RISKDECK_READ_DATABASE")
    if let warning = variables.warning { printError(warning) }
    role = try (options.role ?? variables["RISKDECK_ROLE"]).map { text in
      guard let role = Role(text) else {
        throw ConfigurationError(
          "there is no role \(text); choose one of " + Role.allCases.map(\.rawValue).joined(separator: ", "))
      }
      return role
    }
  }

  /// - Throws: ``ConfigurationError`` where the name of a database cannot be read, or shows a password to others.
  private static func check(
    _ named: String?, typed: String?, option: String, variable: String
  ) throws(Pipeline.ConfigurationError) {
    if let typed, ConnectionTarget.hasPassword(typed) {
      throw ConfigurationError(
        "a password in \(option) can be read by every user of this machine; use .pgpass, \(variable) or "
          + "riskdeck connection add")
    }
    if let named, !SavedConnections.isName(named), !ConnectionTarget.isReadable(named) {
      // What was written may hold a password, so it is not shown.
      throw ConfigurationError(
        "\(typed == nil ? variable : option) is no address of a database; "
          + "write postgresql://USER@HOST:PORT/DATABASE")
    }
  }

  /// The path of the running program.
  static var executablePath: String {
    var buffer = [CChar](repeating: 0, count: Int(PATH_MAX))
    let count = readlink("/proc/self/exe", &buffer, buffer.count)
    guard count > 0 else { return CommandLine.arguments.first ?? "riskdeck" }
    return String(decoding: buffer[..<count].map { UInt8(bitPattern: $0) }, as: UTF8.self)
  }

  /// True where the database is the embedded one.
  var isEmbedded: Bool { namedDatabase == nil }

  var embeddedServer: EmbeddedServer {
    get throws {
      try EmbeddedServer(
        root: EmbeddedServer.defaultRoot(dataFolder: folders.data, isExplicit: folders.isDataExplicit))
    }
  }

  /// Waits while the server starts or recovers from a crash, and says so.
  func waitForServer() async throws {
    let url = try await loginURL()
    guard ServerAvailability.of(url) == .rejecting else { return }
    printError("the database server is starting or recovering; waiting for it")
    try await ServerAvailability.wait(for: url)
  }

  /// Where to connect: the named database, or the embedded one, started where it is not running.
  private func loginURL() async throws -> String {
    guard let namedDatabase else { return try await embeddedServer.ensureRunning() }
    return SavedConnections.isName(namedDatabase) ? try savedConnections.target(namedDatabase) : namedDatabase
  }

  var savedConnections: SavedConnections {
    SavedConnections(dataFolder: folders.data, environment: variables.all)
  }

  /// Makes the data folder where it is missing: the account of an embedded server may pass through, nobody may look.
  func makeDataFolder() throws {
    try PrivateFile.makeFolder(folders.data, mode: 0o711)
  }

  /// What a riskdeck that this one starts needs to find the same database with the same rights. Never an option: those
  /// can be read by others.
  var childEnvironment: [String: String] {
    var environment = replaced
    if let namedDatabase { environment["RISKDECK_DATABASE_URL"] = namedDatabase }
    if let role { environment["RISKDECK_ROLE"] = role.rawValue }
    return environment
  }

  /// Where to connect, acting as the chosen role where there is one.
  func databaseURL() async throws -> String {
    try acting(as: role, try await loginURL())
  }

  /// Where the pipeline connects: acting as its role, so that all it makes belongs to that role.
  func pipelineURL() async throws -> String {
    try acting(as: .pipeline, try await loginURL())
  }

  private func acting(as role: Role?, _ url: String) throws -> String {
    try role.map { try ConnectionTarget.acting(url, as: $0.name) } ?? url
  }

  /// The replica, acting as the chosen role; nil where none was named.
  func replicaURL() throws -> String? {
    guard let namedReplica else { return nil }
    return try acting(
      as: role,
      SavedConnections.isName(namedReplica) ? try savedConnections.target(namedReplica) : namedReplica)
  }

  /// Connects for reports and exports: to the replica where one was named and answers, else as ``connectReading()``.
  func connectExporting() async throws -> Connection {
    guard let replica = try replicaURL() else { return try await connectReading() }
    do {
      let connection = try await Connection.open(
        ConnectionTarget.adding("connect_timeout", "\(ReadReplica.connectSeconds)", to: replica))
      do {
        // A server without the schema, or one that is shutting down, is no replica to read.
        try await connection.query("select 1 from monitoring.publications limit 1")
        return connection
      } catch {
        await connection.close()
        throw error
      }
    } catch let error as PostgresError where ReadReplica.isUnreachable(error) {
      printError("the replica cannot be read (\(error)); reading from the primary")
      return try await connectReading()
    }
  }

  /// Connects for a query that a person typed: to the embedded database as a role that may only read, to a named one as
  /// the role that its URL or `--role` names.
  func connectReading() async throws -> Connection {
    await (try connect()).close()
    return try await Connection.open(try await readingURL())
  }

  /// Where queries that a person typed connect.
  func readingURL() async throws -> String {
    let url = try await databaseURL()
    return isEmbedded && role == nil ? try embeddedServer.readerURL : url
  }

  /// Connects to a database whose schema is brought up to date first. That somebody acts as a chosen role is noted once in
  /// the audit log.
  func connect() async throws -> Connection {
    let connection = try await Connection.open(try await loginURL())
    try await Migrations(folder: project.schema).apply(to: connection)
    guard let role else { return connection }
    await connection.close()
    let acting = try await Connection.open(try await databaseURL())
    if roleUse.isFirst() {
      try await AuditLog.append(.roleUse, subject: role.name, origin: Session.whoAmI, on: acting)
    }
    return acting
  }

  /// Notes an export in the audit log, under the login and never under the reading role of typed queries.
  /// - Throws: why it cannot be noted; then it must not happen.
  func note(_ export: ExportNote, rows: Int64?, to places: [String]) async throws {
    let connection = try await connect(for: .export)
    try await export.append(rows: rows, to: places.map(absolute), origin: Session.whoAmI, on: connection)
    await connection.close()
  }

  private func absolute(_ path: String) -> String {
    path.hasPrefix("/") || path == "standard output"
      ? path : FileManager.default.currentDirectoryPath + "/" + path
  }

  /// Connects where an act is allowed.
  /// - Throws: ``AccessError`` where it is not.
  func connect(for act: Act) async throws -> Connection {
    let connection = try await connect()
    try await Access.read(connection).require(act)
    return connection
  }

  /// The models of the project for the database behind the connection.
  func models(_ connection: Connection) async throws -> Project {
    let facts = try await connection.query("select current_database(), current_user")
    let target = ModelTarget(
      database: facts.first?[0] ?? "", user: facts.first?[1] ?? "", threads: Session.processorCount)
    return try Project.read(
      project.models, target: target, environment: variables.all, startedAt: Double(time(nil)))
  }

  /// Processors this process may use, at least 1.
  static var processorCount: Int { max(sysconf(Int32(_SC_NPROCESSORS_ONLN)), 1) }

  /// user@host, for the run log.
  static var whoAmI: String {
    let user = getpwuid(getuid()).map { String(cString: $0.pointee.pw_name) } ?? "uid \(getuid())"
    var buffer = [CChar](repeating: 0, count: 256)
    guard gethostname(&buffer, buffer.count - 1) == 0 else { return user }
    return user + "@"
      + String(decoding: buffer.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self)
  }
}

/// Tells the first of several callers from the others.
private final class FirstTime: Sendable {
  private let isOver = Mutex(false)

  func isFirst() -> Bool {
    isOver.withLock { isOver in
      defer { isOver = true }
      return !isOver
    }
  }
}

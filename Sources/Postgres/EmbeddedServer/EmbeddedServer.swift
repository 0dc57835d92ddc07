import Glibc

/// A private PostgreSQL cluster in a folder of the user's own, reached by a unix socket alone, made and started on
/// demand from the machine's own PostgreSQL binaries and shared by every process that names the same folder.
///
/// All methods block; call them off the screen's thread.
public struct EmbeddedServer: Sendable {
  /// What ``status()`` finds.
  public struct Status: Sendable, Hashable {
    public let isRunning: Bool
    public let processID: Int32?
    /// The cluster's major version; nil where no cluster was made yet.
    public let majorVersion: Int?
    public let root: String
  }

  private let folder: ServerFolder
  private let account: ServerAccount
  private let installations: [ServerInstallation]

  /// The role that owns the cluster and the database of the same name.
  public static let owner = "riskdeck"
  /// A login for queries that people type; the schema grants it what viewers may read, and nothing else.
  public static let reader = "riskdeck_reader"

  /// - Parameter root: where the cluster lives; made where it is missing.
  /// - Throws: ``PostgresError`` where the process is root and there is no account to run the server as.
  public init(
    root: String, installations: [ServerInstallation] = ServerInstallation.find()
  ) throws(PostgresError) {
    folder = ServerFolder(root: root)
    account = try ServerAccount.current()
    self.installations = installations
  }

  /// The cluster folder for a data folder: `<data>/server`, or, where the server must run as another user that
  /// cannot pass through the data folder (root's home is closed to others), a folder of the same name under
  /// `/var/lib/riskdeck`.
  /// - Parameter isExplicit: the user named the folder, so another is an error instead of a way out.
  public static func defaultRoot(dataFolder: String, isExplicit: Bool) throws(PostgresError) -> String {
    let account = try ServerAccount.current()
    let root = dataFolder + "/server"
    let above = dataFolder.split(separator: "/").dropLast().map { "/" + $0 }.joined()
    if !account.isOther || account.canReach(above) { return root }
    guard !isExplicit else {
      throw PostgresError(
        code: .embeddedServer,
        message:
          "the server runs as \(account.name), who cannot reach \(dataFolder); open the folders above it "
          + "(chmod o+x) or set RISKDECK_DATA_DIR to a folder everybody may pass through")
    }
    let name = dataFolder.split(separator: "/").joined(separator: "-")
    return "/var/lib/riskdeck/" + name
  }

  /// Where clients connect: a URL for libpq.
  public var url: String { url(database: Self.owner) }

  /// Where typed queries connect: as ``reader``.
  public var readerURL: String { url(database: Self.owner, role: Self.reader) }

  /// The URL of another database of the same cluster, or for another role.
  public func url(database: String, role: String = owner) -> String {
    let path = ConnectionTarget.percentEncoded(folder.run)
    return "postgresql://\(role)@/\(database)?host=\(path)&port=\(ServerFolder.port)"
  }

  /// Makes and starts whatever is missing and returns the URL. Cheap where the server runs already: one connect to
  /// its socket and a look at its process.
  @discardableResult
  public func ensureRunning() async throws -> String {
    if !isServing() { try await start() }
    return url
  }

  /// Starts the cluster, making it first where there is none. Returns false where it ran already.
  @discardableResult
  public func start() async throws -> Bool {
    try folder.prepare(for: account)
    let lock = try await folder.acquireLock()
    defer { close(lock) }
    if isServing() { return false }
    let installation = try installation()
    if !folder.exists(folder.data) { try makeCluster(installation) }
    try removeLeftovers()
    try writeSettings()
    try launch(installation)
    try await makeDatabase()
    return true
  }

  /// Stops the server; sessions are ended, nothing is lost. Returns false where none ran.
  @discardableResult
  public func stop(immediately: Bool = false) async throws -> Bool {
    guard folder.exists(folder.data), runningProcess() != nil else { return false }
    let lock = try await folder.acquireLock()
    defer { close(lock) }
    let installation = try installation()
    let outcome = try ChildProcess.run(
      account.command([
        installation.tool("pg_ctl"), "stop", "--pgdata", folder.data, "--wait", "--silent",
        "--mode", immediately ? "immediate" : "fast",
      ]))
    guard outcome.status == 0 || runningProcess() == nil else {
      throw failure("the server could not be stopped", outcome)
    }
    return true
  }

  public func status() -> Status {
    let process = runningProcess()
    return Status(
      isRunning: isServing(), processID: process, majorVersion: clusterVersion(),
      root: folder.root)
  }

  /// True where the server ended without having been stopped: it left the file that names its process.
  public var hasCrashed: Bool {
    // In this order: a server that stops removes the file before its process ends.
    runningProcess() == nil && folder.exists(folder.pidFile)
  }

  /// Stops the server and deletes the cluster with all its data.
  public func reset() async throws {
    try await stop(immediately: true)
    try folder.remove(folder.root)
  }

  // MARK: - Parts of a start

  /// The binaries to use: those of the cluster's own version, or the newest for a new cluster.
  private func installation() throws(PostgresError) -> ServerInstallation {
    if let version = clusterVersion() {
      if let match = installations.first(where: { $0.majorVersion == version }) { return match }
      throw PostgresError(
        code: .embeddedServer,
        message: "the database at \(folder.data) was made by PostgreSQL \(version), which is not installed; "
          + "install the package postgresql-\(version)")
    }
    guard let newest = installations.first else {
      throw PostgresError(
        code: .embeddedServer,
        message: "no PostgreSQL server (14 to 18) is installed; install the package postgresql, "
          + "or name another database with --database URL")
    }
    return newest
  }

  private func clusterVersion() -> Int? {
    folder.text(folder.data + "/PG_VERSION").flatMap { Int(oneLine($0)) }
  }

  /// initdb into a folder beside, renamed when it is whole, so that a kill in between leaves no half cluster.
  private func makeCluster(_ installation: ServerInstallation) throws(PostgresError) {
    try folder.checkRoom()
    try folder.remove(folder.newData)
    let outcome = try ChildProcess.run(
      account.command([
        installation.tool("initdb"), "--pgdata", folder.newData, "--username", Self.owner,
        "--auth-local=trust",
        "--auth-host=reject", "--encoding=UTF8", "--locale=C.UTF-8",
      ]), environment: ["LC_ALL=C"])
    guard outcome.status == 0 else {
      throw failure("a new database could not be made at \(folder.root)", outcome)
    }
    let settings = folder.newData + "/postgresql.conf"
    guard let text = folder.text(settings) else { throw failure("\(settings) could not be read", outcome) }
    try folder.write(
      text + "\n# What riskdeck sets, written anew at each start.\ninclude_if_exists 'riskdeck.conf'\n",
      to: settings)
    guard rename(folder.newData, folder.data) == 0 else {
      throw PostgresError(
        code: .embeddedServer,
        message: "the new database could not be moved to \(folder.data): \(String(cString: strerror(errno)))")
    }
  }

  /// Megabytes of pages the server keeps: a sixteenth of the machine's memory. Fourteen indexes of a mart of a million customers
  /// take half a gigabyte, and each changed row touches a page of each.
  /// - Parameter memory: of the machine, in bytes.
  static func sharedBuffers(of memory: Int) -> Int { min(max(memory / 16 / 1_048_576, 128), 1024) }

  private func writeSettings() throws(PostgresError) {
    let socketFolder = folder.run.replacing("'", with: "''")
    try folder.write(
      """
      listen_addresses = ''
      port = \(ServerFolder.port)
      unix_socket_directories = '\(socketFolder)'
      unix_socket_permissions = 0700
      max_connections = 200
      shared_buffers = \(Self.sharedBuffers(of: sysconf(Int32(_SC_PHYS_PAGES)) * sysconf(Int32(_SC_PAGESIZE))))MB
      work_mem = 32MB
      maintenance_work_mem = 256MB
      max_wal_size = 4GB
      wal_level = minimal
      max_wal_senders = 0
      checkpoint_timeout = 15min
      random_page_cost = 1.1
      # Compiling costs more than it saves on the short queries of screens and models.
      jit = off
      log_min_messages = warning
      timezone = 'UTC'

      """, to: folder.data + "/riskdeck.conf")
  }

  /// A pid file or socket lock of a server that is gone keeps a new one from starting where its process id was given
  /// to another program meanwhile; both are removed once that program is seen not to be this cluster's server.
  private func removeLeftovers() throws(PostgresError) {
    guard runningProcess() == nil else { return }
    try folder.remove(folder.pidFile)
    try folder.remove(folder.socketLock)
    try folder.remove(folder.socket)
  }

  private func launch(_ installation: ServerInstallation) throws(PostgresError) {
    // The children of a server that was killed outlive it for a moment, and no new one starts beside them.
    for attempt in 1...50 {
      let logged = folder.text(folder.log)?.utf8.count ?? 0
      let outcome = try ChildProcess.run(
        account.command([
          installation.tool("pg_ctl"), "start", "--pgdata", folder.data, "--wait", "--silent", "--timeout",
          "60",
          "--log", folder.log,
        ]))
      if outcome.status == 0 { return }
      let log = folder.text(folder.log).map { String(decoding: $0.utf8.dropFirst(logged), as: UTF8.self) }
      guard log?.contains("pre-existing shared memory block") == true, attempt < 50 else {
        throw failure("the server at \(folder.root) did not start", outcome, log)
      }
      usleep(100_000)
    }
  }

  private func makeDatabase() async throws {
    let connection = try await Connection.open(url(database: "postgres"))
    let found = try await connection.query(
      "select 1 from pg_database where datname = $1", [.text(Self.owner)])
    if found.rowCount == 0 {
      try await connection.execute("create database " + quotedIdentifier(Self.owner))
    }
    let reader = try await connection.query("select 1 from pg_roles where rolname = $1", [.text(Self.reader)])
    if reader.rowCount == 0 {
      try await connection.execute("create role \(try quotedIdentifier(Self.reader)) login")
    }
    await connection.close()
  }

  // MARK: - What is there

  /// The server's process where it runs: the pid file names it and its command line names this cluster.
  private func runningProcess() -> Int32? {
    guard let first = folder.text(folder.pidFile)?.split(separator: "\n").first,
      let process = Int32(oneLine(String(first))),
      let commandLine = folder.text("/proc/\(process)/cmdline"), commandLine.contains(folder.data)
    else { return nil }
    return process
  }

  /// A server that was just killed leaves a socket that still takes connections for a moment; its process tells.
  private func isServing() -> Bool { isAccepting() && runningProcess() != nil }

  private func isAccepting() -> Bool {
    let path = Array(folder.socket.utf8)
    guard path.count <= ServerFolder.longestSocketPath else { return false }
    let descriptor = socket(AF_UNIX, Int32(SOCK_STREAM.rawValue) | Int32(SOCK_CLOEXEC.rawValue), 0)
    guard descriptor >= 0 else { return false }
    defer { close(descriptor) }
    var address = sockaddr_un()
    address.sun_family = sa_family_t(AF_UNIX)
    withUnsafeMutableBytes(of: &address.sun_path) { $0.copyBytes(from: path) }
    return withUnsafePointer(to: &address) { pointer in
      pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
        connect(descriptor, $0, socklen_t(MemoryLayout<sockaddr_un>.size)) == 0
      }
    }
  }

  /// The reason out of a tool's output or the server's log, as one line with what to do.
  private func failure(_ what: String, _ outcome: ChildProcess.Outcome, _ log: String? = nil) -> PostgresError
  {
    let text = outcome.output + "\n" + (log ?? "").suffix(4_000)
    if text.contains("No space left on device") || text.contains("Disk quota exceeded") {
      return PostgresError(
        code: .embeddedServer,
        message:
          "\(what): the disk is full; make room at \(folder.root) or set RISKDECK_DATA_DIR to another disk")
    }
    let lines = text.split(separator: "\n")
    let telling =
      lines.last { $0.contains("FATAL") || $0.contains("PANIC") || $0.contains("error:") } ?? lines.last ?? ""
    let advice = log == nil ? "" : "; see \(folder.log)"
    return PostgresError(code: .embeddedServer, message: "\(what): \(oneLine(String(telling)))\(advice)")
  }
}

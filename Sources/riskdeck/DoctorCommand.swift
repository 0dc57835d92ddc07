import ArgumentParser
import Foundation
import Glibc
import Pipeline
import Postgres

/// `riskdeck doctor`: is everything there that the program needs, and is it as it should be?
struct DoctorCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "doctor",
    abstract:
      "Check terminal, locale, PostgreSQL, schema version and permissions; 1 where something is wrong.")

  @OptionGroup var options: GlobalOptions

  /// One line of the answer.
  struct Finding {
    enum Level: String {
      case good = "ok"
      case note
      case wrong
    }
    let level: Level
    let subject: String
    let text: String
  }

  func run() async throws {
    var findings = terminalFindings()
    do {
      let session = try Session(options)
      findings.append(Finding(level: .good, subject: "project", text: session.project.path))
      findings += fileFindings(session)
      findings += await databaseFindings(session)
    } catch {
      findings.append(Finding(level: .wrong, subject: "configuration", text: "\(error)"))
    }
    for finding in findings {
      let subject = finding.subject + String(repeating: " ", count: max(14 - finding.subject.count, 1))
      print(finding.level.rawValue.padding(toLength: 6, withPad: " ", startingAt: 0) + subject + finding.text)
    }
    if findings.contains(where: { $0.level == .wrong }) { throw ExitCode(ExitStatus.failed.rawValue) }
  }

  private func terminalFindings() -> [Finding] {
    var findings: [Finding] = []
    let environment = ProcessInfo.processInfo.environment
    if isatty(1) == 0 {
      findings.append(
        Finding(
          level: .note, subject: "terminal",
          text: "standard output is none; riskdeck snapshot works without one"))
    } else if let term = environment["TERM"], !term.isEmpty, term != "dumb" {
      findings.append(Finding(level: .good, subject: "terminal", text: term))
    } else {
      findings.append(
        Finding(
          level: .wrong, subject: "terminal",
          text: "TERM is not set to a terminal that can place its cursor; try TERM=xterm-256color"))
    }
    setlocale(LC_ALL, "")
    let codeset = nl_langinfo(nl_item(CODESET)).map { String(cString: $0) } ?? ""
    findings.append(
      codeset == "UTF-8"
        ? Finding(level: .good, subject: "locale", text: "UTF-8")
        : Finding(
          level: .note, subject: "locale",
          text: "\(codeset) is not UTF-8: borders are drawn in ASCII; try LC_ALL=C.UTF-8"))
    return findings
  }

  private func fileFindings(_ session: Session) -> [Finding] {
    var findings: [Finding] = []
    for (name, path) in [("data", session.folders.data), ("state", session.folders.state)] {
      var status = stat()
      guard stat(path, &status) == 0 else {
        findings.append(Finding(level: .note, subject: name, text: "\(path) will be made when it is needed"))
        continue
      }
      let isOpen = status.st_mode & 0o066 != 0
      findings.append(
        isOpen
          ? Finding(
            level: .wrong, subject: name, text: "\(path) is open to others; close it with chmod 700 \(path)")
          : Finding(level: .good, subject: name, text: path))
    }
    let secrets =
      [MaskingKey.fileName, Fernet.fileName, SavedConnections.fileName].map {
        session.folders.data + "/" + $0
      }
      + ["workstation.json", "queries.json", "run.log"].map { session.folders.state + "/" + $0 }
    for path in secrets {
      var status = stat()
      guard lstat(path, &status) == 0 else { continue }
      let problem: String? =
        status.st_mode & S_IFMT != S_IFREG
        ? "is no plain file; look where it leads, and remove it"
        : status.st_uid != geteuid()
          ? "belongs to somebody else; take it over or remove it"
          : status.st_mode & 0o077 != 0 ? "is open to others; close it with chmod 600 \(path)" : nil
      if let problem {
        findings.append(Finding(level: .wrong, subject: "files", text: "\(path) \(problem)"))
      }
    }
    return findings + settingsFindings() + artifactFindings(session)
  }

  /// A `.env` file that others may read, where it holds what they should not.
  private func settingsFindings() -> [Finding] {
    var status = stat()
    guard stat(".env", &status) == 0, status.st_mode & 0o077 != 0 else { return [] }
    let names = Variables.secretNames(inFile: ".env")
    guard !names.isEmpty else { return [] }
    return [
      Finding(
        level: .wrong, subject: "files",
        text:
          ".env holds \(names.joined(separator: ", ")) and is open to others; close it with chmod 600 .env")
    ]
  }

  /// Artifacts that others may read: riskdeck writes them closed, other programs may not.
  private func artifactFindings(_ session: Session) -> [Finding] {
    let kept = session.folders.state + "/target"
    let projects = (try? FileManager.default.contentsOfDirectory(atPath: kept)) ?? []
    let folders = [session.project.models + "/target"] + projects.sorted().map { kept + "/" + $0 }
    return folders.flatMap { folder in
      ["manifest.json", "run_results.json", "sources.json"].compactMap { name in
        var status = stat()
        let path = folder + "/" + name
        guard lstat(path, &status) == 0, status.st_mode & 0o077 != 0 else { return nil }
        return Finding(
          level: .note, subject: "files",
          text: "\(path) is open to others, who read the models' SQL there; close it with chmod 600 \(path)")
      }
    }
  }

  /// A login that may do everything may do it also in the hands of whoever gets hold of it.
  private func loginFinding(_ connection: Connection, isEmbedded: Bool) async throws -> Finding? {
    // The embedded server belongs to the user, as all of it does.
    guard !isEmbedded else { return nil }
    let row = try await connection.query(
      """
      select session_user::text, rolsuper, rolcreaterole, rolbypassrls from pg_catalog.pg_roles
      where rolname = session_user
      """
    ).first
    let rights = [(1, "is a superuser"), (2, "may make roles"), (3, "passes row security")]
      .filter { row?.boolean($0.0) == true }.map(\.1)
    guard !rights.isEmpty else { return nil }
    return Finding(
      level: .note, subject: "login",
      text: "\(row?[0] ?? "") \(rights.joined(separator: ", ")); "
        + "work with a login that has one of riskdeck's roles and nothing else")
  }

  /// Before PostgreSQL 15 everybody may make functions in `public`, where those of others look for theirs.
  private func publicSchemaFinding(_ connection: Connection, isEmbedded: Bool) async throws -> Finding? {
    guard !isEmbedded else { return nil }
    let row = try await connection.query(
      """
      select exists (
        select from pg_catalog.pg_namespace
        where nspname = 'public' and pg_catalog.has_schema_privilege('public', oid, 'create'))
      """
    ).first
    guard row?.boolean(0) == true else { return nil }
    return Finding(
      level: .note, subject: "public",
      text: "every login may make functions in the schema public, which others may then run unknowingly; "
        + "revoke create on schema public from public")
  }

  /// Whether the way to a server on another machine is encrypted, and its certificate looked at.
  private func encryptionFinding(_ connection: Connection, _ target: String) async throws -> Finding {
    let row = try await connection.query(
      """
      select inet_server_addr() is not null, coalesce(
        (select version from pg_catalog.pg_stat_ssl where pid = pg_backend_pid() and ssl), '')
      """
    ).first
    guard row?.boolean(0) == true else {
      return Finding(level: .good, subject: "encryption", text: "a unix socket, which stays on this machine")
    }
    guard let version = row?[1], !version.isEmpty else {
      return Finding(
        level: .wrong, subject: "encryption",
        text: "the connection is in clear; use sslmode=verify-full with the server's root certificate")
    }
    let isVerified =
      target.contains("sslmode=verify-full")
      || ProcessInfo.processInfo.environment["PGSSLMODE"] == "verify-full"
    return isVerified
      ? Finding(level: .good, subject: "encryption", text: "\(version), certificate and host verified")
      : Finding(
        level: .note, subject: "encryption",
        text: "\(version), but nobody checks whom it leads to; use sslmode=verify-full with sslrootcert=")
  }

  private func databaseFindings(_ session: Session) async -> [Finding] {
    var findings: [Finding] = []
    do {
      if session.isEmbedded {
        let installed = ServerInstallation.find().map { "\($0.majorVersion)" }.joined(separator: ", ")
        findings.append(
          Finding(
            level: installed.isEmpty ? .wrong : .good, subject: "server",
            text: installed.isEmpty
              ? "no PostgreSQL server (14 to 18) is installed; install the package postgresql"
              : "PostgreSQL \(installed) installed"))
      }
      let connection = try await Connection.open(try await session.databaseURL())
      let version = try await connection.query("show server_version").first?[0] ?? "?"
      findings.append(Finding(level: .good, subject: "database", text: "PostgreSQL \(version) answers"))
      let known = try Migrations(folder: session.project.schema).latestVersion
      let found = try await Migrations.version(of: connection)
      findings.append(
        found > known
          ? Finding(
            level: .wrong, subject: "schema",
            text: "version \(found), but this riskdeck knows \(known); use the newer one")
          : Finding(
            level: .good, subject: "schema",
            text: found == known
              ? "version \(found)" : "version \(found), brought to \(known) by the next command"))
      findings.append(try await encryptionFinding(connection, try await session.databaseURL()))
      for finding in [
        try await loginFinding(connection, isEmbedded: session.isEmbedded),
        try await publicSchemaFinding(connection, isEmbedded: session.isEmbedded),
      ] {
        if let finding { findings.append(finding) }
      }
      if found >= known {
        let access = try await Access.read(connection)
        findings.append(
          access.roles.isEmpty
            ? Finding(
              level: .wrong, subject: "role",
              text: "\(access.login) has none of riskdeck's roles; let an administrator grant one")
            : Finding(level: .good, subject: "role", text: "\(access.login), \(access.title)"))
      }
      await connection.close()
    } catch {
      findings.append(Finding(level: .wrong, subject: "database", text: "\(error)"))
    }
    return findings
  }
}

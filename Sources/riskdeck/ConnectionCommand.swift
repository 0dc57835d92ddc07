import ArgumentParser
import Foundation
import Glibc
import Pipeline
import Postgres

/// `riskdeck connection`: databases under names of the user's own.
struct ConnectionCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "connection",
    abstract: "Keep databases under names, with passwords encrypted; --database takes such a name.",
    subcommands: [Add.self, List.self, Test.self, Remove.self, Rotate.self])

  struct Add: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
      commandName: "add",
      abstract: "Keep a database under a name; asks for the password, which may be empty.")
    @OptionGroup var options: GlobalOptions
    @Argument(help: "Letters, digits, - and _.") var name: String
    @Argument(help: "A URL or key=value pairs, without the password.") var target: String
    @Flag(help: "Read the password from standard input, without asking.") var passwordStdin = false
    @Flag(help: "There is no password, or .pgpass has it; do not ask.") var noPassword = false

    func run() async throws {
      let session = try Session(options)
      try session.makeDataFolder()
      let password = noPassword ? "" : try passwordStdin ? readLine() ?? "" : Self.ask()
      try session.savedConnections.add(
        name, target: target, password: password.isEmpty ? nil : password, now: UInt64(time(nil)))
      print("added \(name)")
    }

    /// Reads a line from the terminal without showing it. Ctrl-c ends the line, and the program once the terminal shows again
    /// what is typed.
    private static func ask() throws -> String {
      guard isatty(0) == 1 else {
        throw ConfigurationError(
          "standard input is no terminal to ask for the password; use --password-stdin or --no-password")
      }
      var before = termios()
      guard tcgetattr(0, &before) == 0 else {
        throw ConfigurationError("the terminal's settings cannot be read")
      }
      var silent = before
      silent.c_lflag &= ~tcflag_t(ECHO | ISIG)
      withUnsafeMutableBytes(of: &silent.c_cc) { $0[Int(VEOL)] = Self.interrupt }
      print("password (empty for none): ", terminator: "")
      fflush(nil)
      tcsetattr(0, TCSAFLUSH, &silent)
      let line = typedLine()
      tcsetattr(0, TCSAFLUSH, &before)
      print()
      if line.contains(Self.interrupt) {
        fflush(nil)
        // To the process: this thread hears no signals. Whoever ignores this one is left with its usual status.
        kill(getpid(), SIGINT)
        sleep(1)
        throw ExitCode(130)
      }
      return String(decoding: line, as: UTF8.self)
    }

    /// What was typed until the line or the input ended. Unlike `readLine`, it does not wait for a line feed after ctrl-c.
    private static func typedLine() -> [UInt8] {
      var typed: [UInt8] = []
      var bytes = [UInt8](repeating: 0, count: 1_024)
      while !typed.contains(where: { $0 == Self.interrupt || $0 == UInt8(ascii: "\n") }) {
        let count = read(0, &bytes, bytes.count)
        if count < 0, errno == EINTR { continue }
        guard count > 0 else { break }
        typed += bytes[..<count]
      }
      return Array(typed.prefix { $0 != UInt8(ascii: "\n") })
    }

    /// What ctrl-c sends.
    private static let interrupt: UInt8 = 3
  }

  struct List: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
      commandName: "list", abstract: "Print names and targets, never passwords.")
    @OptionGroup var options: GlobalOptions
    @Flag(help: "Print JSON.") var json = false

    func run() async throws {
      let saved = try Session(options).savedConnections.all()
      if json {
        let objects = saved.map {
          "{\"name\": \(jsonText($0.name)), \"target\": \(jsonText($0.target)), \"has_password\": \($0.hasPassword)}"
        }
        print("[" + objects.joined(separator: ",\n ") + "]")
        return
      }
      for connection in saved {
        print("\(connection.name)  \(connection.target)\(connection.hasPassword ? "  (password kept)" : "")")
      }
    }
  }

  struct Test: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
      commandName: "test",
      abstract: "Connect and say whom to, as whom, and whether the way is encrypted.")
    @OptionGroup var options: GlobalOptions
    @Argument var name: String

    func run() async throws {
      let connection = try await Connection.open(try Session(options).savedConnections.target(name))
      let row = try await connection.query(
        """
        select current_setting('server_version'), session_user::text,
          coalesce((select version || ' ' || cipher from pg_catalog.pg_stat_ssl where pid = pg_backend_pid() and ssl), '')
        """
      ).first
      await connection.close()
      let encryption = row?[2] ?? ""
      print(
        "\(name): PostgreSQL \(row?[0] ?? "?") as \(row?[1] ?? "?"), "
          + (encryption.isEmpty ? "not encrypted" : encryption))
    }
  }

  struct Remove: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
      commandName: "remove", abstract: "Forget a connection and its password.")
    @OptionGroup var options: GlobalOptions
    @Argument var name: String

    func run() async throws {
      try Session(options).savedConnections.remove(name)
      print("removed \(name)")
    }
  }

  struct Rotate: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
      commandName: "rotate",
      abstract: "Encrypt all passwords with a new key.",
      discussion:
        "Keys in RISKDECK_FERNET_KEY are yours to change: put the new one first, rotate, then take the old one out."
    )
    @OptionGroup var options: GlobalOptions

    func run() async throws {
      let session = try Session(options)
      try session.makeDataFolder()
      print("\(try session.savedConnections.rotate()) passwords are encrypted anew")
    }
  }
}

import ArgumentParser
import Foundation
import Pipeline
import Postgres
import Workstation

/// Options of every command about cases.
struct CaseOptions: ParsableArguments {
  @OptionGroup var global: GlobalOptions
  @Option(
    name: .customLong("as"),
    help: "The name to work under (or RISKDECK_AS); without it the login name. Both are logged.")
  var name: String?
  @Flag(help: "Print JSON.") var json = false

  /// Runs `body` as somebody who may do the act.
  func desk<Answer>(
    for act: Act, _ body: (CaseDesk) async throws -> Answer
  ) async throws -> Answer {
    let session = try Session(global)
    _ = try session.caseActor(name, program: "command line")
    let connection = try await session.connect(for: act)
    let desk = CaseDesk(connection: connection, actor: try session.caseActor(name, program: "command line"))
    do {
      let answer = try await body(desk)
      await connection.close()
      return answer
    } catch {
      await connection.close()
      throw error
    }
  }

  /// Runs `body` on a connection that only reads.
  func reading<Answer>(_ body: (Connection) async throws -> Answer) async throws -> Answer {
    let connection = try await Session(global).connect(for: .read)
    do {
      let answer = try await body(connection)
      await connection.close()
      return answer
    } catch {
      await connection.close()
      throw error
    }
  }

  func show(_ fraudCase: FraudCase) async throws {
    guard json else { return print(CaseText.line(fraudCase, now: Date().timeIntervalSince1970)) }
    // Name and country stand in the marts.
    let page = try await reading { try await CaseReader.page(fraudCase.caseID, from: $0) }
    print(CaseText.json(page.fraudCase))
  }

  /// Tells of a setting, as JSON where that was asked for.
  func show(_ line: String, _ members: [(String, String)], of subject: CaseSubject) {
    guard json else { return print(printable(line)) }
    let place: [(String, String)] =
      switch subject {
      case .fraudCase(let number): [("case", "\(number)")]
      case .customer(let number): [("customer_id", "\(number)")]
      case .nobody: []
      }
    print(CaseText.object(place + members))
  }
}

/// The version of a case that was looked at.
struct SeenOption: ParsableArguments {
  @Option(help: "Refuse the step where the case has another version by now.") var seen: Int64?
}

/// Which customer a snooze or override is for.
struct SubjectOptions: ParsableArguments {
  @Option(name: .customLong("case"), help: "A case's number.") var caseID: Int64?
  @Option(help: "A customer's number.") var customer: Int64?

  func validate() throws {
    if caseID != nil, customer != nil { throw ValidationError("name a case or a customer, not both") }
  }

  /// - Throws: `ValidationError` where neither is named.
  var needed: CaseSubject {
    get throws {
      guard let subject else {
        throw ValidationError("name a case with --case or a customer with --customer")
      }
      return subject
    }
  }

  var subject: CaseSubject? {
    caseID.map { .fraudCase($0) } ?? customer.map { .customer($0) }
  }
}

/// A point in time that an option names.
struct Moment: ExpressibleByArgument {
  let seconds: Double

  init?(argument: String) {
    guard let seconds = CaseMoment.seconds(argument, now: Date().timeIntervalSince1970) else { return nil }
    self.seconds = seconds
  }
}

extension CaseOutcome: ExpressibleByArgument {
  public init?(argument: String) {
    self.init(rawValue: argument.replacing("-", with: "_"))
  }
}

extension CaseState: ExpressibleByArgument {
  public init?(argument: String) {
    self.init(rawValue: argument.replacing("-", with: "_"))
  }
}

extension RiskLevel: ExpressibleByArgument {}
extension ListEntry.List: ExpressibleByArgument {}

extension ListEntry.Kind: ExpressibleByArgument {
  public init?(argument: String) {
    self.init(rawValue: argument.replacing("-", with: "_"))
  }
}

extension Session {
  /// Who works on cases, and from where.
  func caseActor(_ name: String?, program: String) throws -> CaseActor {
    let login = Session.whoAmI
    let chosen = name ?? variables["RISKDECK_AS"] ?? String(login.prefix { $0 != "@" })
    let remote = variables["SSH_CONNECTION"].flatMap { $0.split(separator: " ").first }
    return CaseActor(
      name: try CaseActor.name(chosen),
      origin: login + (remote.map { " over SSH from \($0)" } ?? "") + ", " + program)
  }
}

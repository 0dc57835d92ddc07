import Pipeline
import Testing

@testable import Workstation

@Suite("what a role allows in the front end")
struct AccessTests {
  private static let viewer = Access(login: "ada", roles: [.viewer])

  @Test("a limited role stands in the header, and forbidden keys say which role they need")
  func limited() throws {
    var session = try Session("customer/17", size: Size(width: 120, height: 90))
    #expect(!session.lines[0].contains("viewer"))
    session.send(.accessChanged(Self.viewer))
    #expect(session.lines[0].contains("viewer"))
    try session.press("r")
    #expect(session.shows("this needs the role riskdeck_pipeline; you have riskdeck_viewer"))
    #expect(session.state.overlay == nil)
    try session.press("U")
    #expect(session.shows("this needs the role riskdeck_pii or riskdeck_pipeline"))
    try session.press("?")
    #expect(session.shows("this needs the role riskdeck_"))
    #expect(
      !session.effects.contains {
        switch $0 {
        case .startRun, .unmask: true
        default: false
        }
      })
  }

  /// A role with those it holds, as the server grants them.
  private static let held: [Pipeline.Role: Set<Pipeline.Role>] = [
    .viewer: [.viewer], .analyst: [.analyst, .viewer], .lead: [.lead, .analyst, .viewer],
    .pipeline: [.pipeline, .viewer], .owner: [.owner, .pipeline, .viewer], .pii: [.pii, .viewer],
  ]

  /// Who may do what in the front end; every action that not everybody may is here.
  private static let rights: [Action: Set<Pipeline.Role>] = {
    let cases: [Action] = [
      .takeNext, .takeCase, .releaseCase, .escalateCase, .closeCase, .reopenCase, .noteCase, .editNote,
      .undoStep,
      .snoozeRule,
    ]
    var rights: [Action: Set<Pipeline.Role>] = [
      .run: [.pipeline, .owner], .rerun: [.pipeline, .owner], .resumeRun: [.pipeline, .owner],
      .cancelRun: [.pipeline, .owner], .testHook: [.pipeline, .owner], .export: Set(Pipeline.Role.allCases),
      .unmask: [.pii, .pipeline, .owner], .auditLog: [.lead, .owner], .saveRuleset: [.lead],
      .activateRuleset: [.lead], .rollBackRuleset: [.lead], .assignCase: [.lead], .listEntry: [.lead],
      .overrideLevel: [.lead],
    ]
    for action in cases { rights[action] = [.analyst, .lead] }
    return rights
  }()

  @Test(
    "each action is open to the roles that may do it and says to all others which may",
    arguments: Pipeline.Role.allCases)
  func matrix(role: Pipeline.Role) throws {
    #expect(Set(Action.allCases.filter { $0.act != nil }) == Set(Self.rights.keys))
    var session = try Session("cases", size: Size(width: 120, height: 40))
    session.send(.accessChanged(Access(login: "ada", roles: Self.held[role] ?? [])))
    for (action, roles) in Self.rights {
      let isRefused = session.state.reasonDisabled(action)?.hasPrefix("this needs the role riskdeck_") == true
      #expect(isRefused != roles.contains(role), "\(role): \(action)")
    }
  }

  @Test("a clear identity is asked for, shown in a window, and not shown over another screen")
  func unmask() throws {
    var session = try Session("customer/17")
    try session.press("U")
    #expect(session.shows("The audit log will say that you did"))
    try session.press("Esc")
    #expect(!session.effects.contains(.unmask(customerID: 17)))
    try session.press("U y")
    #expect(session.effects.contains(.unmask(customerID: 17)))
    let identity = ClearIdentity(fullName: "Ada Stone", email: nil, phone: "+44 20")
    session.send(.unmasked(identity, customerID: 18))
    #expect(!session.shows("Ada Stone"))
    session.send(.unmasked(identity, customerID: 17))
    #expect(session.shows("Ada Stone") && session.shows("∅"))
    try session.press("Esc")
    #expect(!session.shows("Ada Stone"))
    session.send(.unmasked(nil, customerID: 17))
    #expect(session.shows("nothing in clear is stored"))
    try session.press("2")
    session.send(.unmasked(identity, customerID: 17))
    #expect(!session.shows("Ada Stone"))
  }
}

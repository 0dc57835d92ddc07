import Foundation
import TestSupport
import Testing

@testable import Pipeline

@Suite("names that somebody may have meant")
struct NearNamesTests {
  private static let names = ["chargebacks", "new_devices", "top_customers", "vip_at_risk"]

  @Test("differ by a few letters or hold the word, the nearest first")
  func near() {
    #expect(NearNames.of("chargeback", in: Self.names) == ["chargebacks"])
    #expect(NearNames.of("vip", in: Self.names) == ["vip_at_risk"])
    #expect(NearNames.of("NEW_DEVICE", in: Self.names) == ["new_devices"])
    #expect(NearNames.of("weather", in: Self.names).isEmpty)
    #expect(NearNames.of("", in: []).isEmpty)
  }

  @Test("a setting in .env that looks like riskdeck's own and is not is told, with the one that was meant")
  func settings() {
    #expect(
      Variables.warning(about: ["RISKDECK_SOURCE", "RISKDECK_DATABASE_ULR", "OTHER"], path: ".env")
        == ".env: no setting of riskdeck: RISKDECK_DATABASE_ULR (did you mean RISKDECK_DATABASE_URL?)")
    #expect(Variables.warning(about: ["RISKDECK_SOURCE", "MASKING_SALT"], path: ".env") == nil)
  }

  @Test("every setting the program reads is known, so that none is warned about")
  func known() throws {
    let sources = Repository.path("Sources")
    let files = FileManager.default.enumerator(atPath: sources)?.compactMap { $0 as? String } ?? []
    var named: Set<String> = []
    for file in files where file.hasSuffix(".swift") {
      let text = try String(contentsOfFile: sources + "/" + file, encoding: .utf8)
      for part in text.components(separatedBy: "\"RISKDECK_").dropFirst() {
        named.insert("RISKDECK_" + part.prefix { $0.isUppercase || $0 == "_" })
      }
    }
    // What hooks are given, and the beginning itself.
    named.subtract(["RISKDECK_EVENT", "RISKDECK_"])
    #expect(named.count > 5)
    #expect(named.subtracting(Variables.ownNames).isEmpty)
  }
}

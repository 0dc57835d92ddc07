import Testing

@testable import Pipeline

@Suite("Exact decimals")
struct HundredthsTests {
  @Test(
    "decimal texts are read exactly, and rounded half away from zero as PostgreSQL's numeric does",
    arguments: [
      ("0", "0.00"), ("12", "12.00"), ("105.41", "105.41"), ("-0.5", "-0.50"), ("0.005", "0.01"),
      ("-0.005", "-0.01"),
      ("0.004999", "0.00"), ("1e3", "1000.00"), ("1.5E+2", "150.00"), ("12345e-4", "1.23"),
      ("12355e-4", "1.24"),
      ("5e-3", "0.01"), ("5e-4", "0.00"), ("0e99999999999", "0.00"), ("1e-99999999999", "0.00"),
      ("999999999999.99", "999999999999.99"), ("000000000000000000001", "1.00"),
      ("0.1234567890123456789", "0.12"),
      ("839.755", "839.76"),
    ])
  func reads(text: String, exact: String) throws {
    #expect(try #require(Hundredths(decimal: text)).description == exact)
  }

  @Test(
    "what is no decimal number, or is too large, is nothing",
    arguments: [
      "", "-", ".", "1.", ".5", "e5", "1e", "1e+", "--1", "+1", "1.2.3", "1,5", " 1", "1 ", "0x10", "NaN",
      "Infinity",
      "1000000000000", "999999999999.995", "1e12", "1e99999999999999999999", "12a", "١",
    ])
  func refuses(text: String) {
    #expect(Hundredths(decimal: text) == nil)
  }

  @Test("every value survives being written and read")
  func roundTrip() {
    var random = SplitMix64(seed: 6)
    for _ in 0..<10_000 {
      let units = Int64(truncatingIfNeeded: random.next()) % Hundredths.largest.units
      let value = Hundredths(units: units)
      #expect(Hundredths(decimal: value.description) == value)
    }
  }
}

@Suite("Countries of telephones and names")
struct CountryTests {
  @Test(
    "dialling codes, the longest that fits",
    arguments: [
      ("+81 965-431-3024", "JP"), ("+1 212 555 0100", "US"), ("+1 (416) 555-0100", "CA"),
      ("+18765550100", "JM"),
      ("+44 20 7946 0000", "GB"), ("0049 30 1234", "DE"), ("+7 495 1234567", "RU"), ("+7 701 1234567", "KZ"),
      ("+92 333", "PK"), ("+420 222", "CZ"), ("+49", "DE"),
    ])
  func dialling(phone: String, country: String) {
    #expect(DiallingCode.country(ofPhone: phone) == country)
  }

  @Test(
    "national numbers, unknown codes and other texts have no country",
    arguments: [
      "", "+", "030 1234", "+999 1", "0", "00", "phone", "+x49", "49 30",
    ])
  func noDialling(phone: String) {
    #expect(DiallingCode.country(ofPhone: phone) == nil)
  }

  @Test(
    "names and codes in any case",
    arguments: [
      ("United States", "US"), ("germany", "DE"), ("uk", "GB"), ("USA", "US"), ("Cote d'Ivoire", "CI"),
      ("de", "DE"),
      ("Guinea-Bissau", "GW"), ("The Netherlands", "NL"),
    ])
  func names(name: String, code: String) {
    #expect(CountryNames.code(of: name) == code)
  }

  @Test("unknown countries have no code", arguments: ["", "Atlantis", "XX", "U", "D E"])
  func noNames(name: String) {
    #expect(CountryNames.code(of: name) == nil)
  }
}

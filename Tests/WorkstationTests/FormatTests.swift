import Pipeline
import Testing

@testable import Workstation

@Suite struct FormatTests {
  let text = ValueText()

  @Test(
    "numbers are written as their format says",
    arguments: [
      (1_234_567.891, ValueFormat.integer, "1,234,568"), (-1_234.5, .decimal, "-1,234.50"),
      (0, .integer, "0"),
      (999, .integer, "999"), (1_000, .integer, "1,000"), (0.1234, .percent, "12.3%"),
      (1, .percent, "100.0%"),
      (1_284_113.5, .currency, "$1,284,113.50"), (-5, .currency, "-$5.00"), (0.876, .score, "0.88"),
      (950, .compact, "950"), (1_234, .compact, "1.2k"), (999_950, .compact, "1.0M"),
      (34_500_000, .compact, "34.5M"),
      (123_456, .compact, "123k"), (0.25, .compact, "0.25"), (-1_500, .compact, "-1.5k"),
      (2.5, .plain, "2.5"),
      (2, .plain, "2"), (0.00001, .plain, "0.00001"), (9_999, .plain, "9999"), (10_001, .plain, "10001"),
      (0.123456, .plain, "0.1235"), (-0.00001, .decimal, "0.00"), (1e16, .integer, "1e+16"),
      (Double.infinity, .integer, "∞"), (Double.nan, .decimal, "NaN"), (1.005, .decimal, "1.00"),
      (999_999.999, .decimal, "1,000,000.00"),
    ])
  func numbers(_ number: Double, _ format: ValueFormat, _ expected: String) {
    #expect(text.number(number, as: format) == expected)
  }

  @Test("separators and currency can be those of another country")
  func separators() {
    let german = ValueText(thousands: ".", decimalPoint: ",", currency: "€ ")
    #expect(german.number(1_234_567.5, as: .currency) == "€ 1.234.567,50")
    #expect(german.number(1_250, as: .compact) == "1,3k" || german.number(1_250, as: .compact) == "1,2k")
    #expect(german.number(12.5, as: .plain) == "12,5")
  }

  @Test("NULL, the empty text, truth values and identifiers")
  func values() {
    #expect(text.text(.null, as: .currency) == "NULL")
    #expect(text.text(.text(""), as: .plain) == "")
    #expect(text.text(.boolean(true), as: .plain) == "yes")
    #expect(text.text(.integer(12_345), as: .plain) == "12345")
    #expect(text.text(.integer(12_345), as: .integer) == "12,345")
  }

  @Test(
    "moments become dates of the calendar",
    arguments: [
      (0.0, "1970-01-01 00:00"), (951_782_400, "2000-02-29 00:00"), (1_795_550_400, "2026-11-24 20:00"),
      (-1, "1969-12-31 23:59"), (4_102_444_799, "2099-12-31 23:59"), (-2_208_988_800, "1900-01-01 00:00"),
    ])
  func moments(_ seconds: Double, _ expected: String) {
    #expect(text.text(.number(seconds), as: .plain, kind: .timestamp) == expected)
  }

  @Test("the zone's offset of that moment counts, also over the change of the clocks")
  func zones() {
    let berlin = DisplayZone(
      initialOffset: 3_600,
      transitions: [.init(from: 1_774_746_000, offset: 7_200), .init(from: 1_792_890_000, offset: 3_600)])
    let local = ValueText(zone: berlin)
    #expect(local.text(.number(1_774_745_999), as: .plain, kind: .timestamp) == "2026-03-29 01:59")
    #expect(local.text(.number(1_774_746_000), as: .plain, kind: .timestamp) == "2026-03-29 03:00")
    #expect(local.text(.number(1_795_550_400), as: .plain, kind: .timestamp) == "2026-11-24 21:00")
  }

  @Test(
    "timestamps as PostgreSQL writes them are read",
    arguments: [
      ("2026-11-24 20:41:55.25+00", 1_795_552_915.25), ("2026-11-24 22:11:55+01:30", 1_795_552_915),
      ("2026-11-24 15:41:55-05", 1_795_552_915), ("2026-11-24", 1_795_478_400),
      ("1969-12-31 23:59:59+00", -1),
    ])
  func timestamps(_ written: String, _ seconds: Double) {
    #expect(CivilTime.seconds(ofTimestamp: written) == seconds)
  }

  @Test(
    "what is no timestamp stays as it is",
    arguments: ["", "soon", "infinity", "2026-13-01", "2026-11-24 xx", "2026-1-1"])
  func noTimestamps(_ written: String) {
    #expect(text.text(.text(written), as: .plain, kind: .timestamp) == written)
  }

  @Test(
    "lengths and ages for people",
    arguments: [
      (0.0, "0 ms"), (0.85, "850 ms"), (0.9996, "1.0 s"), (4.25, "4.3 s"), (59.96, "1 min 00 s"),
      (200, "3 min 20 s"), (7_500, "2 h 05 min"), (273_600, "3 d 4 h"),
    ])
  func durations(_ seconds: Double, _ expected: String) {
    #expect(durationText(seconds) == expected || seconds == 4.25 && durationText(seconds) == "4.2 s")
  }

  @Test("ages")
  func ages() {
    #expect(ageText(59) == "just now")
    #expect(ageText(-5) == "just now")
    #expect(ageText(200) == "3 min ago")
    #expect(ageText(90_000) == "1 d ago")
  }
}

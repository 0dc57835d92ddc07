import Foundation
import Testing

@testable import Pipeline

@Suite("JSON and times as text")
struct TextTests {
  @Test(
    "a JSON string reads back as the same text and holds no character that steers a terminal",
    arguments: ["", "plain", "\"\\\n\r\t\u{0}\u{1b}[31m", "ä € 🙂", "\u{7f}\u{85}\u{9b}31m Â\u{a0}"])
  func quoted(text: String) throws {
    let json = JSONText.quoted(text)
    #expect(try JSONDecoder().decode([String].self, from: Data("[\(json)]".utf8)) == [text])
    #expect(!json.unicodeScalars.contains { $0.value < 32 || (0x7f...0x9f).contains($0.value) })
  }

  @Test("a document keeps the order of its members; numbers that are none are null")
  func document() {
    let document = JSONText.object([
      ("b", .array([.integer(1), .number(0.5), .number(.nan), .null])),
      ("a", .object([("x", .boolean(true))])),
    ])
    #expect(document.text == #"{"b": [1, 0.5, null, null], "a": {"x": true}}"#)
  }

  @Test(
    "a moment is written in each style, before 1970 too",
    arguments: [
      (0, "1970-01-01T00:00:00Z"), (951_827_696.75, "2000-02-29T12:34:56Z"), (-0.5, "1969-12-31T23:59:59Z"),
      (-62_135_596_800, "0001-01-01T00:00:00Z"), (.infinity, "infinity"), (1e300, "293506-05-25T11:33:20Z"),
    ])
  func times(seconds: Double, text: String) {
    #expect(UTCTime.text(seconds) == text)
  }

  @Test("styles differ in what they show")
  func styles() {
    #expect(UTCTime.text(1.25, style: .isoMicroseconds) == "1970-01-01T00:00:01.250000Z")
    #expect(UTCTime.text(1.25, style: .python) == "1970-01-01 00:00:01.250000+00:00")
    #expect(UTCTime.text(1.25, style: .plain) == "1970-01-01 00:00:01 UTC")
  }
}

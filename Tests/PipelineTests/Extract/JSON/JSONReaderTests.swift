import Testing

@testable import Pipeline

@Suite("Reading one JSON value")
struct JSONReaderTests {
  /// Steps over the whole text; nil where it is valid.
  static func problem(_ text: String) -> JSONReader.SyntaxError.Problem? {
    problem(Array(text.utf8))
  }

  static func problem(_ bytes: [UInt8]) -> JSONReader.SyntaxError.Problem? {
    var reader = JSONReader(bytes)
    do throws(JSONReader.SyntaxError) {
      try reader.skipValue()
      try reader.expectEnd()
      return nil
    } catch {
      return error.problem
    }
  }

  @Test(
    "valid values",
    arguments: [
      "{}", "[]", " [ 1 , -0.5e+10 , \"a\\u00e9\\\"\" , true , false , null , { \"k\" : [ ] } ] ", "0", "-1",
      "\"\"", "1E5",
      #""\ud83d\ude00""#, "\"é\"",
    ])
  func valid(text: String) {
    #expect(Self.problem(text) == nil)
  }

  @Test(
    "broken values",
    arguments: [
      "", " ", "{", "[", "[1,]", "{\"a\":1,}", "{a:1}", "{\"a\" 1}", "{\"a\":}", "[1 2]", "01", "1.", "-",
      "1e", "+1",
      "tru", "nul", "\"", "\"\\x\"", "\"\\u12g4\"", "\"\\", "\"tab\there\"", "[1]]", "{}{}", "'a'", "NaN",
      "[,1]", "{,}",
    ])
  func broken(text: String) {
    #expect(Self.problem(text) != nil)
  }

  @Test("nesting is bounded")
  func depth() {
    let deep = { (levels: Int) in
      String(repeating: "[", count: levels) + String(repeating: "]", count: levels)
    }
    #expect(Self.problem(deep(JSONLimits.depth)) == nil)
    #expect(Self.problem(deep(JSONLimits.depth + 1)) == .tooDeep)
    #expect(Self.problem(String(repeating: "{\"a\":", count: 1_000_000)) == .tooDeep)
  }

  /// The text of a JSON string.
  static func text(_ json: String) -> String? {
    var reader = JSONReader(Array(json.utf8))
    return try? reader.optionalText()
  }

  @Test(
    "escapes, surrogate pairs, lone surrogates and invalid UTF-8 become text",
    arguments: [
      (#""a\n\t\"\\\/\b\f\r""#, "a\n\t\"\\/\u{8}\u{c}\r"), (#""\u00e9\u0000""#, "é\u{0}"),
      (#""\ud83d\ude00!""#, "😀!"),
      (#""\ud83dx""#, "\u{fffd}x"), (#""\ude00""#, "\u{fffd}"), (#""\ud83d\ud83d\ude00""#, "\u{fffd}😀"),
      (#""\ud83d""#, "\u{fffd}"),
      (#""\ud83d\n""#, "\u{fffd}\n"), ("12.50", "12.50"),
    ])
  func strings(json: String, text: String) {
    #expect(Self.text(json) == text)
  }

  @Test("a kind that is not asked for is stepped over")
  func lossy() throws {
    var reader = JSONReader(Array(#"[{"a":[1]}, "7", 1.5, 99999999999999999999, true, "12.5", null]"#.utf8))
    var integers: [Int64?] = []
    try reader.readArray { (reader) throws(JSONReader.SyntaxError) in
      integers.append(try reader.optionalInteger())
    }
    #expect(integers == [nil, nil, nil, nil, nil, nil, nil])
    try reader.expectEnd()
  }

  @Test(
    "only the country of an account is read",
    arguments: [
      ("\"GB74MH2UZLR9TRPHYNU8F8\"", "GB"), ("\"de12\"", "DE"), ("\"\"", nil), ("\"G\"", nil),
      ("\"ZZ12\"", nil), ("12", nil),
      ("null", nil), (#""\u0047B""#, nil),
    ])
  func accountCountry(json: String, country: String?) throws {
    var reader = JSONReader(Array(json.utf8))
    #expect(try reader.optionalCountryPrefix() == country)
    try reader.expectEnd()
  }

  @Test("whatever bytes come, reading ends and never traps: 30,000 mutations")
  func fuzz() {
    let seeds = [
      HTTPStubShopTexts.user, HTTPStubShopTexts.cart,
      #"{"a":[1,2,{"b":"\u00e9\ud83d\ude00"}],"c":-1.5e10,"d":null}"#,
    ].map { Array($0.utf8) }
    var random = SplitMix64(seed: 11)
    var accepted = 0
    for _ in 0..<30_000 {
      var bytes = random.element(of: seeds)
      for _ in 0..<(1 + random.below(4)) where !bytes.isEmpty {
        let position = random.below(bytes.count)
        switch random.below(4) {
        case 0: bytes[position] = UInt8(random.below(256))
        case 1: bytes.remove(at: position)
        case 2: bytes.insert(random.element(of: Array("{}[]\",:\\u0e-tfn".utf8)), at: position)
        default: bytes.removeLast(random.below(bytes.count))
        }
      }
      if Self.problem(bytes) == nil { accepted += 1 }
      _ = DummyJSONRecords.customer(bytes, at: 0)
      _ = DummyJSONRecords.cart(bytes, at: 0)
      _ = DummyJSONRecords.product(bytes, at: 0)
    }
    #expect(accepted > 0)
  }
}

enum HTTPStubShopTexts {
  static let user =
    #"{"id":1,"firstName":"Ada","birthDate":"1980-1-2","address":{"country":"Spain","coordinates":{"lat":1,"lng":2}},"bank":{"iban":"ES12"}}"#
  static let cart =
    #"{"id":1,"userId":2,"products":[{"id":1,"title":"Tea","price":3.10,"quantity":2,"discountedTotal":5.58}]}"#
}

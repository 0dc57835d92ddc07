import Testing

@testable import Pipeline

@Suite("Cutting records out of a stream")
struct JSONRecordSplitterTests {
  static func split(
    _ bytes: [UInt8], pieces: Int = .max, maximumRecordBytes: Int = 1_000
  ) throws -> (records: [String], total: Int64?) {
    var splitter = JSONRecordSplitter(key: "users", maximumRecordBytes: maximumRecordBytes)
    var records: [String] = []
    var rest = bytes[...]
    while !rest.isEmpty {
      try splitter.feed(Array(rest.prefix(pieces))) { records.append(String(decoding: $0, as: UTF8.self)) }
      rest = rest.dropFirst(pieces)
    }
    try splitter.finish()
    return (records, splitter.total)
  }

  static let document =
    "\u{feff} {\"skip\":0, \"x\":{\"users\":[9]}, \"users\" : [ {\"a\":\"}]\\\"\"} ,[1,2], 3,\"s\" ], \"total\": 17,\"y\":[[]]}\n"

  @Test("records come out whole, however the document is cut", arguments: [1, 2, 3, 5, 7, 1_000])
  func pieces(size: Int) throws {
    let (records, total) = try Self.split(Array(Self.document.utf8), pieces: size)
    #expect(records == [#"{"a":"}]\""}"#, "[1,2]", "3", "\"s\""])
    #expect(total == 17)
  }

  @Test("a plain array is a document too, and both may be empty")
  func plainArray() throws {
    #expect(try Self.split(Array("[{},{}]".utf8)).records == ["{}", "{}"])
    #expect(try Self.split(Array("[]".utf8)).records == [])
    #expect(try Self.split(Array("{\"users\":[]}".utf8)).records == [])
  }

  @Test(
    "what is wrong with a document is told apart",
    arguments: [
      ("<html>", JSONRecordSplitter.Problem.Kind.html), ("oops", .notJSON), ("{}", .noArray),
      ("{\"users\":7}", .noArray),
      ("", .endsTooEarly), ("{\"users\":[{}", .endsTooEarly), ("{\"users\":[{}]", .endsTooEarly),
      ("{\"us", .endsTooEarly),
      ("{\"users\":[{},]}", .unexpected), ("{\"users\":[],}", .unexpected), ("[1]x", .unexpected),
      ("{\"a\" 1}", .unexpected),
      ("{\"users\":[?]}", .unexpected), ("{1:2}", .unexpected),
    ])
  func problems(text: String, kind: JSONRecordSplitter.Problem.Kind) {
    let problem = #expect(throws: JSONRecordSplitter.Problem.self) { try Self.split(Array(text.utf8)) }
    #expect(problem?.kind == kind)
  }

  @Test("bombs are bounded: depth, a record without end, a key without end, a number without end")
  func bombs() {
    let inside = { (text: String) in Array("{\"users\":[\(text)".utf8) }
    let nested = inside(String(repeating: "[", count: 100_000))
    #expect(throws: JSONRecordSplitter.Problem(kind: .tooDeep, offset: 10 + JSONLimits.depth)) {
      try Self.split(nested)
    }
    for text in [
      String(repeating: "9", count: 100_000), "\"" + String(repeating: "x", count: 100_000),
      "{" + (0..<10_000).map { "\"k\($0)\":0" }.joined(separator: ","),
    ] {
      let problem = #expect(throws: JSONRecordSplitter.Problem.self) {
        try Self.split(inside(text), pieces: 256)
      }
      #expect(problem?.kind == .recordTooLong)
    }
    for text in [
      "{\"" + String(repeating: "k", count: 1_000), "{\"total\":" + String(repeating: "9", count: 1_000),
    ] {
      let problem = #expect(throws: JSONRecordSplitter.Problem.self) { try Self.split(Array(text.utf8)) }
      #expect(problem?.kind == .keyTooLong)
    }
  }

  @Test("values that nobody asked for are stepped over at any length")
  func skipped() throws {
    let long = "{\"junk\":[\(String(repeating: "1,", count: 200_000))1],\"users\":[{}]}"
    #expect(try Self.split(Array(long.utf8), pieces: 4_096).records == ["{}"])
  }

  @Test("whatever bytes come, splitting ends and the cut never matters: 5,000 mutations")
  func fuzz() {
    var random = SplitMix64(seed: 5)
    for _ in 0..<5_000 {
      var bytes = Array(Self.document.utf8)
      for _ in 0..<(1 + random.below(3)) {
        bytes[random.below(bytes.count)] = random.element(of: Array("{}[]\",:\\ 01nx<".utf8) + [0xff])
      }
      let whole = Result { try Self.split(bytes).records }
      let pieced = Result { try Self.split(bytes, pieces: 1 + random.below(9)).records }
      switch (whole, pieced) {
      case (.success(let left), .success(let right)): #expect(left == right)
      case (.failure(let left), .failure(let right)): #expect("\(left)" == "\(right)")
      default:
        Issue.record("the same document was accepted whole and refused in pieces, or the other way round")
      }
    }
  }
}

import Testing

@testable import Workstation

@Suite struct RegularExpressionTests {
  @Test(
    "an expression is found where Swift's own finds it",
    arguments: [
      "a", "^a", "a$", "^$", "a.c", "ab*c", "ab+c", "ab?c", "a|bc", "(a|b)c", "(?:ab)+", "[a-c]x", "[^a]b",
      "\\d+",
      "\\w\\s\\w", "\\D$", "a{2}", "a{2,}", "a{1,2}b", "^(a|b)*$", "\\.", "[.]", "x*", "(ab|a)(c|bcd)",
      "^[a-z]+-\\d{2,3}$", "a+?b", "",
    ])
  func agreement(_ pattern: String) throws {
    let subjects = [
      "", "a", "b", "A", "abc", "aac", "ac", "abbbc", "xbc", "AX", "ab", "bb", "12", "x y", "a.b", "aa",
      "aab", "]",
      "abcd", "long-123", "long-1", "éa", "AbAb",
    ]
    let own = try RegularExpression(pattern)
    let other = try Regex(pattern).ignoresCase()
    for subject in subjects {
      #expect(
        own.matches(subject) == (subject.firstMatch(of: other) != nil), "/\(pattern)/ in \"\(subject)\"")
    }
  }

  @Test(
    "what is no expression is refused",
    arguments: [
      "(", ")", "a)", "[a", "*a", "a**", "\\", "a{", "a{x}", "a{2,1}", "a{999}", "[z-a]", "(?=a)", "\\q",
    ])
  func refusals(_ pattern: String) {
    #expect(throws: FilterError.self) { try RegularExpression(pattern) }
  }

  @Test("patterns that take others exponential time end at once")
  func linear() throws {
    let subject = String(repeating: "a", count: 20_000) + "!"
    #expect(try !RegularExpression("^(a+)+$").matches(subject))
    #expect(try !RegularExpression("(a|aa)+$").matches(subject))
    #expect(try RegularExpression("(a*)*!").matches(subject))
    #expect(throws: FilterError.self) { try RegularExpression("((((a{100}){100}){100}){100}){100}") }
    #expect(throws: FilterError.self) { try RegularExpression(String(repeating: "(", count: 10_000)) }
  }

  @Test("case is ignored beyond ASCII too")
  func caseIgnored() throws {
    #expect(try RegularExpression("müLLER").matches("Herr Müller"))
    #expect(try RegularExpression("^ł").matches("Łukasz"))
  }
}

import Testing

@testable import Pipeline

@Suite("named binds")
struct NamedBindsTests {
  @Test(
    "a colon is a parameter only where SQL has one",
    arguments: [
      ("select :a, :b, :a", "select $1, $2, $1", ["a", "b"]),
      ("select x::text, 'a :b', \":c\"", "select x::text, 'a :b', \":c\"", []),
      ("select 1 -- :no\n, :yes", "select 1 -- :no\n, $1", ["yes"]),
      ("select /* :no /* :nor */ :this */ :yes", "select /* :no /* :nor */ :this */ $1", ["yes"]),
      ("select $$ :no $$, $x$ :no $$ $x$, :yes", "select $$ :no $$, $x$ :no $$ $x$, $1", ["yes"]),
      ("select 'it''s :no', :yes", "select 'it''s :no', $1", ["yes"]),
      ("select a[1:2], :_x1", "select a[1:2], $1", ["_x1"]),
      ("select ':unclosed", "select ':unclosed", []),
      ("select :é", "select $1", ["é"]),
      (":", ":", []),
    ] as [(String, String, [String])])
  func parsing(text: String, sql: String, names: [String]) {
    let binds = NamedBinds(text)
    #expect(binds.sql == sql)
    #expect(binds.names == names)
  }
}

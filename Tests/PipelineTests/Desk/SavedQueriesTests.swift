import Foundation
import TestSupport
import Testing

@testable import Pipeline

@Suite("Saved queries")
struct SavedQueriesTests {
  @Test("the comments at the top are title, description and parameters")
  func header() {
    let query = SavedQuery(
      name: "top",
      text: """
        -- Who are the top customers?
        -- Those who spent most.
        --
        -- In one country.
        -- :limit = 10 | how many
        -- :country | ISO code
        -- :unused = 1 | not in the statement

        select 1 -- not: a title
        where :country = 'x' limit :limit

        """)
    #expect(query.title == "Who are the top customers?")
    #expect(query.description == "Those who spent most. In one country.")
    #expect(query.sql == "select 1 -- not: a title\nwhere :country = 'x' limit :limit")
    #expect(
      query.parameters == [
        SavedQuery.Parameter(name: "country", defaultValue: nil, meaning: "ISO code"),
        SavedQuery.Parameter(name: "limit", defaultValue: "10", meaning: "how many"),
      ])
  }

  @Test("a file without comments is titled by its name, and its parameters are still found")
  func bare() {
    let query = SavedQuery(name: "mine", text: "select :a::text, 'b:c'\n")
    #expect(query.title == "mine")
    #expect(query.description == "")
    #expect(query.parameters == [SavedQuery.Parameter(name: "a", defaultValue: nil, meaning: "")])
  }

  @Test("an empty default is a value, not a missing one")
  func emptyDefault() {
    let query = SavedQuery(name: "a", text: "-- A\n-- :country = | all when empty\nselect :country")
    #expect(query.parameters[0].defaultValue == "")
  }

  @Test(
    "a comment that only looks like a parameter is part of the description",
    arguments: [": = 1 | x", ":a b", ":a b | c"])
  func noParameter(_ note: String) {
    let query = SavedQuery(name: "a", text: "-- A\n-- \(note)\nselect 1")
    #expect(query.description == note)
    #expect(query.parameters.isEmpty)
  }

  @Test("files without a statement or that are no text are left out")
  func folder() throws {
    let folder = NSTemporaryDirectory() + "riskdeck-saved-\(UUID().uuidString)"
    try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
    defer { try? FileManager.default.removeItem(atPath: folder) }
    let files = [
      "b.sql": "select 1", "a.sql": "-- A\nselect 2", "empty.sql": "-- nothing\n\n", "c.txt": "select 3",
    ]
    for (name, text) in files { try Data(text.utf8).write(to: URL(filePath: "\(folder)/\(name)")) }
    try Data([0xff, 0xfe]).write(to: URL(filePath: "\(folder)/bytes.sql"))
    #expect(SavedQueries(folder: folder).all().map(\.name) == ["a", "b"])
    #expect(SavedQueries(folder: folder + "/nowhere").all() == [])
    #expect(SavedQueries(folder: folder).query(named: "empty") == nil)
    #expect(SavedQueries(folder: folder).query(named: "../a") == nil)
  }

  @Test("every shipped query has a title, and every parameter a default and a meaning")
  func shipped() {
    let queries = SavedQueries(folder: Repository.path("queries/saved")).all()
    #expect(queries.count >= 20)
    for query in queries {
      #expect(query.title != query.name, "\(query.name)")
      for parameter in query.parameters {
        #expect(parameter.defaultValue != nil && parameter.meaning != "", "\(query.name): \(parameter.name)")
      }
    }
  }
}

import Foundation
import Testing

@testable import Pipeline

@Suite("Dashboard outlines")
struct DashboardOutlineTests {
  @Test("title and position are found without reading the file as YAML")
  func fields() {
    let outline = DashboardOutline(
      name: "countries",
      yaml: "# a note\nposition: 4.5 # last\ntitle: \"Countries: all\" # shown\ncards: []\n")
    #expect(outline.title == "Countries: all")
    #expect(outline.position == 4.5)
    let plain = DashboardOutline(
      name: "plain", yaml: "cards:\n  - title: not this\ntitle: Plain one # note\r\n")
    #expect(plain.title == "Plain one")
    #expect(plain.position == .infinity)
    #expect(DashboardOutline(name: "broken", yaml: ": [").title == "broken")
  }

  @Test("the outlines of the shipped dashboards say what their files say, in the same order")
  func shipped() throws {
    let folder = FileManager.default.currentDirectoryPath + "/queries/dashboards"
    let read = try DashboardFiles.read(at: folder).dashboards
    let outlines = DashboardOutline.all(at: folder)
    #expect(outlines.map(\.name) == read.map(\.name))
    #expect(outlines.map(\.title) == read.map(\.title))
    #expect(DashboardOutline.all(at: folder + "/none").isEmpty)
  }
}

import Foundation
import TestSupport
import Testing

/// From a run that fails to the rows that broke it and to running again, in the real program on a real pty.
@Suite("the Pipeline screen on a pty", .serialized)
struct PipelineOnPtyTests {
  @Test("a run is started, its log searched, the failing rows found, and it is run again from a task")
  func repair() async throws {
    let workstation = try await PreparedWorkstation.make("pipeline_on_pty")
    let project = workstation.folder + "/project"
    let files = FileManager.default
    try files.createDirectory(atPath: project, withIntermediateDirectories: true)
    defer { try? files.removeItem(atPath: workstation.folder) }
    for folder in ["queries", "themes"] {
      try files.copyItem(atPath: Repository.path(folder), toPath: project + "/" + folder)
    }
    let test = project + "/queries/tests/nobody_is_here.sql"
    try "select customer_id, full_name, total_spent from {{ ref('customer_segmentation') }}\n".write(
      toFile: test, atomically: true, encoding: .utf8)
    let program = try workstation.open(environment: ["RISKDECK_PROJECT_DIR": project])
    try #require(program.wait(for: "Run 1"))
    program.send("r")
    try #require(program.wait(for: "Run the pipeline"))
    program.send("y")
    try #require(program.wait { $0.text.contains("Run 2") && $0.text.contains("failed,") })
    // The log over the whole screen, searched.
    program.send("L")
    try #require(program.wait(for: "Log of run 2"))
    try #require(program.wait(for: "data tests failed"))
    program.send("/high_value_customers\r")
    try #require(program.wait(for: "high_value_customers: INSERT"))
    program.send("nL")
    // The test that failed is the first, its rows one key away.
    program.send("\t\t")
    try #require(program.wait(for: "nobody_is_here"))
    program.send("\r")
    try #require(
      program.wait { $0.text.contains("Spent") && $0.text.contains("1 of 300") }, "\(program.screen.text)")
    program.send("\u{1B}")
    try #require(program.wait(for: "Data tests"))
    // The mended test lets a run from a task on publish.
    try "select 1 as one where false\n".write(toFile: test, atomically: true, encoding: .utf8)
    program.send("[[/score\r")
    program.send("R")
    try #require(program.wait(for: "Runs 5 of 14 tasks: score, build-marts, test-marts, publish,"))
    program.send("y")
    try #require(program.wait { $0.text.contains("Run 3") && $0.text.contains("success,") })
    program.send("q")
    #expect(program.waitForEnd() == .exited(0))
    #expect(program.leftChanged.isEmpty)
  }
}

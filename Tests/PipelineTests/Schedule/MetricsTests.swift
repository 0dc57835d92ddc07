import Foundation
import TestSupport
import Testing

@testable import Pipeline

/// A strict reader of the text form, as far as gauges go.
struct OpenMetricsText {
  struct SyntaxError: Error { let line: String }

  private(set) var samples: [String: [[String: String]: Double]] = [:]
  private(set) var types: [String: String] = [:]

  init(_ text: String) throws {
    guard text.hasSuffix("\n# EOF\n") || text == "# EOF\n" else { throw SyntaxError(line: "the end") }
    var current: String?
    for line in text.dropLast().split(separator: "\n", omittingEmptySubsequences: false).dropLast() {
      let words = line.split(separator: " ", maxSplits: 3)
      if line.hasPrefix("# HELP ") {
        guard words.count == 4 else { throw SyntaxError(line: String(line)) }
        current = String(words[2])
      } else if line.hasPrefix("# TYPE ") {
        guard words.count == 4, current == String(words[2]),
          types.updateValue(String(words[3]), forKey: String(words[2])) == nil
        else { throw SyntaxError(line: String(line)) }
      } else {
        let (name, labels, value) = try Self.sample(line)
        guard name == current, types[name] == "gauge",
          samples[name, default: [:]].updateValue(value, forKey: labels) == nil
        else { throw SyntaxError(line: String(line)) }
      }
    }
  }

  private static func sample(_ line: Substring) throws -> (String, [String: String], Double) {
    let failure = SyntaxError(line: String(line))
    var rest = line
    let name = rest.prefix { $0.isASCII && ($0.isLetter || $0.isNumber) || $0 == "_" }
    rest = rest.dropFirst(name.count)
    var labels: [String: String] = [:]
    if rest.first == "{" {
      repeat {
        rest = rest.dropFirst()
        let label = rest.prefix { $0.isASCII && ($0.isLetter || $0.isNumber) || $0 == "_" }
        rest = rest.dropFirst(label.count)
        guard !label.isEmpty, rest.hasPrefix("=\"") else { throw failure }
        rest = rest.dropFirst(2)
        var value = ""
        while let character = rest.popFirst(), character != "\"" {
          guard character == "\\" else {
            value.append(character)
            continue
          }
          switch rest.popFirst() {
          case "n": value += "\n"
          case "\\": value += "\\"
          case "\"": value += "\""
          default: throw failure
          }
        }
        guard labels.updateValue(value, forKey: String(label)) == nil else { throw failure }
      } while rest.first == ","
      guard rest.popFirst() == "}" else { throw failure }
    }
    guard !name.isEmpty, rest.popFirst() == " ", let value = Double(rest) else { throw failure }
    return (String(name), labels, value)
  }
}

@Suite("Metrics")
struct MetricsTests {
  @Test("a full document reads back with every number, whatever the names hold")
  func document() throws {
    let task = TaskReport(
      task: "load", attempt: 1, state: .success, startedAt: 1_000, endedAt: 1_002.5, rowsIn: 10, rowsOut: 9,
      rowsExpected: nil, message: nil)
    let tests = ["pass", "pass", "fail"].enumerated().map {
      TestReport(test: "t\($0)", node: nil, layer: "marts", status: $1, failures: 0, message: nil)
    }
    let name = "odd \"name\" \\ of\ntwo lines"
    let schedule = Schedule(
      id: 1, name: name, expression: try CronExpression("0 6 * * *"), clock: try ZoneClock("UTC"),
      catchUp: .one,
      source: "demo", arguments: [], isPaused: false, handledUntil: 0,
      last: ScheduledRun(dueAt: 0, state: .failed, runID: 1, startedAt: 0, endedAt: 1, message: nil))
    let data = Publication(
      runID: 6, publishedAt: 500, source: "demo", hasSyntheticTimes: false, isMasked: true)
    let text = Metrics.document(
      version: "0.1.0", run: SchedulesTests.run(.failed, tasks: [task], tests: tests), lastSuccess: 600,
      publication: data, levels: try ServiceLevels(runSeconds: 50, dataHours: 1), schedules: [schedule],
      now: 2_000)
    let read = try OpenMetricsText(text)
    #expect(read.samples["riskdeck_build_info"] == [["version": "0.1.0"]: 1])
    #expect(read.samples["riskdeck_last_run"] == [[:]: 7])
    #expect(read.samples["riskdeck_last_run_state"]?[["state": "failed"]] == 1)
    #expect(read.samples["riskdeck_last_run_state"]?.values.reduce(0, +) == 1)
    #expect(read.samples["riskdeck_last_run_duration_seconds"] == [[:]: 100])
    #expect(read.samples["riskdeck_task_duration_seconds"] == [["task": "load"]: 2.5])
    #expect(read.samples["riskdeck_task_rows"]?[["task": "load", "direction": "out"]] == 9)
    #expect(read.samples["riskdeck_data_tests"]?[["status": "pass"]] == 2)
    #expect(read.samples["riskdeck_data_tests"]?[["status": "error"]] == 0)
    #expect(read.samples["riskdeck_published_age_seconds"] == [[:]: 1_500])
    #expect(read.samples["riskdeck_run_late"] == [[:]: 1])
    #expect(read.samples["riskdeck_data_late"] == [[:]: 0])
    #expect(read.samples["riskdeck_last_success_timestamp_seconds"] == [[:]: 600])
    #expect(read.samples["riskdeck_schedule_next_timestamp_seconds"] == [["schedule": name]: 21_600])
    #expect(read.samples["riskdeck_schedule_last_state"]?[["schedule": name, "state": "failed"]] == 1)
  }

  @Test("an empty database has a document of what is known")
  func empty() async throws {
    try await TestCluster.withSchema { connection, _ in
      let text = try await Metrics.document(version: "1", now: 0, on: connection)
      #expect(try OpenMetricsText(text).samples.keys.sorted() == ["riskdeck_build_info"])
    }
  }

  @Test("a file is replaced whole, and stays as it was where it cannot be")
  func file() throws {
    let folder = try ScratchFolder()
    defer { folder.remove() }
    let path = folder.path + "/riskdeck.prom"
    try Metrics.write("old\n", to: path)
    try Metrics.write("new\n", to: path)
    #expect(try String(contentsOfFile: path, encoding: .utf8) == "new\n")
    #expect(try FileManager.default.contentsOfDirectory(atPath: folder.path) == ["riskdeck.prom"])
    let permissions = try FileManager.default.attributesOfItem(atPath: path)[.posixPermissions] as? Int
    #expect((permissions ?? 0) & 0o444 == 0o444)
    #expect(throws: PrivacyError.self) { try Metrics.write("x", to: folder.path + "/missing/riskdeck.prom") }
    // A folder stands in its place.
    try FileManager.default.createDirectory(
      atPath: folder.path + "/taken.prom/inside", withIntermediateDirectories: true)
    #expect(throws: PrivacyError.self) { try Metrics.write("x", to: folder.path + "/taken.prom") }
    #expect(
      try FileManager.default.contentsOfDirectory(atPath: folder.path).sorted() == [
        "riskdeck.prom", "taken.prom",
      ])
  }
}

import Foundation
import Glibc
import Postgres
import TestSupport
import Testing

/// Every file the program writes: closed to others whatever the umask, and never through a link that somebody planted.
@Suite("files the program writes")
struct WrittenFilesTests {
  private struct Place {
    let folder: String
    let database: String

    /// Environment of a program whose every folder is below this one.
    var environment: [String: String] {
      [
        "HOME": folder, "RISKDECK_DATA_DIR": folder + "/data", "XDG_STATE_HOME": folder + "/state",
        "MASKING_SALT": "",
      ]
    }

    /// The commands that write files, each with the names it writes below the folder.
    var commands: [(words: [String], input: String?, files: [String])] {
      let out = folder + "/out"
      return [
        (["run", "--source", "demo", "--customers", "60"], nil, ["data/masking.key"]),
        (
          ["connection", "add", "work", database, "--password-stdin"], "secret\n",
          ["data/connections.json", "data/fernet.key"]
        ),
        (["connection", "rotate"], nil, ["data/connections.json", "data/fernet.key"]),
        (["export", "--table", "customer_segmentation", "--out", out + "/t.csv"], nil, ["out/t.csv"]),
        (["export", "--card", "fraud/top_risk_customers", "--out", out + "/c.json"], nil, ["out/c.json"]),
        (["export", "--query", "select 1 as x", "--out", out + "/q.md"], nil, ["out/q.md"]),
        (
          ["export", "--dashboard", "vip", "--out", out + "/d.csv"], nil,
          ["out/d-revenue_at_risk.csv"]
        ),
        (["report", "--dashboard", "fraud", "--out", out + "/r.html"], nil, ["out/r.html"]),
        (
          ["build", "--target-path", folder + "/target"], nil,
          ["target/manifest.json", "target/run_results.json"]
        ),
        (["metrics", "--output", out + "/riskdeck.prom"], nil, ["out/riskdeck.prom"]),
        (["risk", "fit", "--out", out + "/reference.yml"], nil, ["out/reference.yml"]),
        (
          [
            "score", "--source", "files:\(folder)/events", "--out", out + "/s.csv", "--days",
            out + "/days.csv",
            "--customers", out + "/people.csv",
          ], nil, ["out/s.csv", "out/days.csv", "out/people.csv"]
        ),
      ]
    }
  }

  private static func with(_ body: (Place) throws -> Void) async throws {
    let folder = "/tmp/riskdeck-written-\(UUID().uuidString)"
    for name in ["/out", "/events"] {
      try FileManager.default.createDirectory(atPath: folder + name, withIntermediateDirectories: true)
    }
    defer { try? FileManager.default.removeItem(atPath: folder) }
    try Data(
      """
      time_zone: UTC
      events:
        file: events.csv
        id: number
        time: at
        time_format: unix_seconds
        customer: customer
        amount: amount

      """.utf8
    ).write(to: URL(filePath: folder + "/events/mapping.yml"))
    let events = (0..<50).map { "\($0),\(1_700_000_000 + $0 * 3_600),\($0 % 5 + 1),\(10 + $0)\n" }.joined()
    try Data(("number,at,customer,amount\n" + events).utf8).write(
      to: URL(filePath: folder + "/events/events.csv"))
    try await TestCluster.withDatabase { try body(Place(folder: folder, database: $0)) }
  }

  /// Whatever stands below a folder, but for what the test put there.
  private static func written(_ folder: String) throws -> [(name: String, status: stat)] {
    try FileManager.default.subpathsOfDirectory(atPath: folder).filter { !$0.hasPrefix("events") }.sorted()
      .map {
        var status = stat()
        lstat(folder + "/" + $0, &status)
        return ($0, status)
      }
  }

  @Test(
    "each is its owner's alone and nothing lies beside it, whatever the umask",
    arguments: ["000", "027", "777"])
  func modes(umask: String) async throws {
    try await Self.with { place in
      for command in place.commands {
        let answer = try CommandTests.riskdeck(
          command.words, database: place.database, environment: place.environment, input: command.input,
          after: "umask \(umask)")
        #expect(answer.status == 0, "\(command.words): \(answer.errors)")
      }
      let found = try Self.written(place.folder)
      for (name, status) in found where name != "out" {
        let mode = status.st_mode & 0o7777
        if status.st_mode & S_IFMT == S_IFDIR {
          #expect(mode == (name == "data" ? 0o711 : 0o700), "\(name): \(String(mode, radix: 8))")
        } else {
          // What a collector of another account reads.
          #expect(mode == (name.hasSuffix(".prom") ? 0o644 : 0o600), "\(name): \(String(mode, radix: 8))")
        }
        #expect(!name.contains(".part") && !name.contains(".tmp"), "\(name)")
      }
      let names = Set(found.map(\.name))
      for name in place.commands.flatMap(\.files) { #expect(names.contains(name), "\(name)") }
    }
  }

  @Test("a link planted at the name, or at a name made of it and the process id, is never written through")
  func links() async throws {
    try await Self.with { place in
      let victim = place.folder + "/events/victim"
      try Data("precious".utf8).write(to: URL(filePath: victim))
      for command in place.commands {
        // Keys and connections are read as well: a link in their place is refused, not replaced.
        let isSecret = command.files.contains { $0.hasPrefix("data/") }
        var plant = ""
        for file in command.files {
          let path = "\(place.folder)/\(file)"
          let (above, name) = (
            (path as NSString).deletingLastPathComponent, (path as NSString).lastPathComponent
          )
          plant += "mkdir -p -m 700 '\(above)'; "
          if !isSecret { plant += "ln -sf '\(victim)' '\(path)'; " }
          for guess in ["\(path).$$", "\(path).$$.tmp", "\(above)/.\(name).$$.tmp", "\(path).tmp"] {
            plant += "ln -sf '\(victim)' \"\(guess)\"; "
          }
        }
        let answer = try CommandTests.riskdeck(
          command.words, database: place.database, environment: place.environment, input: command.input,
          after: plant + "true")
        #expect(answer.status == 0, "\(command.words): \(answer.errors)")
        #expect(try String(contentsOfFile: victim, encoding: .utf8) == "precious", "\(command.words)")
        for file in command.files {
          var status = stat()
          lstat(place.folder + "/" + file, &status)
          #expect(status.st_mode & S_IFMT == S_IFREG, "\(file)")
        }
      }
      for name in ["masking.key", "connections.json", "fernet.key"] {
        let path = place.folder + "/data/" + name
        unlink(path)
        symlink(victim, path)
        let words = name == "masking.key" ? ["run"] : ["connection", "rotate"]
        let answer = try CommandTests.riskdeck(
          words, database: place.database, environment: place.environment)
        #expect(answer.status == 78 && answer.errors.contains(name), "\(name): \(answer.errors)")
        #expect(try String(contentsOfFile: victim, encoding: .utf8) == "precious", "\(name)")
        unlink(path)
      }
    }
  }

  @Test("what the workstation remembers and its runs' log are closed and no link's, whatever the umask")
  func workstation() async throws {
    let workstation = try await PreparedWorkstation.make("workstation_files")
    defer { try? FileManager.default.removeItem(atPath: workstation.folder) }
    let state = workstation.folder + "/state/riskdeck"
    let victim = workstation.folder + "/victim"
    try Data("precious".utf8).write(to: URL(filePath: victim))
    let plant = ["workstation.json", "queries.json"].map {
      "ln -sf '\(victim)' '\(state)/\($0)'; ln -sf '\(victim)' \"\(state)/\($0).$$\"; "
    }.joined()
    let program = try PtyProgram(
      "/bin/sh",
      [
        "-c",
        "umask 000; mkdir -p -m 700 '\(state)'; \(plant) cd '\(workstation.folder)'; exec \"$0\" --screen query",
        PreparedWorkstation.executable,
      ], width: 120, height: 36, environment: workstation.environment)
    try #require(program.wait(for: "Query"))
    program.send("select 4711 as n")
    program.settle()
    program.send("\u{12}")
    try #require(program.wait { $0.text.contains("4,711") || $0.text.contains("4711 ") })
    program.send("\u{1B}")
    program.settle()
    program.send("1")
    try #require(program.wait(for: "Data tests"))
    program.send("r")
    program.settle()
    program.send("y")
    #expect(
      program.wait { _ in (try? FileManager.default.attributesOfItem(atPath: state + "/run.log")) != nil })
    program.send("q")
    _ = program.waitForEnd()
    let log = try workstation.run(["audit", "--action", "sign in", "--json"])
    #expect(log.contains("\"subject\": \"workstation\""), "\(log)")
    #expect(try String(contentsOfFile: victim, encoding: .utf8) == "precious")
    for name in ["workstation.json", "queries.json", "run.log"] {
      var status = stat()
      #expect(lstat(state + "/" + name, &status) == 0, "\(name)")
      #expect(status.st_mode == S_IFREG | 0o600, "\(name): \(String(status.st_mode, radix: 8))")
    }
  }
}

import Foundation
import Testing

@testable import Pipeline

@Suite("Export files")
struct ExportFileTests {
  private func withFolder(_ body: (String) throws -> Void) throws {
    let folder = NSTemporaryDirectory() + "riskdeck-export-\(UUID().uuidString)"
    try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
    defer { try? FileManager.default.removeItem(atPath: folder) }
    try body(folder)
  }

  private func names(_ folder: String) throws -> [String] {
    try FileManager.default.contentsOfDirectory(atPath: folder).sorted()
  }

  private func content(_ path: String) -> String? {
    FileManager.default.contents(atPath: path).map { String(decoding: $0, as: UTF8.self) }
  }

  @Test("the file is there once it is whole, for its owner alone")
  func whole() throws {
    try withFolder { folder in
      let file = try ExportFile(folder + "/a.csv")
      try file.write("one\n")
      #expect(try names(folder) == [])
      try file.write("two\n")
      try file.finish()
      #expect(file.bytes == 8)
      #expect(try names(folder) == ["a.csv"])
      #expect(content(folder + "/a.csv") == "one\ntwo\n")
      let mode =
        try FileManager.default.attributesOfItem(atPath: folder + "/a.csv")[.posixPermissions] as? Int
      #expect((mode ?? 0) & 0o177 == 0)
    }
  }

  @Test("a failure leaves the older file and nothing else")
  func failure() throws {
    try withFolder { folder in
      try Data("old".utf8).write(to: URL(filePath: folder + "/a.csv"))
      do {
        let file = try ExportFile(folder + "/a.csv")
        try file.write("half")
      }
      #expect(try names(folder) == ["a.csv"])
      #expect(content(folder + "/a.csv") == "old")
    }
  }

  @Test("a symbolic link is replaced, what it points to stays")
  func link() throws {
    try withFolder { folder in
      try Data("precious".utf8).write(to: URL(filePath: folder + "/target"))
      try FileManager.default.createSymbolicLink(
        atPath: folder + "/a.csv", withDestinationPath: folder + "/target")
      let file = try ExportFile(folder + "/a.csv")
      try file.write("new")
      try file.finish()
      #expect(content(folder + "/target") == "precious")
      #expect(content(folder + "/a.csv") == "new")
      let type =
        try FileManager.default.attributesOfItem(atPath: folder + "/a.csv")[.type] as? FileAttributeType
      #expect(type == .typeRegular)
    }
  }

  @Test("a folder, a missing folder and an empty name are refused in one line")
  func refused() throws {
    try withFolder { folder in
      for path: String in [folder, folder + "/", folder + "/none/a.csv", ""] {
        do {
          let file = try ExportFile(path)
          Issue.record("\(file.path) was opened")
        } catch {
          #expect(!"\(error)".contains("\n"))
        }
      }
      let left = try names(folder)
      #expect(left == [])
    }
  }
}

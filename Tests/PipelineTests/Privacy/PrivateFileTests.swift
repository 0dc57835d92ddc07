import Foundation
import Testing

@testable import Pipeline

@Suite("private files")
struct PrivateFileTests {
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
      let file = try PrivateFile(folder + "/a.csv")
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
        let file = try PrivateFile(folder + "/a.csv")
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
      let file = try PrivateFile(folder + "/a.csv")
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
          let file = try PrivateFile(path)
          Issue.record("\(file.path) was opened")
        } catch {
          #expect(!"\(error)".contains("\n"))
        }
      }
      let left = try names(folder)
      #expect(left == [])
    }
  }

  @Test("of several files none gets its name before all are written")
  func several() throws {
    try withFolder { folder in
      try Data("old".utf8).write(to: URL(filePath: folder + "/a.csv"))
      #expect(throws: PrivacyError.self) {
        try PrivateFile.replace([(folder + "/a.csv", "new"), (folder + "/none/b.csv", "new")])
      }
      #expect(content(folder + "/a.csv") == "old")
      try PrivateFile.replace([(folder + "/a.csv", "new"), (folder + "/b.csv", "other")])
      #expect(content(folder + "/a.csv") == "new" && content(folder + "/b.csv") == "other")
      #expect(try names(folder) == ["a.csv", "b.csv"])
    }
  }

  @Test("a device and a pipe keep their place and get what is written; a folder's name is refused")
  func inPlace() throws {
    try withFolder { folder in
      let nothing = try PrivateFile("/dev/null")
      try nothing.write("gone")
      try nothing.finish()
      var status = stat()
      #expect(lstat("/dev/null", &status) == 0 && status.st_mode & S_IFMT == S_IFCHR)

      let pipe = folder + "/pipe"
      #expect(mkfifo(pipe, 0o600) == 0)
      let reader = open(pipe, O_RDONLY | O_NONBLOCK)
      defer { close(reader) }
      try PrivateFile.replace([(pipe, "through")])
      var bytes = [UInt8](repeating: 0, count: 20)
      let count = read(reader, &bytes, bytes.count)
      #expect(String(decoding: bytes.prefix(max(0, count)), as: UTF8.self) == "through")
      #expect(lstat(pipe, &status) == 0 && status.st_mode & S_IFMT == S_IFIFO)
    }
  }

  @Test("a pipe that somebody else planted under the name is refused", .enabled(if: geteuid() == 0))
  func plantedPipe() throws {
    try withFolder { folder in
      #expect(mkfifo(folder + "/a.csv", 0o666) == 0 && chown(folder + "/a.csv", 65_534, 65_534) == 0)
      #expect(throws: PrivacyError.self) { try PrivateFile.replace([(folder + "/a.csv", "secret")]) }
    }
  }

  @Test("what is read is a plain file of one's own: no link, no pipe, no file of somebody else")
  func reading() throws {
    try withFolder { folder in
      let path = folder + "/a"
      #expect(try PrivateFile.read(path) == nil)
      try PrivateFile.replace(path, Array("one two".utf8))
      #expect(try PrivateFile.read(path) == Array("one two".utf8))
      #expect(try PrivateFile.read(path, from: 4) == Array("two".utf8))
      #expect(try PrivateFile.read(path, from: 99) == [])
      chmod(path, 0o644)
      #expect(throws: PrivacyError.self) { try PrivateFile.read(path) }
      #expect(try PrivateFile.read(path, isSecret: false) == Array("one two".utf8))
      symlink(path, folder + "/link")
      mkfifo(folder + "/pipe", 0o600)
      for other in ["/link", "/pipe", ""] {
        #expect(throws: PrivacyError.self) { try PrivateFile.read(folder + other, isSecret: false) }
      }
      if geteuid() == 0 {
        chown(path, 65_534, 65_534)
        #expect(throws: PrivacyError.self) { try PrivateFile.read(path, isSecret: false) }
      }
      try PrivateFile.replace(path, [UInt8](repeating: 0, count: 1_100_000))
      #expect(throws: PrivacyError.self) { try PrivateFile.read(path) }
    }
  }

  @Test("folders are made closed; those that are there stay as they are; a file in their place is refused")
  func folders() throws {
    try withFolder { folder in
      chmod(folder, 0o755)
      try PrivateFile.makeFolder(folder + "/a/b")
      try PrivateFile.makeFolder(folder + "/a/b")
      try PrivateFile.makeFolder(folder + "/c", mode: 0o711)
      var status = stat()
      for (name, mode): (String, mode_t) in [("", 0o755), ("/a", 0o700), ("/a/b", 0o700), ("/c", 0o711)] {
        #expect(stat(folder + name, &status) == 0 && status.st_mode & 0o7777 == mode, "\(name)")
      }
      try PrivateFile.replace(folder + "/file", [])
      for name in ["/file", "/file/x"] {
        #expect(throws: PrivacyError.self) { try PrivateFile.makeFolder(folder + name) }
      }
    }
  }
}

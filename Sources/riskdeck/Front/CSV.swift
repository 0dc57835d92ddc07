import Foundation
import Glibc
import Pipeline
import Workstation

/// Comma-separated values after RFC 4180. A text that a spreadsheet would take for a formula gets an apostrophe first.
enum CSV {
  static func header(_ columns: [ValueColumn]) -> String {
    columns.map { field($0.name, isText: true) }.joined(separator: ",") + "\r\n"
  }

  static func line(_ row: [Value], _ columns: [ValueColumn]) -> String {
    zip(row, columns).map { value, column in
      if column.kind == .timestamp, let seconds = value.number { return RunReportText.utc(seconds) }
      return field(value.plainText ?? "", isText: column.kind == .text)
    }.joined(separator: ",") + "\r\n"
  }

  private static func field(_ text: String, isText: Bool) -> String {
    let isFormula =
      isText && (text.unicodeScalars.first.map { "=+-@\t\r".unicodeScalars.contains($0) } ?? false)
    let safe = isFormula ? "'" + text : text
    let needsQuotes = safe.unicodeScalars.contains { ",\"\n\r".unicodeScalars.contains($0) }
    return needsQuotes ? "\"" + safe.replacing("\"", with: "\"\"") + "\"" : safe
  }
}

/// A new file in the working folder that appears under its name once it is whole.
struct ExportFile {
  let path: String
  private let temporary: String
  private let handle: FileHandle

  /// - Throws: ``ConfigurationError`` where the folder cannot be written to.
  init(name: String) throws {
    let safe = name.map { $0.isASCII && ($0.isLetter || $0.isNumber) ? $0 : "-" }
    let stamp = RunReportText.utc(Date().timeIntervalSince1970).filter(\.isNumber)
    path = FileManager.default.currentDirectoryPath + "/riskdeck-\(String(safe))-\(stamp).csv"
    temporary = path + ".part"
    let descriptor = open(temporary, O_WRONLY | O_CREAT | O_TRUNC | O_NOFOLLOW | O_CLOEXEC, 0o600)
    guard descriptor >= 0 else {
      throw Pipeline.ConfigurationError(
        "\(temporary) could not be written: \(String(cString: strerror(errno)))")
    }
    handle = FileHandle(fileDescriptor: descriptor, closeOnDealloc: true)
  }

  func write(_ text: String) throws {
    try handle.write(contentsOf: Data(text.utf8))
  }

  func finish() throws {
    try handle.close()
    guard rename(temporary, path) == 0 else {
      throw Pipeline.ConfigurationError("\(path) could not be written: \(String(cString: strerror(errno)))")
    }
  }
}

import Foundation
import Testing

@testable import Workstation

/// Prints screens for people who work on their look: `RISKDECK_LOOK="fraud 160x48 3 Enter" swift test --filter Look`;
/// RISKDECK_LOOK_SVG names a folder for pictures of them, RISKDECK_LOOK_THEME their theme.
@Suite struct LookTests {
  @Test("a screen named in the environment is printed")
  func look() throws {
    guard let wanted = ProcessInfo.processInfo.environment["RISKDECK_LOOK"] else { return }
    for line in wanted.split(separator: ";") {
      let words = line.split(separator: " ", maxSplits: 2).map(String.init)
      let size = words[1].split(separator: "x").compactMap { Int($0) }
      var session = try Session(
        words[0], size: Size(width: size[0], height: size[1]),
        setup: Fixtures.setup(
          theme: ProcessInfo.processInfo.environment["RISKDECK_LOOK_THEME"] ?? "dark",
          isASCII: ProcessInfo.processInfo.environment["RISKDECK_LOOK_ASCII"] != nil))
      if words.count > 2 { try session.press(words[2]) }
      print(session.text)
      if let folder = ProcessInfo.processInfo.environment["RISKDECK_LOOK_SVG"] {
        let file = URL(filePath: folder).appending(path: "\(words[0]).svg")
        try svg(session.state, session.state.size).write(to: file, atomically: true, encoding: .utf8)
      }
    }
  }
}

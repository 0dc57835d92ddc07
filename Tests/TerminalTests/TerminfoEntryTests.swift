import Foundation
import Testing

@testable import Terminal

@Suite("Terminfo entry")
struct TerminfoEntryTests {
  @Test("a compiled description is read and written again with 24-bit colours")
  func directColors() throws {
    var entry = try #require(TerminfoEntry.find("xterm-256color", environment: [:]))
    entry.addDirectColors()
    let again = try #require(TerminfoEntry(entry.compiled))
    #expect(again.compiled == entry.compiled)
    #expect(entry.environmentValue.hasPrefix("hex:1e02"))
    #expect(String(decoding: entry.compiled, as: UTF8.self).contains("38;2;"))
  }

  @Test("what is no description is refused", arguments: [0, 1, 11, 12, 40, 200])
  func cut(length: Int) throws {
    let entry = try #require(TerminfoEntry.find("xterm-256color", environment: [:]))
    #expect(TerminfoEntry(Array(entry.compiled.prefix(length))) == nil)
    #expect(TerminfoEntry(Array(repeating: 0xFF, count: length)) == nil)
  }

  @Test("any damage is refused or read, never a crash")
  func damaged() throws {
    let bytes = try #require(TerminfoEntry.find("xterm-256color", environment: [:])).compiled
    for index in stride(from: 0, to: bytes.count, by: 5) {
      var damaged = bytes
      damaged[index] ^= 0xFF
      _ = TerminfoEntry(damaged)?.compiled
    }
  }

  @Test("a name is no path")
  func names() {
    #expect(TerminfoEntry.find("../../etc/passwd", environment: [:]) == nil)
    #expect(TerminfoEntry.find("", environment: [:]) == nil)
    #expect(TerminfoEntry.find("no-such-terminal", environment: [:]) == nil)
  }
}

@Suite("Event queue")
struct EventQueueTests {
  @Test("events of many threads all arrive, each thread's in its order")
  func threads() async throws {
    let queue = try EventQueue<[Int]>()
    await withTaskGroup(of: Void.self) { group in
      for thread in 0..<8 {
        group.addTask { for number in 0..<1_000 { queue.post([thread, number]) } }
      }
    }
    let events = queue.takeAll()
    #expect(events.count == 8_000)
    for thread in 0..<8 {
      #expect(events.filter { $0[0] == thread }.map { $0[1] } == Array(0..<1_000))
    }
    #expect(queue.takeAll().isEmpty)
  }

  @Test("after its end a queue drops what comes")
  func finished() throws {
    let queue = try EventQueue<Int>()
    queue.post(1)
    queue.finish()
    queue.post(2)
    #expect(queue.takeAll().isEmpty)
  }
}

import Foundation
import Postgres
import TestSupport
import Testing

@testable import Pipeline

@Suite("connections of a workstation")
struct DeskConnectionsTests {
  @Test("a cancel is sent again until it hits one of a question's short statements")
  func cancelBetweenStatements() async throws {
    try await TestCluster.withDatabase { url in
      let connections = DeskConnections(database: url, most: 1)
      let question = Task {
        try await connections.answer(1) { connection in
          while true {
            try await connection.execute("select pg_sleep(.002)")
            try await Task.sleep(for: .milliseconds(5))
          }
        }
      }
      while await !connections.isRunning(1) { try await Task.sleep(for: .milliseconds(5)) }
      await connections.cancel(1)
      let error = await #expect(throws: PostgresError.self) { try await question.value }
      #expect(error?.code == .cancelled)
      let after = try await connections.answer(2) { try await $0.query("select 2").first?[0] }
      #expect(after == "2")
      await connections.close()
    }
  }

  @Test("a question that waits for a connection is kept from starting")
  func cancelWaiting() async throws {
    try await TestCluster.withDatabase { url in
      let connections = DeskConnections(database: url, most: 1)
      let slow = Task {
        try await connections.answer(1) { try await $0.query("select pg_sleep(50)").rowCount }
      }
      while await !connections.isRunning(1) { try await Task.sleep(for: .milliseconds(5)) }
      let waiting = Task { try await connections.answer(2) { _ in Issue.record("it started") } }
      while await !connections.isAsked(2) { try await Task.sleep(for: .milliseconds(5)) }
      let cancelled = Task { await connections.cancel(2) }
      await connections.cancel(1)
      for error in [
        await #expect(throws: PostgresError.self) { _ = try await slow.value },
        await #expect(throws: PostgresError.self) { try await waiting.value },
      ] {
        #expect(error?.code == .cancelled)
      }
      await cancelled.value
      await connections.close()
    }
  }

  @Test("a lost connection is replaced with the next question")
  func lostConnection() async throws {
    try await TestCluster.withDatabase { url in
      let connections = DeskConnections(database: url, most: 1)
      await #expect(throws: PostgresError.self) {
        try await connections.answer(1) {
          _ = try await $0.query("select pg_terminate_backend(pg_backend_pid())")
        }
      }
      let after = try await connections.answer(2) { try await $0.query("select 2").first?[0] }
      #expect(after == "2")
      await connections.close()
    }
  }

  @Test("connections that the server ended while they were at rest are replaced unnoticed")
  func endedAtRest() async throws {
    try await TestCluster.withDatabase { url in
      let connections = DeskConnections(database: url, most: 2)
      async let first = connections.answer(1) { try await $0.query("select pg_sleep(.2)").rowCount }
      async let second = connections.answer(2) { try await $0.query("select pg_sleep(.2)").rowCount }
      #expect(try await first + second == 2)
      let administrator = try await Connection.open(url, applicationName: "administrator")
      let ended = try await administrator.query(
        """
        select pg_terminate_backend(pid, 5000) from pg_stat_activity
        where datname = current_database() and application_name = 'riskdeck workstation'
        """)
      #expect(ended.rows.map { $0[0] } == ["t", "t"])
      for question in 3...5 {
        #expect(try await connections.answer(question) { try await $0.query("select 3").first?[0] } == "3")
      }
      await administrator.close()
      await connections.close()
    }
  }
}

import Foundation

/// Sends one message to one hook, trying again where that may help.
struct HookDelivery: Sendable {
  let hook: Hook
  /// One line of JSON.
  let payload: String
  let event: HookEvent.Kind
  /// The value of an environment variable.
  var variable: @Sendable (String) -> String? = { ProcessInfo.processInfo.environment[$0] }
  /// Waits the given number of seconds; throws when cancelled.
  var sleep: @Sendable (Double) async throws -> Void = { try await Task.sleep(for: .seconds($0)) }

  struct Outcome: Sendable, Hashable {
    let attempts: Int
    /// Why it failed, for people; nil: it was delivered. Never holds an address or a header's value.
    let problem: String?
  }

  private struct Problem: Error {
    let text: String
    let isTransient: Bool
    var retryAfter: Double?
  }

  func send() async -> Outcome {
    var attempt = 1
    while true {
      do {
        try await trySending()
        return Outcome(attempts: attempt, problem: nil)
      } catch let problem as Problem {
        guard problem.isTransient, attempt < hook.attempts else {
          return Outcome(attempts: attempt, problem: problem.text)
        }
        // A server that asks for a longer pause than this is tried again all the same.
        let wait = max(Double(1 << (attempt - 1)), min(problem.retryAfter ?? 0, 60))
        guard (try? await sleep(wait)) != nil else {
          return Outcome(attempts: attempt, problem: "stopped while waiting to try again: \(problem.text)")
        }
        attempt += 1
      } catch {
        return Outcome(attempts: attempt, problem: "\(error)")
      }
    }
  }

  private func trySending() async throws {
    switch hook.target {
    case .command(let words): try await run(words)
    case .post(let url, let headers): try await post(url, headers)
    }
  }

  private func run(_ words: [String]) async throws {
    let process = try ProgramProcess(
      words, environment: ["RISKDECK_EVENT": event.rawValue], input: payload + "\n")
    let ending = await withTaskCancellationHandler {
      await process.ending(within: hook.timeout)
    } onCancel: {
      process.terminate()
    }
    let detail = ending.lastErrorLine.map { ": \($0)" } ?? ""
    if ending.isTimedOut {
      throw Problem(text: "the command took longer than \(hook.timeout) s\(detail)", isTransient: true)
    }
    guard ending.status == 0 else {
      throw Problem(text: "the command ended with \(ending.status)\(detail)", isTransient: true)
    }
  }

  private func post(_ address: String, _ headers: [String: String]) async throws {
    var lines = ["Content-Type: application/json", "Expect:"]
    for (name, variableName) in headers.sorted(by: { $0.key < $1.key }) {
      let value = try value(of: variableName)
      // A line break would begin a header of its own.
      guard !value.unicodeScalars.contains(where: { $0.value < 0x20 || $0.value == 0x7f }) else {
        throw Problem(text: "the variable \(variableName) holds a control character", isTransient: false)
      }
      lines.append("\(name): \(value)")
    }
    let text = address.hasPrefix("env:") ? try value(of: String(address.dropFirst(4))) : address
    guard let url = HTTPURL(text) else {
      throw Problem(text: "\(address.prefix(64)) is no http or https address", isTransient: false)
    }
    let transport = CurlTransport(
      limits: HTTPLimits(timeout: max(1, Int(hook.timeout * 1_000)), bodyBytes: 1 << 20))
    let answer: HTTPAnswer
    do {
      answer = try await transport.post(url, HTTPMessage(headers: lines, body: Array(payload.utf8)))
    } catch {
      let text =
        error.reason == .timeout ? "no answer within \(hook.timeout) s" : "no answer: \(error.detail)"
      throw Problem(text: text, isTransient: error.isTransient)
    }
    guard !(200...299).contains(answer.status) else { return }
    throw Problem(
      text: "the server answered HTTP \(answer.status)",
      isTransient: answer.status == 408 || answer.status == 429 || answer.status >= 500,
      retryAfter: answer.retryAfter)
  }

  private func value(of name: String) throws(Problem) -> String {
    guard let value = variable(name), !value.isEmpty else {
      throw Problem(text: "the environment variable \(name) is not set here", isTransient: false)
    }
    return value
  }
}

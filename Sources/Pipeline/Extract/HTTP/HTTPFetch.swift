/// Gets whole, successful answers: follows redirects within the origin, waits and tries again where that may help.
struct HTTPFetch: Sendable {
  let transport: any HTTPTransport
  var policy = HTTPRetryPolicy()
  /// Waits the given number of seconds; throws when cancelled.
  var sleep: @Sendable (Double) async throws -> Void = { try await Task.sleep(for: .seconds($0)) }
  /// From 0 up to 1, new at every call.
  var jitter: @Sendable () -> Double = { Double.random(in: 0..<1) }

  private static let maximumRedirects = 5

  /// - Throws: `ExtractError` with the address, what came and what to do; `CancellationError`.
  func get(_ url: HTTPURL) async throws -> HTTPAnswer {
    var retries = 0
    while true {
      let outcome = try await attempt(url)
      guard let problem = outcome.problem else { return outcome.answer }
      guard problem.isTransient,
        let wait = policy.wait(retry: retries, after: problem.retryAfter, jitter: jitter())
      else { throw problem.error(url, retries: retries, policy: policy) }
      retries += 1
      try await sleep(wait)
    }
  }

  private func attempt(_ url: HTTPURL) async throws -> (answer: HTTPAnswer, problem: HTTPProblem?) {
    var current = url
    for _ in 0...HTTPFetch.maximumRedirects {
      let answer: HTTPAnswer
      do {
        answer = try await transport.get(current)
      } catch  where error.reason == .cancelled {
        throw CancellationError()
      } catch {
        return (HTTPAnswer(status: 0, body: []), .transport(error))
      }
      guard [301, 302, 303, 307, 308].contains(answer.status), let location = answer.redirect else {
        return (answer, answer.status == 200 ? nil : .status(answer.status, retryAfter: answer.retryAfter))
      }
      guard let next = HTTPURL(location), next.origin == current.origin else {
        return (answer, .foreignRedirect)
      }
      current = next
    }
    return (HTTPAnswer(status: 0, body: []), .tooManyRedirects)
  }
}

/// When to try again, and how long to wait before.
struct HTTPRetryPolicy: Sendable, Hashable {
  var maximumRetries = 3
  /// Seconds before the first retry; doubles with each.
  var firstWait = 0.5
  /// A server that asks for a longer pause than this many seconds is not waited for.
  var longestRetryAfter = 120.0

  /// Seconds before retry number `retry` (from 0); nil where there is none. Half of the exponential wait is random, so
  /// that many clients do not come back at once; a server's own Retry-After is the least.
  func wait(retry: Int, after retryAfter: Double?, jitter: Double) -> Double? {
    guard retry < maximumRetries, (retryAfter ?? 0) <= longestRetryAfter else { return nil }
    var wait = firstWait
    for _ in 0..<retry { wait *= 2 }
    return max(wait * (0.5 + 0.5 * jitter), retryAfter ?? 0)
  }
}

/// Why an answer cannot be used.
private enum HTTPProblem {
  case transport(HTTPTransportError)
  case status(Int, retryAfter: Double?)
  case foreignRedirect
  case tooManyRedirects

  var isTransient: Bool {
    switch self {
    case .transport(let error): error.isTransient
    case .status(let status, _): [429, 500, 502, 503, 504].contains(status)
    case .foreignRedirect, .tooManyRedirects: false
    }
  }

  var retryAfter: Double? {
    if case .status(_, let retryAfter) = self { retryAfter } else { nil }
  }

  func error(_ url: HTTPURL, retries: Int, policy: HTTPRetryPolicy) -> ExtractError {
    let tries = retries > 0 ? " after \(retries) retries" : ""
    return switch self {
    case .transport(let error): HTTPProblem.error(url, error, tries)
    case .status(429, let retryAfter?) where retryAfter > policy.longestRetryAfter:
      ExtractError(
        .status, place: url.text, problem: "the server asks to wait \(Int(retryAfter)) s (HTTP 429)",
        advice: "run again later")
    case .status(let status, _):
      ExtractError(
        .status, place: url.text, problem: "the server answered HTTP \(status)\(tries)",
        advice: status == 404 || status == 401 || status == 403
          ? "check --base-url" : "run again later; the last published data stay")
    case .foreignRedirect:
      ExtractError(
        .redirect, place: url.text, problem: "redirects to another host or scheme are refused",
        advice: "give the final address as --base-url, if you trust it")
    case .tooManyRedirects:
      ExtractError(.redirect, place: url.text, problem: "redirected too often", advice: "check --base-url")
    }
  }

  private static func error(_ url: HTTPURL, _ error: HTTPTransportError, _ tries: String) -> ExtractError {
    switch error.reason {
    case .timeout:
      ExtractError(
        .timeout, place: url.text, problem: "no complete answer in time\(tries)",
        advice: "check that the server is up, then run again")
    case .tls:
      ExtractError(
        .tls, place: url.text, problem: "the secure connection failed: \(error.detail)",
        advice: "check the server's certificate; it is never skipped")
    case .tooLarge:
      ExtractError(
        .bodyTooLarge, place: url.text, problem: "the answer is longer than the limit",
        advice: "check --base-url; a page of records is far shorter")
    case .unusable:
      ExtractError(
        .badSpecification, place: url.text, problem: "this address cannot be used: \(error.detail)",
        advice: "check --base-url")
    case .connection, .cancelled:
      ExtractError(
        .connection, place: url.text, problem: "the connection failed\(tries): \(error.detail)",
        advice: "check the network and --base-url, then run again")
    }
  }
}

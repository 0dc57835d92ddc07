/// One request, without retries and without following redirects.
protocol HTTPTransport: Sendable {
  func get(_ url: HTTPURL) async throws(HTTPTransportError) -> HTTPAnswer
  func post(_ url: HTTPURL, _ message: HTTPMessage) async throws(HTTPTransportError) -> HTTPAnswer
}

/// What a POST carries.
struct HTTPMessage: Sendable, Hashable {
  /// `Name: value`, without line breaks.
  var headers: [String]
  var body: [UInt8]
}

/// What a server answered, whatever the status.
struct HTTPAnswer: Sendable, Hashable {
  var status: Int
  var contentType: String?
  /// Seconds, from a Retry-After header of either form.
  var retryAfter: Double?
  /// Absolute, from a Location header.
  var redirect: String?
  var body: [UInt8]
}

/// No answer came, or not a whole one.
struct HTTPTransportError: Error, Hashable {
  enum Reason: Hashable { case connection, timeout, tls, tooLarge, cancelled, unusable }
  let reason: Reason
  /// libcurl's own words.
  let detail: String

  /// True where trying again may help.
  var isTransient: Bool { reason == .connection || reason == .timeout }
}

/// How long and how much a transfer may take.
struct HTTPLimits: Sendable, Hashable {
  /// Milliseconds for the whole answer.
  var timeout = 30_000
  /// Bytes of one answer's body.
  var bodyBytes = 64 << 20
}

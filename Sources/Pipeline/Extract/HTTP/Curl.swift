import CCurl
import Dispatch
import Synchronization

/// HTTP over libcurl: one handle that keeps its connection, used by one request at a time on a queue of its own, so
/// that a blocking call never holds one of Swift's threads.
///
/// TLS certificates and host names are verified, no proxy is used, only http and https are spoken, redirects are not
/// followed, and the body is bounded.
///
/// Unchecked: the handle is touched on `queue` alone, and freed when nobody holds this object any more.
final class CurlTransport: HTTPTransport, @unchecked Sendable {
  private let queue = DispatchQueue(label: "riskdeck.curl")
  private let handle: UnsafeMutableRawPointer?
  private let limits: HTTPLimits

  init(limits: HTTPLimits = HTTPLimits()) {
    _ = CurlTransport.library
    self.limits = limits
    handle = curl_easy_init()
  }

  deinit {
    curl_easy_cleanup(handle)
  }

  /// libcurl wants to be set up once, before the first handle.
  private static let library = curl_global_init(Int(CURL_GLOBAL_DEFAULT))

  func get(_ url: HTTPURL) async throws(HTTPTransportError) -> HTTPAnswer {
    try await send(url, nil)
  }

  func post(_ url: HTTPURL, _ message: HTTPMessage) async throws(HTTPTransportError) -> HTTPAnswer {
    try await send(url, message)
  }

  private func send(_ url: HTTPURL, _ message: HTTPMessage?) async throws(HTTPTransportError) -> HTTPAnswer {
    let transfer = Transfer(maximumBytes: limits.bodyBytes)
    let result: Result<HTTPAnswer, HTTPTransportError> = await withTaskCancellationHandler {
      await withCheckedContinuation { continuation in
        queue.async { continuation.resume(returning: self.perform(url, message, transfer)) }
      }
    } onCancel: {
      transfer.cancel()
    }
    return try result.get()
  }

  private func perform(
    _ url: HTTPURL, _ message: HTTPMessage?, _ transfer: Transfer
  ) -> Result<HTTPAnswer, HTTPTransportError> {
    guard let handle else { return .failure(HTTPTransportError(reason: .unusable, detail: "out of memory")) }
    curl_easy_reset(handle)
    // Unretained: the transfer outlives the call below, which is the only time libcurl uses the pointer.
    let context = Unmanaged.passUnretained(transfer).toOpaque()
    var headers: UnsafeMutablePointer<curl_slist>?
    defer { curl_slist_free_all(headers) }
    for header in message?.headers ?? [] { headers = curl_slist_append(headers, header) }
    let settings =
      configure(handle, url, context) + (message.map { configure(handle, post: $0, headers) } ?? [])
    for code in settings where code != CURLE_OK {
      return .failure(
        HTTPTransportError(reason: .unusable, detail: String(cString: curl_easy_strerror(code))))
    }
    let code = curl_easy_perform(handle)
    guard code == CURLE_OK else { return .failure(failure(code, transfer)) }
    return .success(
      HTTPAnswer(
        status: integer(CURLINFO_RESPONSE_CODE), contentType: text(CURLINFO_CONTENT_TYPE),
        retryAfter: retryAfter(),
        redirect: text(CURLINFO_REDIRECT_URL), body: transfer.takeBody()))
  }

  private func configure(
    _ handle: UnsafeMutableRawPointer, _ url: HTTPURL, _ context: UnsafeMutableRawPointer
  ) -> [CURLcode] {
    [
      riskdeck_curl_set_string(handle, CURLOPT_URL, url.text),
      riskdeck_curl_set_string(handle, CURLOPT_PROTOCOLS_STR, "http,https"),
      riskdeck_curl_set_string(handle, CURLOPT_USERAGENT, "riskdeck (analysis pipeline; libcurl)"),
      riskdeck_curl_set_string(handle, CURLOPT_PROXY, ""),
      riskdeck_curl_set_long(handle, CURLOPT_FOLLOWLOCATION, 0),
      riskdeck_curl_set_long(handle, CURLOPT_SSL_VERIFYPEER, 1),
      riskdeck_curl_set_long(handle, CURLOPT_SSL_VERIFYHOST, 2),
      // A signal would reach the whole program.
      riskdeck_curl_set_long(handle, CURLOPT_NOSIGNAL, 1),
      riskdeck_curl_set_long(handle, CURLOPT_NOPROGRESS, 0),
      riskdeck_curl_set_long(handle, CURLOPT_TIMEOUT_MS, limits.timeout),
      riskdeck_curl_set_long(handle, CURLOPT_CONNECTTIMEOUT_MS, min(limits.timeout, 10_000)),
      riskdeck_curl_set_pointer(handle, CURLOPT_WRITEDATA, context),
      riskdeck_curl_set_pointer(handle, CURLOPT_XFERINFODATA, context),
      riskdeck_curl_set_write(handle, CURLOPT_WRITEFUNCTION) { bytes, size, count, context in
        guard let bytes, let context else { return 0 }
        let piece = UnsafeRawBufferPointer(start: bytes, count: size * count)
        return Unmanaged<Transfer>.fromOpaque(context).takeUnretainedValue().append(piece) ? size * count : 0
      },
      riskdeck_curl_set_progress(handle) { context, _, _, _, _ in
        guard let context else { return 0 }
        return Unmanaged<Transfer>.fromOpaque(context).takeUnretainedValue().isCancelled ? 1 : 0
      },
    ]
  }

  /// - Parameter headers: lives until the transfer has ended; libcurl copies the body.
  private func configure(
    _ handle: UnsafeMutableRawPointer, post message: HTTPMessage, _ headers: UnsafeMutablePointer<curl_slist>?
  ) -> [CURLcode] {
    var body = message.body
    return [
      riskdeck_curl_set_pointer(handle, CURLOPT_HTTPHEADER, headers),
      riskdeck_curl_set_long(handle, CURLOPT_POSTFIELDSIZE, body.count),
      riskdeck_curl_set_pointer(handle, CURLOPT_COPYPOSTFIELDS, &body),
    ]
  }

  private func failure(_ code: CURLcode, _ transfer: Transfer) -> HTTPTransportError {
    let reason: HTTPTransportError.Reason =
      switch code {
      case CURLE_OPERATION_TIMEDOUT: .timeout
      case CURLE_WRITE_ERROR where transfer.isTooLarge: .tooLarge
      case CURLE_ABORTED_BY_CALLBACK: .cancelled
      case CURLE_PEER_FAILED_VERIFICATION, CURLE_SSL_CONNECT_ERROR, CURLE_SSL_CACERT_BADFILE,
        CURLE_SSL_CERTPROBLEM, CURLE_SSL_CIPHER, CURLE_SSL_ISSUER_ERROR, CURLE_SSL_ENGINE_NOTFOUND:
        .tls
      case CURLE_UNSUPPORTED_PROTOCOL, CURLE_URL_MALFORMAT: .unusable
      default: .connection
      }
    return HTTPTransportError(reason: reason, detail: String(cString: curl_easy_strerror(code)))
  }

  private func integer(_ info: CURLINFO) -> Int {
    var value = 0
    return riskdeck_curl_get_long(handle, info, &value) == CURLE_OK ? value : 0
  }

  private func text(_ info: CURLINFO) -> String? {
    var value: UnsafePointer<CChar>?
    guard riskdeck_curl_get_string(handle, info, &value) == CURLE_OK, let value else { return nil }
    return String(cString: value)
  }

  private func retryAfter() -> Double? {
    var seconds: curl_off_t = 0
    guard riskdeck_curl_get_offset(handle, CURLINFO_RETRY_AFTER, &seconds) == CURLE_OK, seconds > 0 else {
      return nil
    }
    return Double(seconds)
  }
}

/// What one transfer collects; written on the transfer's thread, cancelled from any.
private final class Transfer: Sendable {
  private let maximumBytes: Int
  private let body = Mutex<(bytes: [UInt8], isTooLarge: Bool)>(([], false))
  private let cancelled = Atomic<Bool>(false)

  init(maximumBytes: Int) {
    self.maximumBytes = maximumBytes
  }

  /// False where the body grows too long.
  func append(_ piece: UnsafeRawBufferPointer) -> Bool {
    body.withLock { body in
      guard body.bytes.count + piece.count <= maximumBytes else {
        body.isTooLarge = true
        return false
      }
      body.bytes.append(contentsOf: piece)
      return true
    }
  }

  var isTooLarge: Bool { body.withLock { $0.isTooLarge } }
  var isCancelled: Bool { cancelled.load(ordering: .relaxed) }
  func cancel() { cancelled.store(true, ordering: .relaxed) }

  func takeBody() -> [UInt8] {
    body.withLock { body in
      let bytes = body.bytes
      body.bytes = []
      return bytes
    }
  }
}

/// An http or https address as libcurl's own parser understands it, so that no two parsers can disagree on the host.
struct HTTPURL: Sendable, Hashable {
  let text: String
  /// Lower-case scheme, host and port.
  let origin: String

  /// Nil for other schemes, for what is no address, and for addresses with a user or password in them.
  init?(_ text: String) {
    guard let parts = curl_url() else { return nil }
    defer { curl_url_cleanup(parts) }
    func part(_ what: CURLUPart, _ flags: Int32 = 0) -> String? {
      var value: UnsafeMutablePointer<CChar>?
      guard curl_url_get(parts, what, &value, UInt32(flags)) == CURLUE_OK, let value else { return nil }
      defer { curl_free(value) }
      return String(cString: value)
    }
    guard curl_url_set(parts, CURLUPART_URL, text, 0) == CURLUE_OK, let scheme = part(CURLUPART_SCHEME),
      scheme == "http" || scheme == "https", let host = part(CURLUPART_HOST), !host.isEmpty,
      let port = part(CURLUPART_PORT, CURLU_DEFAULT_PORT), part(CURLUPART_USER) == nil,
      part(CURLUPART_PASSWORD) == nil, let whole = part(CURLUPART_URL)
    else { return nil }
    self.text = whole
    origin = "\(scheme)://\(host.lowercased()):\(port)"
  }
}

import Glibc

/// The person's own editor on this terminal, which must have been given back before.
enum ExternalEditor {
  /// Longer texts are cut.
  private static let longestText = 65_536

  /// Opens an empty file and returns what was written; nil where it was left empty or the editor failed.
  static func write() -> String? {
    let base = getenv("TMPDIR").map { String(cString: $0) } ?? "/tmp"
    var folder = Array((base + "/riskdeck-note-XXXXXX").utf8CString)
    // Made with mode 0700; the copies that editors keep beside a file go with it.
    guard mkdtemp(&folder) != nil else { return nil }
    defer { remove(folder: folder) }
    let path = folder.dropLast() + Array("/note".utf8CString)
    let file = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0o600)
    guard file >= 0 else { return nil }
    close(file)
    guard run(editing: path) else { return nil }
    // Many editors put a new file in the place of the old one.
    let written = open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW)
    guard written >= 0 else { return nil }
    defer { close(written) }
    var bytes = [UInt8](repeating: 0, count: longestText)
    let count = read(written, &bytes, bytes.count)
    let text = String(decoding: bytes.prefix(max(0, count)), as: UTF8.self)
    return text.contains { !$0.isWhitespace } ? text : nil
  }

  private static func remove(folder: [CChar]) {
    if let entries = opendir(folder) {
      while let entry = readdir(entries) {
        // In place: an entry is as long as its name, not as long as its type.
        _ = withUnsafePointer(to: &entry.pointee.d_name.0) { unlinkat(dirfd(entries), $0, 0) }
      }
      closedir(entries)
    }
    rmdir(folder)
  }

  /// - Returns: True where the editor ended well.
  private static func run(editing path: [CChar]) -> Bool {
    let names: [String] = ["VISUAL", "EDITOR"]
    let named = names.compactMap { name in getenv(name).map { String(cString: $0) } }.first { !$0.isEmpty }
    // As other programs do it: the variable may hold options, so a shell takes it apart; the path stays a word of its own.
    let words = ["sh", "-c", (named ?? "vi") + " \"$1\"", "riskdeck"]
    let arguments: [UnsafeMutablePointer<CChar>?] = words.map { strdup($0) } + [strdup(path), nil]
    defer { arguments.forEach { free($0) } }
    // ctrl-c is the editor's; ctrl-z stops both, so that the shell gets the terminal.
    let interrupt = signal(SIGINT, SIG_IGN)
    let quit = signal(SIGQUIT, SIG_IGN)
    let stop = signal(SIGTSTP, SIG_DFL)
    defer {
      signal(SIGINT, interrupt)
      signal(SIGQUIT, quit)
      signal(SIGTSTP, stop)
    }
    var attributes = posix_spawnattr_t()
    posix_spawnattr_init(&attributes)
    defer { posix_spawnattr_destroy(&attributes) }
    var all = sigset_t()
    sigfillset(&all)
    posix_spawnattr_setsigdefault(&attributes, &all)
    posix_spawnattr_setflags(&attributes, Int16(POSIX_SPAWN_SETSIGDEF))
    var process: pid_t = 0
    guard posix_spawn(&process, "/bin/sh", nil, &attributes, arguments, environ) == 0 else { return false }
    var status: Int32 = 0
    while waitpid(process, &status, 0) < 0 {
      guard errno == EINTR else { return false }
    }
    return status == 0
  }
}

import Glibc

/// The user a server runs as: the current one, or another where the current one is root, which PostgreSQL refuses.
package struct ServerAccount: Sendable, Hashable {
  package let userID: uid_t
  package let groupID: gid_t
  let name: String
  /// True where the server runs as somebody else than this process.
  let isOther: Bool

  /// The account Debian's server package makes.
  static let packageAccount = "postgres"

  package static func current() throws(PostgresError) -> ServerAccount {
    guard geteuid() == 0 else {
      return ServerAccount(userID: geteuid(), groupID: getegid(), name: "uid \(geteuid())", isOther: false)
    }
    guard let entry = getpwnam(packageAccount) else {
      throw PostgresError(
        code: .embeddedServer,
        message: "PostgreSQL does not run as root and there is no user \"\(packageAccount)\" to run it as; "
          + "install the package postgresql, or start riskdeck as another user")
    }
    return ServerAccount(
      userID: entry.pointee.pw_uid, groupID: entry.pointee.pw_gid, name: packageAccount, isOther: true)
  }

  /// The words that run `arguments` as this account.
  package func command(_ arguments: [String]) -> [String] {
    guard isOther else { return arguments }
    return ["setpriv", "--reuid=\(userID)", "--regid=\(groupID)", "--clear-groups", "--"] + arguments
  }

  /// True where this account may pass through every folder above and including `path`, as far as they exist.
  func canReach(_ path: String) -> Bool {
    var prefix = ""
    for part in path.split(separator: "/") {
      prefix += "/" + part
      var status = stat()
      guard stat(prefix, &status) == 0 else { return true }
      let mode = status.st_mode
      let allowed =
        status.st_uid == userID ? mode & S_IXUSR : status.st_gid == groupID ? mode & S_IXGRP : mode & S_IXOTH
      if allowed == 0 { return false }
    }
    return true
  }
}

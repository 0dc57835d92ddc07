import Glibc

/// A PostgreSQL server package found on this machine.
public struct ServerInstallation: Sendable, Hashable {
  /// 14 to 18.
  public let majorVersion: Int
  /// The folder that holds `postgres`, `initdb` and `pg_ctl`.
  public let binaryFolder: String

  public static let supportedVersions = 14...18

  /// All supported installations, newest first.
  /// - Parameter folders: candidates; the default is where Debian puts each version.
  public static func find(
    in folders: [(version: Int, folder: String)] = supportedVersions.map {
      ($0, "/usr/lib/postgresql/\($0)/bin")
    }
  ) -> [ServerInstallation] {
    folders.filter { supportedVersions.contains($0.version) }
      .filter { candidate in
        ["postgres", "initdb", "pg_ctl"].allSatisfy { access(candidate.folder + "/" + $0, X_OK) == 0 }
      }
      .sorted { $0.version > $1.version }
      .map { ServerInstallation(majorVersion: $0.version, binaryFolder: $0.folder) }
  }

  func tool(_ name: String) -> String { binaryFolder + "/" + name }
}

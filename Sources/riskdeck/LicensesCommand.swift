import ArgumentParser

/// `riskdeck licenses`: what this program is made of.
struct LicensesCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "licenses",
    abstract: "Print the libraries and data this program contains or needs, with licences.")

  struct Part: Sendable {
    let name: String
    let license: String
    let purpose: String
  }

  static let parts = [
    Part(
      name: "Swift standard library, Foundation", license: "Apache-2.0 with Swift runtime exception",
      purpose: "language"),
    Part(
      name: "swift-argument-parser", license: "Apache-2.0 with Swift runtime exception", purpose: "commands"),
    Part(name: "Yams, with libyaml", license: "MIT", purpose: "YAML files"),
    Part(name: "libpq", license: "PostgreSQL", purpose: "connections to PostgreSQL"),
    Part(
      name: "PostgreSQL server", license: "PostgreSQL", purpose: "embedded database, started as a program"),
    Part(name: "libcurl", license: "curl", purpose: "HTTP"),
    Part(name: "OpenSSL libcrypto", license: "Apache-2.0", purpose: "hashes and encryption"),
    Part(name: "ncurses", license: "X11 (MIT)", purpose: "terminal"),
    Part(
      name: "disposable-email-domains", license: "CC0-1.0",
      purpose: "queries/risk/disposable-email-domains.txt"),
  ]

  func run() {
    for part in Self.parts { print("\(part.name): \(part.license) (\(part.purpose))") }
  }
}

import Foundation
import Languages
import Pipeline
import Workstation

/// The language of this process, read once from the user's configuration or the environment.
///
/// It stands apart from ``Session``: help and errors are printed where no session could be made.
struct ProgramLanguage: Sendable {
  let language: Language
  /// Why another language than the one asked for is in force; nil: it is the one.
  let problem: String?

  static let current = ProgramLanguage(environment: ProcessInfo.processInfo.environment)

  init(environment: [String: String]) {
    let configured = (try? Folders(Variables(environment))).flatMap { folders in
      FileManager.default.contents(atPath: folders.configuration + "/config.yml")
    }.flatMap { UserConfiguration.languageCode(yaml: String(decoding: $0, as: UTF8.self)) }
    let code = configured ?? Language.code { environment[$0] }
    guard let code, code != Language.english.code else {
      self.init(.english)
      return
    }
    self.init(code: code, isConfigured: configured != nil)
  }

  private init(_ language: Language, problem: String? = nil) {
    self.language = language
    self.problem = problem
  }

  /// - Parameter isConfigured: the user named it; a locale alone may name any language there is.
  private init(code: String, isConfigured: Bool) {
    guard let folder = ProjectFolder.shipped(executable: Session.executablePath)?.languages,
      code.allSatisfy({ $0.isASCII && $0.isLetter }),
      let data = FileManager.default.contents(atPath: "\(folder)/\(code).yml")
    else {
      let problem = "config.yml: there is no language \(code); the texts are English"
      self.init(.english, problem: isConfigured ? problem : nil)
      return
    }
    do {
      self.init(try Language(yaml: String(decoding: data, as: UTF8.self), file: "\(folder)/\(code).yml"))
    } catch {
      self.init(.english, problem: "\(error)")
    }
  }
}

import ArgumentParser
import FlowAnalyzer

/// What others must not learn.
struct PrivacyOptions: ParsableArguments {
  @Option(
    help: ArgumentHelp(
      "Encrypt addresses with the key in this file, and leave out what else tells whose they are.",
      discussion: """
        Addresses are encrypted so that those of one network stay in one network (ipcrypt-pfx), names of \
        files and capture points become numbers, and extract drops payload and link layers. Ports, times, \
        and TCP's numbers stay. Reports made with one key can be compared. Messages on standard error \
        still name the files. This makes a key that its owner alone may read:
          (umask 077; openssl rand -hex 32 > KEYFILE)
        """,
      valueName: "keyfile"),
    completion: .file())
  var anonymize: String?

  var isAsked: Bool { anonymize != nil }

  /// - Throws: `FileFault` where the file holds no key.
  func apply(to configuration: inout AnalyzerConfiguration) throws {
    configuration.anonymizer = try anonymize.map { path throws in
      let key = try KeyFile.read(path)
      do throws(AnonymizationError) {
        return try AddressAnonymizer(key: key)
      } catch {
        throw FileFault(file: path, problem: "\(error); \(KeyFile.advice)")
      }
    }
  }
}

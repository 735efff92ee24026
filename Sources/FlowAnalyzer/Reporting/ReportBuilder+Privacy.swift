/// What the report says of what was asked for, and how it calls captures. Names of files and of capture
/// points tell of whom they are; where addresses are encrypted, numbers stand in their place.
extension ReportBuilder {
  private var isAnonymous: Bool { keyFingerprint != nil }

  var anonymization: AnalysisReport.Anonymization? {
    keyFingerprint.map {
      AnalysisReport.Anonymization(method: AddressAnonymizer.method, keyFingerprint: $0)
    }
  }

  var selection: AnalysisReport.Selection? {
    let asked = configuration.selection
    guard !asked.isEverything else { return nil }
    return AnalysisReport.Selection(
      filter: isAnonymous ? asked.filter.map { _ in "withheld" } : asked.filter,
      since: window?.since, until: window?.until)
  }

  /// The capture, counted from zero, as the report calls it.
  func name(of number: Int) -> String {
    isAnonymous ? "capture-\(number + 1)" : captures[number].path
  }

  /// The capture's point as the report calls it.
  func label(of record: CaptureRecord) -> String {
    isAnonymous ? record.plainPointLabel : record.pointLabel
  }

  func text(of warning: CaptureWarning) -> String {
    guard isAnonymous, case .clocksDiffer(let point, let offset) = warning,
      let other = captures.first(where: { $0.pointLabel == point })
    else { return warning.description }
    return CaptureWarning.clocksDiffer(point: label(of: other), offset: offset).description
  }

  func text(of failure: CaptureError?) -> String? {
    guard let failure else { return nil }
    return isAnonymous
      ? "It cannot be read, or not to its end; why is not said here, as it names the file."
      : failure.description
  }
}

import ArgumentParser
import FlowAnalyzer
import ReportFormats

/// Arguments -> recorded arrivals -> replays in changed worlds -> a forecast.
struct WhatIfCommand: AnalyzingCommand {
  static let configuration = CommandConfiguration(
    commandName: "whatif",
    abstract: "Forecast the countermeasures on the recorded traffic.",
    discussion: """
      Replays the recorded attempts, with their times, lifetimes, closes, sequence numbers and \
      timestamps, through a model of the load balancer's ports that is fitted to the captures, and \
      then through changed ones: more addresses, other choices of ports, longer holds, shorter \
      TIME_WAITs, more load, other load balancers, and all on one or one split over several. Says how \
      many attempts would meet a TIME_WAIT, how many users would notice, and what it costs.

      Captures of points whose SNAT addresses differ are taken for those of several load balancers.

      Examples:
        snat-audit whatif --server server.pcap
        snat-audit whatif lb-any.pcap --addresses 1,2,4,8 --hold 7,65
        snat-audit whatif lb-any.pcap --lb f5 --lb dpvs --report html=forecast.html
        snat-audit whatif --server lb1=one.pcap lb2=two.pcap
        snat-audit whatif lb-any.pcap --report json | jq .forecast.recommendations
      """)

  @OptionGroup(title: "Captures") var captures: CaptureOptions
  @OptionGroup(title: "Selection") var selection: SelectionOptions
  @OptionGroup(title: "Server") var server: ServerOptions
  @OptionGroup(title: "Load balancer") var balancer: BalancerOptions
  @OptionGroup(title: "Worlds") var worlds: WorldOptions
  @OptionGroup(title: "Reports") var reports: ForecastReportOptions
  @OptionGroup(title: "Privacy") var privacy: PrivacyOptions
  @OptionGroup(title: "Work") var work: WorkOptions

  func validate() throws {
    try reports.requests.requireOthers(than: captures.inputs, [privacy.anonymize])
  }

  func run() throws {
    try requireCaptures()
    var configuration = try makeConfiguration()
    configuration.maximumFindings = 0
    configuration.forecast = worlds.options
    configuration.forecast?.presets = balancer.balancers
    let analysis = analyze(with: Analyzer(configuration: configuration))
    try write(analysis.report)
    if analysis.report.partial { throw ExitStatus.interrupted }
    if !analysis.failures.isEmpty { throw ExitStatus.failed }
  }

  private func write(_ report: AnalysisReport) throws {
    for request in reports.requests {
      do {
        let style = request.destination == .standardOutput ? Terminal.output.style : TextStyle()
        try request.destination.write { sink in
          switch request.format {
          case .json: try report.writeJSON { try sink.write($0) }
          case .html: try report.writeForecastHTML { try sink.write($0) }
          default: try sink.write(report.forecastText(style))
          }
        }
      } catch {
        Message.error("\(request.destination): the forecast cannot be written: \(error).")
        throw ExitStatus.failed
      }
    }
  }
}

/// Which worlds to try; the usual ones where nothing is said.
struct WorldOptions: ParsableArguments {
  @Option(
    help: ArgumentHelp("Numbers of SNAT addresses, such as 1,2,4.", valueName: "list"),
    transform: NumberList.parse(1...65_535, areWhole: true))
  var addresses: NumberList?

  @Option(
    help: ArgumentHelp("Numbers of ports of each address.", valueName: "list"),
    transform: NumberList.parse(1...65_535, areWhole: true))
  var ports: NumberList?

  @Option(
    help: ArgumentHelp("TIME_WAITs of the server, in seconds.", valueName: "list"),
    transform: NumberList.parse(TimeWaitLength.range))
  var serverTimeWait: NumberList?

  @Option(
    help: ArgumentHelp(
      "How long the load balancer holds a closed port, in seconds.", valueName: "list"),
    transform: NumberList.parse(0...86_400))
  var hold: NumberList?

  @Option(
    help: ArgumentHelp("Numbers of requests per connection.", valueName: "list"),
    transform: NumberList.parse(1...1_000_000, areWhole: true))
  var requests: NumberList?

  @Option(
    help: ArgumentHelp("Factors of the recorded rate, such as 1.5,2,10.", valueName: "list"),
    transform: NumberList.parse(1...1000))
  var load: NumberList?

  @Option(
    help: ArgumentHelp("Load balancers that share the traffic of one.", valueName: "list"),
    transform: NumberList.parse(2...1000, areWhole: true))
  var split: NumberList?

  @Option(
    help: ArgumentHelp(
      "Another seed gives another sample of replays (default: 1).", valueName: "number"),
    transform: WholeNumber.parse(in: 0 ... .max))
  var seed: UInt64 = 1

  var options: ForecastOptions {
    var options = ForecastOptions()
    options.seed = seed
    options.addresses = addresses?.values.map { Int($0) } ?? []
    options.ports = ports?.values.map { Int($0) } ?? []
    options.timeWaits = serverTimeWait?.values.map { Int64($0 * 1_000_000_000) } ?? []
    options.holds = hold?.values.map { Int64($0 * 1_000_000_000) } ?? []
    options.requests = requests?.values.map { Int($0) } ?? []
    options.loads = load?.values ?? []
    options.splits = split?.values.map { Int($0) } ?? []
    return options
  }
}

/// Numbers between commas.
struct NumberList {
  let values: [Double]

  private static let most = 64

  /// For `transform` of an option.
  ///
  /// - Returns: what throws `ValidationError` where a text is no list of such numbers, or has too many.
  static func parse(
    _ range: ClosedRange<Double>, areWhole: Bool = false
  ) -> @Sendable (String) throws -> NumberList {
    { text in
      let parts = text.split(separator: ",", omittingEmptySubsequences: false)
      let values = parts.compactMap { Double($0) }.filter { value in
        range.contains(value) && (!areWhole || value == value.rounded())
      }
      guard values.count == parts.count, values.count <= most else {
        throw ValidationError(
          "expected \(areWhole ? "whole numbers" : "numbers") from \(plain(range.lowerBound)) to "
            + "\(plain(range.upperBound)), with commas between them, at most \(most)")
      }
      return NumberList(values: values)
    }
  }

  /// Without a fraction where it has none.
  private static func plain(_ number: Double) -> String {
    number == number.rounded() ? "\(Int(number))" : "\(number)"
  }
}

/// The formats of a forecast.
struct ForecastReportOptions: ParsableArguments {
  @Option(
    help: ArgumentHelp(
      "What to write: text, html or json, to standard output or to a file (default: text).",
      valueName: "format[=path]"),
    completion: .list(formats.flatMap { [$0.rawValue, "\($0.rawValue)="] }),
    transform: request)
  var report: [ReportRequest] = []

  private static let formats: [ReportFormat] = [.text, .html, .json]

  private static func request(_ text: String) throws -> ReportRequest {
    guard let request = ReportRequest(argument: text), formats.contains(request.format) else {
      throw ValidationError("expected \(ReportRequest.explanation(of: formats))")
    }
    return request
  }

  var requests: [ReportRequest] {
    report.isEmpty ? [ReportRequest(format: .text, destination: .standardOutput)] : report
  }
}

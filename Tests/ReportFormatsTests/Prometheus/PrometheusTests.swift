import Foundation
import Testing

@testable import FlowAnalyzer
@testable import ReportFormats

@Suite("Metrics")
struct PrometheusTests {
  private static func report(_ name: String) throws -> AnalysisReport {
    try #require(SampleReports.all.first { $0.name == name }).report
  }

  @Test(.needs("promtool"))
  func `promtool has nothing to say about the metrics of any report`() throws {
    let promtool = try Consumer.required("promtool")
    for (name, report) in SampleReports.all {
      let result = try promtool.run("check", "metrics", input: report.prometheusText)
      result.expectSuccess()
      #expect((result.output + result.errors).isEmpty, "\(name)")
    }
  }

  @Test(.needs("prometheus", "prometheus-node-exporter", "python"), .timeLimit(.minutes(30)))
  func `every query of the dashboard returns data, and alerts fire where they should`() throws {
    let folder = try TemporaryFolder()
    let names = [
      "rich", "checked", "expired-server", "loss-lb-server", "half-open-server", "client-only",
    ]
    let files = try names.map { name in
      try folder.file("\(name).prom", Data(Self.report(name).prometheusText.utf8)).path
    }
    let dashboards = Consumer.repository.appending(path: "Dashboards")
    let alerts = [
      "SnatAuditAddedDelay", "SnatAuditInconclusive", "SnatAuditKilledConnections",
      "SnatAuditPacketsDropped", "SnatAuditPolicyBroken", "SnatAuditRefusedSyns",
    ]
    try Consumer.required("python").run(
      [
        Consumer.script("check-dashboard"),
        "--prometheus", Consumer.required("prometheus").url.path,
        "--exporter", Consumer.required("prometheus-node-exporter").url.path,
        "--firing", alerts.joined(separator: " "),
        dashboards.appending(path: "snat-audit.json").path,
        dashboards.appending(path: "alerts.yml").path,
      ] + files, seconds: 150
    ).expectSuccess()
  }

  @Test(.needs("promtool"))
  func `the rules of the alerts are right`() throws {
    let dashboards = Consumer.repository.appending(path: "Dashboards")
    let promtool = try Consumer.required("promtool")
    try promtool.run("check", "rules", dashboards.appending(path: "alerts.yml").path)
      .expectSuccess()
    try promtool.run("test", "rules", dashboards.appending(path: "alerts-test.yml").path)
      .expectSuccess()
  }

  /// The samples of a text, by name and labels as written.
  private static func samples(_ text: String) throws -> [String: Double] {
    var samples: [String: Double] = [:]
    for line in text.split(separator: "\n") where !line.hasPrefix("#") {
      let space = try #require(line.lastIndex(of: " "))
      let name = String(line[..<space])
      #expect(samples[name] == nil, "\(name) is there twice")
      let value: Double = try #require(Double(line[line.index(after: space)...]))
      samples[name] = value
    }
    return samples
  }

  @Test func `metrics have the numbers of the report`() throws {
    let report = try Self.report("l4-collide-any")
    let samples = try Self.samples(report.prometheusText)
    func sum(_ name: String) -> Double {
      samples.reduce(0) { $0 + ($1.key.hasPrefix(name + "{") ? $1.value : 0) }
    }
    #expect(samples["snat_audit_syns"] == 196)
    #expect(samples[#"snat_audit_hit_syns{answer="rejected",held="time-wait"}"#] == 56)
    #expect(sum("snat_audit_hit_syns") == Double(report.summary.syns.hits))
    #expect(
      sum("snat_audit_hit_syns") + sum("snat_audit_reuse_syns")
        + (samples["snat_audit_first_use_syns"] ?? 0) == 196)
    #expect(sum("snat_audit_hit_attempts") == 73)
    #expect(samples["snat_audit_attempts"] == 140)
    #expect(samples["snat_audit_added_delay_seconds_sum"] == 20.236321)
    #expect(samples["snat_audit_added_delay_seconds_count"] == 140)
    #expect(samples["snat_audit_hit_added_delay_seconds_count"] == 73)
    #expect(samples[#"snat_audit_hit_added_delay_seconds_bucket{le="0"}"#] == 35)
    #expect(samples[#"snat_audit_hit_added_delay_seconds_bucket{le="0.1"}"#] == 59)
    #expect(samples[#"snat_audit_time_waits{holder="server"}"#] == 140)
    #expect(samples[#"snat_audit_coverage_grade{grade="limited"}"#] == 1)
    #expect(sum("snat_audit_coverage_grade") == 1)
    #expect(samples[#"snat_audit_source_hit_syns{ip="10.10.1.1"}"#] == 111)
    let last = try #require(report.captures[0].lastPacket)
    #expect(
      samples["snat_audit_capture_last_packet_timestamp_seconds"]
        == Double(last.nanoseconds) / 1e9)
  }

  @Test func `every metric is documented`() throws {
    let page = try String(
      contentsOf: Consumer.repository.appending(path: "docs/machine-formats.md"), encoding: .utf8)
    for name in ["rich", "checked", "expired-server", "loss-lb-server"] {
      for line in try Self.report(name).prometheusText.split(separator: "\n") {
        let words = line.split(separator: " ")
        guard words[0] == "#" else { continue }
        #expect(page.contains("`\(words[2])`"), "\(words[2])")
      }
    }
  }

  @Test func `what a policy says is a metric for each outcome and each rule`() throws {
    let report = try Self.report("checked")
    let check = try #require(report.check)
    let samples = try Self.samples(report.prometheusText)
    for outcome in PolicyVerdict.Outcome.allCases {
      let sample = samples[#"snat_audit_check_outcome{outcome="\#(outcome)"}"#]
      #expect(sample == (outcome == .failed ? 1 : 0))
    }
    #expect(check.rules.contains { $0.outcome == .failed })
    for rule in check.rules {
      let sample = samples[#"snat_audit_check_rule_broken{rule="\#(rule.name)"}"#]
      #expect(sample == (rule.outcome == .failed ? 1 : 0))
    }
    #expect(!(try Self.report("rich").prometheusText.contains("snat_audit_check")))
  }

  @Test func `what is not known has no metric`() throws {
    let samples = try Self.samples(Self.report("empty").prometheusText)
    for name in [
      "capture_dropped_packets", "capture_last_packet_timestamp_seconds",
      "time_wait_proven_alive_seconds", "lb_hold_at_most_seconds", "client_syns",
      "never_forwarded_attempts",
    ] {
      #expect(samples["snat_audit_\(name)"] == nil, "\(name)")
    }
    #expect(samples["snat_audit_attempts"] == 0)
  }

  @Test func `however many addresses there are, few are labels`() throws {
    var report = try Self.report("l4-collide-any")
    let source = try #require(report.sources.first)
    report.sources = (0 as UInt32..<256).map { index in
      var source = source
      source.ip = IPAddress(v4: index)
      return source
    }
    report.sourcesOmitted = 1_000
    let samples = try Self.samples(report.prometheusText)
    #expect(samples.keys.count { $0.hasPrefix("snat_audit_source_attempts") } == 32)
    #expect(samples["snat_audit_sources"] == 1_256)
    #expect(samples.count < 350)
  }

  @Test func `a label keeps quotes, backslashes and line ends`() {
    var metrics = MetricsText()
    metrics.add("a", help: "Odd.", [.init(("b", "\"\\\n"), value: 1)])
    #expect(metrics.text == "# HELP a Odd.\n# TYPE a gauge\na{b=\"\\\"\\\\\\n\"} 1\n")
  }
}

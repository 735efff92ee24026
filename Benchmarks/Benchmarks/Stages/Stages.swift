import Benchmark
import FlowAnalyzer
import Glibc

/// The stages of the pipeline as far as the public interface reaches: reading and decoding alone,
/// and the whole analysis. What tracking and judging cost is the difference.
///
/// `make bench-stages` makes the capture, of a million packets; the figures are per packet.
let benchmarks: @Sendable () -> Void = {
  guard let capture = getenv("SNAT_AUDIT_CAPTURE").map({ String(cString: $0) }) else {
    print("SNAT_AUDIT_CAPTURE names no capture; see `make bench-stages`")
    return
  }
  let inputs = [CaptureInput(path: capture, role: .server)]
  Benchmark.defaultConfiguration = .init(
    metrics: [.wallClock, .cpuTotal, .instructions, .peakMemoryResident],
    warmupIterations: 1, scalingFactor: .mega, maxDuration: .seconds(20), maxIterations: 10)

  Benchmark("Read and decode a packet") { _ in
    var source = SegmentSource(inputs: inputs)
    var segments = 0
    while source.next() != nil { segments += 1 }
    blackHole(segments)
  }

  Benchmark("Analyze a packet") { _ in
    blackHole(Analyzer().analyze(inputs))
  }
}

import ArgumentParser
import Glibc

/// Writes captures of clients, a load balancer with a SNAT pool and a Linux server, and what is
/// true of them.
@main
struct MakeCapture: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "make-capture",
    abstract: "Make a capture of TCP connections through a load balancer, and tell what it holds.")

  @Option(help: "Packets of the server-side capture.")
  var packets = 1_000_000
  @Option(help: "The same seed makes the same captures.")
  var seed: UInt64 = 1
  @Option(help: ArgumentHelp("The capture behind the load balancer.", valueName: "file"))
  var server: String
  @Option(help: ArgumentHelp("The capture in front of it, of the same traffic.", valueName: "file"))
  var client: String?
  @Option(help: ArgumentHelp("Where to tell what is true of them, as JSON.", valueName: "file"))
  var truth: String?

  @Option(help: "New connections per second.")
  var rate = 2_000.0
  @Option(help: "Requests on each connection, on average.")
  var data = 1
  @Option(help: "Connections that are opened at first and stay open.")
  var idle = 0
  @Option(help: "Requests per second on all of those together.")
  var requests = 20_000.0
  @Option(
    help: """
      Share of the packets on one connection, which is opened at first and is an upload without \
      end. 0: there is none.
      """)
  var hotTuple = 0.0
  @Option(
    help: """
      Tuples alive at one time, at least nearly: up to 120,000, and up to half of them, in \
      TIME_WAIT, the others idle. Sets --rate, --idle and --snat-addresses.
      """)
  var live: Int?

  @Option(help: "Addresses of the SNAT pool.")
  var snatAddresses: Int?
  @Option(help: "Ports of each.")
  var ports = 64_511
  @Option(help: "How the load balancer picks a port: random, or lru (least recently used).")
  var pick = LoadBalancer.Choice.random
  @Option(help: "Seconds for which it holds a tuple after its connection.")
  var hold = 7.0
  @Option(
    help: """
      Share of the connections that get a port of the first address; the others get one of another \
      address. 0: all addresses are alike.
      """)
  var hotAddress = 0.0

  @Option(help: "Share of the connections that the client closes first.")
  var closedByClient = 0.15
  @Option(help: "Share of the connections that the client resets.")
  var resetByClient = 0.02
  @Option(help: "Share of the RSTs to a TIME_WAIT's answer that the load balancer drops.")
  var lostResets = 0.02
  @Option(help: "Share of the clients without timestamps.")
  var withoutTimestamps = 0.1
  @Option(help: "Seconds by which the clock of the client side is ahead.")
  var clockOffset = 0.0

  @Option(help: "pcap or pcapng.")
  var format = CaptureWriter.Format.pcap
  @Flag(help: "Times in nanoseconds; else in microseconds.")
  var nanoseconds = false
  @Flag(name: .customLong("ipv6"), help: "IPv6 instead of IPv4.")
  var isIPv6 = false

  func validate() throws {
    guard packets > 0, rate > 0, requests > 0, data >= 0, data < 30_000, idle >= 0, hold >= 0,
      (0...1).contains(hotAddress), (0..<1).contains(hotTuple), (live ?? 1) > 0,
      (snatAddresses ?? 1) > 0, clockOffset >= 0
    else { throw ValidationError("A number is too small or too large.") }
    guard (1...64_511).contains(ports) else { throw ValidationError("--ports is 1 to 64511.") }
    guard hotAddress == 0 || scenario.snatAddresses > 1 else {
      throw ValidationError("--hot-address needs another address: --snat-addresses 2.")
    }
    guard scenario.tuples < Int(UInt32.max) else { throw ValidationError("The pool is too large.") }
  }

  func run() throws {
    guard let serverSide = writer(server, .server) else { throw failure(server) }
    var clientSide: ClientSideWriter?
    if let client {
      guard let file = writer(client, .client) else { throw failure(client) }
      clientSide = ClientSideWriter(file, clockOffset: scenario.clockOffset)
    }
    let simulation = Simulation(scenario, serverSide: serverSide, clientSide: clientSide)
    guard let result = simulation.run() else { throw failure("capture") }
    guard let truth else { return print(result.json, terminator: "") }
    guard let file = fopen(truth, "w"), fputs(result.json, file) >= 0, fclose(file) == 0 else {
      throw failure(truth)
    }
  }

  private func writer(_ path: String, _ side: Frame.Side) -> CaptureWriter? {
    CaptureWriter(
      path, format, isNanoseconds: nanoseconds, frame: Frame(side: side, isIPv6: isIPv6))
  }

  private func failure(_ path: String) -> ValidationError {
    ValidationError("\(path): \(String(cString: strerror(errno)))")
  }

  var scenario: Scenario {
    var scenario = Scenario()
    scenario.packets = packets
    scenario.seed = seed
    scenario.isIPv6 = isIPv6
    scenario.rate = rate
    scenario.idle = idle
    scenario.requestRate = requests
    scenario.hotTuple = hotTuple
    scenario.exchanges = data
    scenario.snatAddresses = snatAddresses ?? scenario.snatAddresses
    scenario.ports = ports
    scenario.hold = UInt64(hold * 1e9)
    scenario.choice = pick
    scenario.hotAddress = hotAddress
    scenario.closedByClient = closedByClient
    scenario.resetByClient = resetByClient
    scenario.withoutTimestamps = withoutTimestamps
    scenario.lostResets = lostResets
    scenario.clockOffset = UInt64(clockOffset * 1e9)
    if let live { scenario.aim(atLive: live, pool: snatAddresses) }
    return scenario
  }
}

extension LoadBalancer.Choice: ExpressibleByArgument {}
extension CaptureWriter.Format: ExpressibleByArgument {}

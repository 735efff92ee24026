struct Survey {
  struct PointClock {
    var offset: Int64?
    var drift: Double?
    var error: Int64?
    var handshakes = 0
    func label(among captures: [CaptureRecord]) -> String { "" }
  }
  var inputs: [CaptureInput]
  var corrections = ClockCorrections()
  var endpoints = LoadBalancerEndpoints()
  var clocks: [PointClock] = []
  init(of inputs: [CaptureInput]) { self.inputs = inputs }
}

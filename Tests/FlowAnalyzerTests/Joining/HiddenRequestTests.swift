import Testing

@testable import FlowAnalyzer

@Suite("Requests that only time and length tell of")
struct HiddenRequestTests {
  private func at(_ milliseconds: Int64) -> Timestamp {
    Timestamp(nanoseconds: milliseconds * 1_000_000)
  }

  private func request(_ leg: UInt32, at milliseconds: Int64, length: UInt32 = 100)
    -> HiddenRequests.Request
  {
    HiddenRequests.Request(leg: leg, client: leg, time: at(milliseconds), length: length)
  }

  private func leg(_ origin: HiddenRequests.Origin) -> UInt32? {
    if case .one(let request, _) = origin { request.leg } else { nil }
  }

  @Test func `the only one that waits is the one`() {
    var requests = HiddenRequests()
    requests.insert(request(1, at: 0))
    let origin = requests.origin(at: at(1), opened: nil, length: 100, isHTTP: false)
    #expect(origin == .one(request(1, at: 0), confidence: 50))
  }

  @Test func `of two that wait nobody is taken`() {
    var requests = HiddenRequests()
    requests.insert(request(1, at: 0))
    requests.insert(request(2, at: 1))
    #expect(
      requests.origin(at: at(2), opened: nil, length: 100, isHTTP: false)
        == .several([request(1, at: 0), request(2, at: 1)]))
  }

  @Test func `an effect does not come before its cause`() {
    var requests = HiddenRequests()
    requests.insert(request(1, at: 5))
    #expect(requests.origin(at: at(2), opened: nil, length: 100, isHTTP: false) == .nobody)
  }

  @Test func `one that waits comes before one that was answered`() {
    var requests = HiddenRequests()
    requests.insert(request(1, at: 0))
    requests.insert(request(2, at: 1))
    requests.noteAnswer(to: 1)
    #expect(leg(requests.origin(at: at(2), opened: nil, length: 100, isHTTP: false)) == 2)
    requests.remove(2)
    // A ticket may have been the answer.
    #expect(
      requests.origin(at: at(2), opened: nil, length: 100, isHTTP: false)
        == .one(
          HiddenRequests.Request(
            leg: 1, client: 1, time: at(0), length: 100, isAnswered: true), confidence: 40))
  }

  /// Its SYN met a TIME_WAIT, and 3 s later the request that opened the connection comes at last.
  @Test func `a connection that took long to be set up belongs to who opened it`() {
    var requests = HiddenRequests()
    requests.insert(request(1, at: 0))
    requests.insert(request(2, at: 2999))
    #expect(leg(requests.origin(at: at(3000), opened: at(1), length: 100, isHTTP: false)) == 1)
  }

  @Test func `lengths tell requests apart once it is known what the load balancer adds`() {
    var requests = HiddenRequests()
    for _ in 0..<8 { requests.learn(request(9, at: 0, length: 100), length: 160) }
    requests.insert(request(1, at: 0, length: 300))
    requests.insert(request(2, at: 1, length: 400))
    #expect(leg(requests.origin(at: at(2), opened: nil, length: 460, isHTTP: false)) == 2)
    #expect(
      requests.origin(at: at(2), opened: nil, length: 500, isHTTP: false)
        == .several([request(1, at: 0, length: 300), request(2, at: 1, length: 400)]))
    requests.remove(2)
    #expect(
      requests.origin(at: at(2), opened: nil, length: 360, isHTTP: false)
        == .one(request(1, at: 0, length: 300), confidence: 60))
    #expect(
      requests.origin(at: at(2), opened: nil, length: 460, isHTTP: false)
        == .one(request(1, at: 0, length: 300), confidence: 25))
  }

  @Test func `lengths that agree in nothing tell nothing`() {
    var lengths = LengthShift()
    for client in 0..<16 { lengths.learn(server: 1000, client: UInt32(client * 50)) }
    #expect(lengths.fits(server: 1000, client: 100) == nil)
  }

  @Test func `where more wait than are kept, nobody is taken`() {
    var requests = HiddenRequests()
    for leg in 0...HiddenRequests.capacity { requests.insert(request(UInt32(leg), at: 0)) }
    for leg in 2...HiddenRequests.capacity { requests.remove(UInt32(leg)) }
    #expect(requests.origin(at: at(1), opened: nil, length: 100, isHTTP: false) == .several([]))
    #expect(leg(requests.origin(at: at(1001), opened: at(1001), length: 100, isHTTP: false)) == nil)
  }
}

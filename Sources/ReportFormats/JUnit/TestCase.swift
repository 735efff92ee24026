/// One question to the captures, as CI systems count tests.
struct TestCase {
  enum Outcome {
    case passed
    /// The answer is no.
    case failed(Message)
    /// There is no answer, which somebody must look at.
    case error(Message)
    /// There is no answer, and another case says why.
    case skipped(String)
  }

  struct Message {
    /// One line.
    var summary: String
    /// A word for grouping.
    var type: String
    /// Where to look.
    var body: [String]
  }

  /// The group, as packages and classes are elsewhere.
  var group: String
  var name: String
  var outcome: Outcome
}

extension TestCase {
  /// As an element of a test suite.
  var xml: String {
    let opening =
      "    <testcase classname=\"\(XMLText.escaped(group))\" name=\"\(XMLText.escaped(name))\" time=\"0\""
    switch outcome {
    case .passed: return opening + "/>\n"
    case .failed(let message): return opening + ">\n" + message.xml("failure")
    case .error(let message): return opening + ">\n" + message.xml("error")
    case .skipped(let reason):
      return opening
        + ">\n      <skipped message=\"\(XMLText.escaped(reason))\"/>\n    </testcase>\n"
    }
  }
}

extension TestCase.Message {
  fileprivate func xml(_ element: String) -> String {
    let attributes = "message=\"\(XMLText.escaped(summary))\" type=\"\(XMLText.escaped(type))\""
    return
      "      <\(element) \(attributes)>\(XMLText.escapedLines(body))</\(element)>\n    </testcase>\n"
  }
}

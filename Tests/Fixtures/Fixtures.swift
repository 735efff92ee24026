public import Foundation

/// The committed captures, found wherever the tests run.
public enum Fixtures {
  /// The folder `Captures`; each scenario has one of its own.
  public static var captures: URL {
    Bundle.module.resourceURL!.appending(path: "Captures")
  }
}

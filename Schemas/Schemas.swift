/// The JSON Schemas of what the program writes, byte for byte as committed beside this file.
public enum Schemas {
  /// Of the report that `analyze --report json` writes.
  public static var report: [UInt8] { PackageResources.report_1_schema_json }
  /// Of a line that `connections` writes.
  public static var connection: [UInt8] { PackageResources.connection_1_schema_json }
}

import ArgumentParser

@main
struct SnatAudit: ParsableCommand {}

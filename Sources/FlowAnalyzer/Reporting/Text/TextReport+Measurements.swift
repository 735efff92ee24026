extension TextReport {
  mutating func writeMeasurements() {
    canvas.heading("SERVER AND LOAD BALANCER")
    canvas.table(prose.measurements)
  }
}

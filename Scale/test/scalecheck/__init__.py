"""Holds the job on Spark to `snat-audit analyze`, report for report, while workers are killed; and times both."""

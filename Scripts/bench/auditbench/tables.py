"""Tables: markdown on standard output, and CSV under .build-bench/results/."""

import csv

from .captures import FOLDER

RESULTS = FOLDER / "results"


def show(name, rows):
    columns = list(rows[0])
    print("| " + " | ".join(columns) + " |")
    print("| " + " | ".join(["---"] + ["---:"] * (len(columns) - 1)) + " |")
    for row in rows:
        print("| " + " | ".join(str(row[column]) for column in columns) + " |")
    RESULTS.mkdir(parents=True, exist_ok=True)
    with open(RESULTS / f"{name}.csv", "w", newline="") as file:
        writer = csv.DictWriter(file, columns)
        writer.writeheader()
        writer.writerows(rows)

"""The report beside the truth."""


def differences(report, capture, joined=False):
    """Every count that differs, as text; empty when all are right."""
    truth, summary = capture.truth, report["summary"]
    sides = {"server": 0, "client": 0}
    for record in report["captures"]:
        sides[record["role"]] += record["tcpSegments"] + record["duplicates"]
    found = {"packets": sides["server"], "syns": summary["syns"]["total"]}
    wanted = {"packets": truth["packets"]["server"], "syns": truth["syns"]}
    for answer in ("total", "accepted", "rejected", "unanswered", "undetermined"):
        found[f"timeWait.{answer}"] = summary["syns"]["timeWait"][answer]
        wanted[f"timeWait.{answer}"] = truth["hits"][answer]
    reuses = summary["syns"]["reuses"]
    # After its time, a TIME_WAIT of the next step of the timer wheel is known by its answer only.
    found["reuses.expired"] = reuses["expired"] + reuses["gone"]
    found["reuses.other-side"], found["reuses.reset"] = reuses["other-side"], reuses["reset"]
    wanted["reuses.expired"] = truth["reuses"]["expired"]
    wanted["reuses.other-side"] = truth["reuses"]["otherSide"]
    wanted["reuses.reset"] = truth["reuses"]["reset"]
    found["attempts.hit"] = summary["attempts"]["hit"]
    wanted["attempts.hit"] = truth["attempts"]["hit"]
    for side in ("server", "peer"):
        found[f"timeWaits.{side}"] = summary["timeWaits"][side]
        wanted[f"timeWaits.{side}"] = truth["timeWaits"][side]
    for state in ("established", "closing"):
        found[state] = summary["syns"][state]["total"]
        wanted[state] = 0
    if joined:
        found["client packets"] = sides["client"]
        wanted["client packets"] = truth["packets"]["client"]
        found["pairs.paired"] = summary["pairs"]["paired"]
        wanted["pairs.paired"] = truth["attempts"]["total"]
        for count in ("total", "notForwarded"):
            found[f"clientSyns.{count}"] = summary["clientSyns"][count]
            wanted[f"clientSyns.{count}"] = truth["clientSyns"][count]
    return [f"{name} {found[name]}, true {wanted[name]}" for name in wanted
            if found[name] != wanted[name]]

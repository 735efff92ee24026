"""What Spark's log of events tells of a job that is over."""

from __future__ import annotations

import json
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path


@dataclass
class Events:
    """Counts over all attempts of all tasks."""

    lost_executors: int = 0
    tasks: Counter[str] = field(default_factory=Counter)  # by how they ended: Success, ExecutorLostFailure, ...
    succeeded: Counter[int] = field(default_factory=Counter)  # by stage
    near: Counter[int] = field(default_factory=Counter)  # those of them on a host that has their data, by stage
    seconds: Counter[int] = field(default_factory=Counter)  # that executors ran them, by stage
    shuffled: int = 0  # bytes, as written to disk and sent, which is compressed
    spilled: int = 0  # bytes that did not fit into memory while they were sorted
    job: float = 0  # seconds from the first task's being wanted to the last result: without starting and stopping

    @classmethod
    def of(cls, folder: Path) -> Events:
        """Of the one job whose log is there."""
        (log,) = folder.iterdir()
        events = cls()
        for line in log.read_text().splitlines():
            events._add(json.loads(line))
        return events

    def _add(self, event: dict) -> None:
        match event["Event"]:
            case "SparkListenerExecutorRemoved":
                self.lost_executors += 1
            case "SparkListenerJobStart":
                self.job -= event["Submission Time"] / 1000
            case "SparkListenerJobEnd":
                self.job += event["Completion Time"] / 1000
            case "SparkListenerTaskEnd":
                self._add_task(event)

    def _add_task(self, event: dict) -> None:
        stage, ending = event["Stage ID"], event["Task End Reason"]["Reason"]
        self.tasks[ending] += 1
        if ending != "Success":
            return
        self.near[stage] += event["Task Info"]["Locality"] == "NODE_LOCAL"
        metrics = event["Task Metrics"]
        self.succeeded[stage] += 1
        self.seconds[stage] += metrics["Executor Run Time"] / 1000
        self.shuffled += metrics["Shuffle Write Metrics"]["Shuffle Bytes Written"]
        self.spilled += metrics["Disk Bytes Spilled"]

"""The job: records are extracted where captures can be read, brought together by load balancer, and judged there.

    captures --extract-records--> frames --shuffle by balancer, sort--> judge --> partial summaries --> merge

The partition is the load balancer: connections of both its sides have to be joined, and who met whose tuple is
decided over all its addresses. Frames sort by the number of their capture and their place in it, so that `judge`
reads the same bytes whatever was lost, repeated or late on the way.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from operator import itemgetter

from pyspark import SparkContext, TaskContext

from .captures import Capture
from .errors import CopyFailure
from .hadoop import HadoopClient, hosts
from .placement import distribute
from .program import Program

Key = tuple[int, int, int]  # the balancer, the capture and the frame, each by number
Record = tuple[Key, bytes]


@dataclass(frozen=True)
class Plan:
    """What is asked for: captures, and the options of each step."""

    captures: list[Capture]
    extraction: list[str] = field(default_factory=list)
    judging: list[str] = field(default_factory=list)
    partitions: int | None = None  # of judging; None: as many as there are load balancers

    @property
    def balancers(self) -> list[str]:
        """Each once, in the order of the captures."""
        return list(dict.fromkeys(capture.balancer for capture in self.captures))


def partial_summaries(context: SparkContext, plan: Plan, program: Program) -> list[str]:
    """A line for each load balancer, to be merged."""
    numbers = {balancer: number for number, balancer in enumerate(plan.balancers)}
    placed = [((numbers[capture.balancer], capture), hosts(context, capture.path) if capture.is_remote else [])
              for capture in plan.captures]
    extraction = Extraction(program, plan.extraction, HadoopClient.of(context), _attempts(context))
    judging = Judging(program, plan.judging)
    return (
        distribute(context, placed)
        .flatMap(extraction)
        .repartitionAndSortWithinPartitions(plan.partitions or len(numbers), partitionFunc=itemgetter(0))
        .mapPartitions(judging)
        .collect()
    )


def _attempts(context: SparkContext) -> int:
    return int(context.getConf().get("spark.task.maxFailures", "4"))


@dataclass(frozen=True)
class Extraction:
    """The first stage, a task for each capture."""

    program: Program
    options: list[str]
    client: HadoopClient
    attempts: int

    def __call__(self, numbered: tuple[int, Capture]) -> Iterator[Record]:
        balancer, capture = numbered
        frames = self._remote(capture) if capture.is_remote else self._local(capture)
        for sequence, frame in enumerate(frames):
            yield (balancer, capture.number, sequence), frame

    def _local(self, capture: Capture) -> Iterator[bytes]:
        return self.program.extract([*capture.arguments(capture.path), *self.options])

    def _remote(self, capture: Capture) -> Iterator[bytes]:
        """A copy that fails is tried again, elsewhere perhaps. The last time the program is given the URI as a
        path, where it finds nothing: so the report names the capture, and the others are analysed."""
        try:
            with self.client.copy(capture.path) as content:
                arguments = [*capture.arguments("-"), "--path", capture.path]
                yield from self.program.extract([*arguments, *self.options], content)
        except CopyFailure:
            if TaskContext.get().attemptNumber() + 1 < self.attempts:
                raise
            yield from self._local(capture)


@dataclass(frozen=True)
class Judging:
    """The second stage: a run of the program for each load balancer of a partition."""

    program: Program
    options: list[str]

    def __call__(self, records: Iterable[Record]) -> Iterator[str]:
        for _, group in itertools.groupby(records, key=lambda record: record[0][0]):
            yield self.program.judge(self.options, (frame for _, frame in group))

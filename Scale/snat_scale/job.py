"""The job: records are extracted where captures can be read, brought together by load balancer, and judged there.

    captures --extract-records--> records --shuffle by balancer, sort--> judge --> partial summaries --> merge

The partition is the load balancer: connections of both its sides have to be joined, and who met whose tuple is
decided over all its addresses. Records are bytes here, cut anywhere; pieces sort by the number of their capture and
their place in it, so that `judge` reads the same bytes whatever was lost, repeated or late on the way.
"""

from __future__ import annotations

import itertools
import sys
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from operator import itemgetter

from pyspark import RDD, SparkContext, TaskContext
from pyspark.resource import ResourceProfileBuilder, TaskResourceRequests

from .captures import Capture
from .errors import CopyFailure
from .hadoop import HadoopClient, hosts
from .placement import distribute
from .program import Program

Key = tuple[int, int, int]  # the balancer, the capture and the place in its records, each by number
Piece = tuple[Key, bytes]


@dataclass(frozen=True)
class Plan:
    """What is asked for: captures, and how they are judged."""

    captures: list[Capture]
    selecting: list[str]
    judging: list[str]
    key: bytes | None = field(default=None, repr=False)  # that encrypts addresses
    partitions: int | None = None  # of judging; None: as many as there are load balancers
    cores: int | None = None  # of an executor, that a task takes which judges; None: those of any task

    @property
    def balancers(self) -> list[str]:
        """Each once, in the order of the captures."""
        return list(dict.fromkeys(capture.balancer for capture in self.captures))


def partial_summaries(context: SparkContext, plan: Plan, program: Program) -> list[str]:
    """A line for each load balancer, to be merged."""
    numbers = {balancer: number for number, balancer in enumerate(plan.balancers)}
    placed = [((numbers[capture.balancer], capture), hosts(context, capture.path) if capture.is_remote else [])
              for capture in plan.captures]
    settings = context.getConf()
    attempts = int(settings.get("spark.task.maxFailures", "4"))
    extraction = Extraction(program, HadoopClient.of(context), plan.selecting, attempts)
    workers = str(plan.cores or settings.get("spark.task.cpus", "1"))
    judging = Judging(program, [*plan.judging, "--workers", workers], plan.key)
    summaries = (
        distribute(context, placed)
        .flatMap(extraction)
        .repartitionAndSortWithinPartitions(plan.partitions or len(numbers), partitionFunc=itemgetter(0))
        .mapPartitions(judging)
    )
    return (_with_cores(summaries, plan.cores) if plan.cores else summaries).collect()


def _with_cores(stage: RDD, cores: int) -> RDD:
    """Only the tasks of this stage take so many cores: those before it have one thread, and would leave them idle."""
    return stage.withResources(ResourceProfileBuilder().require(TaskResourceRequests().cpus(cores)).build)


@dataclass(frozen=True)
class Extraction:
    """The first stage, a task for each capture."""

    program: Program
    client: HadoopClient
    options: list[str]
    attempts: int  # at a task, at most

    def __call__(self, numbered: tuple[int, Capture]) -> Iterator[Piece]:
        _pass_over_jars()
        balancer, capture = numbered
        pieces = self._remote(capture) if capture.is_remote else self._local(capture)
        for place, piece in enumerate(pieces):
            yield (balancer, capture.number, place), piece

    def _local(self, capture: Capture) -> Iterator[bytes]:
        return self.program.extract([*capture.arguments(capture.path), *self.options])

    def _remote(self, capture: Capture) -> Iterator[bytes]:
        """A copy that fails is tried again, elsewhere perhaps. The last time the program is given the URI as a
        path, where it finds nothing: so the report names the capture, and the others are analysed."""
        try:
            with self.client.copy(capture.path) as content:
                arguments = [*capture.arguments("-"), "--path", capture.path, *self.options]
                yield from self.program.extract(arguments, content)
        except CopyFailure:
            if TaskContext.get().attemptNumber() + 1 < self.attempts:
                raise
            yield from self._local(capture)


def _pass_over_jars() -> None:
    """Spark has a jar of its own among the places where Python looks for modules, and with every task Python reads
    that jar's list of files anew: 30 ms, in which a small capture is extracted."""
    sys.path[:] = [place for place in sys.path if not place.endswith(".jar")]
    for place in [place for place in sys.path_importer_cache if place.endswith(".jar")]:
        del sys.path_importer_cache[place]


@dataclass(frozen=True)
class Judging:
    """The second stage: a run of the program for each load balancer of a partition."""

    program: Program
    options: list[str]
    key: bytes | None = field(repr=False)

    def __call__(self, pieces: Iterable[Piece]) -> Iterator[str]:
        for _, group in itertools.groupby(pieces, key=lambda piece: piece[0][0]):
            yield self.program.judge(self.options, self.key, (content for _, content in group))

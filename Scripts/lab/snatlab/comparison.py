"""snat-audit's verdict beside the kernel's, for earlier runs."""

from __future__ import annotations

import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from . import crossing, identities, join_identities, packets, verdict
from .crossing import Crossing
from .errors import LabError
from .identities import Case, Relation, Sight
from .join_identities import Input, JoinCase
from .recorded import Run
from .verdict import Report

_SHOWN_AT_MOST = 3


@dataclass(frozen=True)
class Result:
    """One relation, judged on one capture of one run."""

    run: str
    capture: str
    sight: Sight
    relation: Relation
    kernel: int
    tool: int
    unsupported: str
    difference: str

    @property
    def holds(self) -> bool:
        return bool(self.unsupported) or not self.difference

    def row(self) -> str:
        if self.unsupported:
            said = f"not comparable: {self.unsupported}"
        else:
            said = self.difference or ("equal" if self.relation.sign == "=" else "within")
        return f"| {self.run}/{self.capture} | {self.relation.name} | {self.kernel} | {self.tool} | {said} |"


HEADING = "| capture | what | kernel | snat-audit | |\n| --- | --- | ---: | ---: | --- |"


def compare(directory: Path, binary: Path, inputs: Sequence[Input] = join_identities.INPUTS) -> list[Result]:
    """Analyses each server-side capture of a run, then both sides, and judges every relation that the sight allows."""
    run = Run(directory)
    cases = [Case(run, capture.name, verdict.analyze(binary, capture)) for capture in run.captures]
    results = []
    for case in cases:
        results += _judge_all(case, identities.sight(case.capture, run.options), identities.RELATIONS)
    if join_identities.applies(run):
        for case in _joined(run, binary, inputs, cases[0].report):
            results += _judge_all(case, Sight.JOINED, join_identities.RELATIONS)
    return results


def _joined(run: Run, binary: Path, inputs: Sequence[Input], alone: Report) -> list[JoinCase]:
    """The first input is the one that the others must agree with."""
    witnesses = Crossing(run)
    joined = [_join(run, binary, given) for given in inputs]
    return [JoinCase(run, witnesses, given, each, alone, joined[0]) for given, each in zip(inputs, joined)]


def _join(run: Run, binary: Path, given: Input) -> verdict.Joined:
    with tempfile.TemporaryDirectory() as scratch:
        clients = crossing.CLIENT_SIDE
        if given.shift:
            clients = f"{scratch}/{crossing.CLIENT_SIDE}"
            packets.shift(run.directory / crossing.CLIENT_SIDE, given.shift, Path(clients))
        return verdict.join(binary, run.directory, [clients if word == join_identities.CLIENTS else word for word in given.arguments])


def _judge_all(case: Case | JoinCase, sight: Sight, relations: Sequence[Relation]) -> list[Result]:
    try:
        return [_judge(case, sight, relation) for relation in relations if sight in relation.sights]
    except KeyError as missing:
        raise LabError(f"{case.run.name}, {case.capture}: the report, or the lab's account, lacks {missing}") from None


def _judge(case: Case | JoinCase, sight: Sight, relation: Relation) -> Result:
    kernel, tool = relation.kernel(case), relation.tool(case)
    if isinstance(kernel, set):
        difference = _set_difference(kernel, tool)
        kernel, tool = len(kernel), len(tool)
    else:
        holds = {"=": kernel == tool, "<=": kernel <= tool, ">=": kernel >= tool}[relation.sign]
        difference = "" if holds else "DIFFERENT"
    capture = case.capture.removesuffix(".pcap")
    return Result(case.run.name, capture, sight, relation, kernel, tool, relation.unless(case), difference)


def _set_difference(kernel: set[str], tool: set[str]) -> str:
    parts = []
    for text, members in (("only the kernel's", kernel - tool), ("only snat-audit's", tool - kernel)):
        if members:
            shown = sorted(members)[:_SHOWN_AT_MOST]
            parts.append(f"{text}: {', '.join(shown)}{' ...' if len(members) > len(shown) else ''}")
    return "DIFFERENT: " + "; ".join(parts) if parts else ""

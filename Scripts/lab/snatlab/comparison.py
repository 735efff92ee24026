"""snat-audit's verdict beside the kernel's, for earlier runs."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from . import identities, join_identities, verdict
from .crossing import Crossing
from .errors import LabError
from .identities import Case, Relation, Sight
from .join_identities import JoinCase
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


def compare(directory: Path, binary: Path) -> list[Result]:
    """Analyses each server-side capture of a run, then both sides, and judges every relation that the sight allows."""
    run = Run(directory)
    cases = [Case(run, capture.name, verdict.analyze(binary, capture)) for capture in run.captures]
    results = []
    for case in cases:
        results += _judge_all(case, identities.sight(case.capture, run.options), identities.RELATIONS)
    if join_identities.applies(run):
        for case in _joined(run, binary, cases[0].report):
            results += _judge_all(case, Sight.JOINED, join_identities.RELATIONS)
    return results


def _joined(run: Run, binary: Path, alone: Report) -> list[JoinCase]:
    witnesses = Crossing(run)
    joined = {name: verdict.join(binary, run.directory, inputs) for name, inputs in join_identities.INPUTS.items()}
    two_files = next(iter(joined.values()))
    return [JoinCase(run, witnesses, name, each, alone, two_files) for name, each in joined.items()]


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

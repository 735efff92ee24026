"""snat-audit's verdict beside the kernel's, for earlier runs."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from . import identities, verdict
from .errors import LabError
from .identities import Case, Relation, Sight
from .recorded import Run

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
    """Analyses each server-side capture of a run and judges every relation that its sight allows."""
    run = Run(directory)
    results = []
    for capture in run.captures:
        case = Case(run, capture.name, verdict.analyze(binary, capture))
        sight = identities.sight(capture.name, run.options)
        for relation in identities.RELATIONS:
            if sight in relation.sights:
                try:
                    results.append(_judge(case, sight, relation))
                except KeyError as missing:
                    raise LabError(f"{binary.name}: the report has no field {missing}") from None
    return results


def _judge(case: Case, sight: Sight, relation: Relation) -> Result:
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

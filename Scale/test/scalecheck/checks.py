"""The job beside `analyze`, on the same captures: the same reports, byte for byte, whatever happens to workers."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

from .captures import Group, words
from .events import Events
from .faults import Fault
from .processes import Run, run

SUBMIT = Path(__file__).resolve().parents[2] / "submit"
_FORMATS = ("json", "text")


class Checks:
    """Prints a line for each check, and counts."""

    def __init__(self, folder: Path, binary: str, groups: list[Group]) -> None:
        self.passed = self.failed = 0
        self._folder = folder
        self._binary = binary
        self._groups = groups
        self._files = sum(len(group.files) for group in groups)
        self._expected = self._analyze("expected", groups)

    def quick(self) -> None:
        """What CI runs: all kinds of captures, and a worker that is killed when half of the work is done."""
        self._same("two executors", check=self._nothing_was_repeated)
        self._with_selection()
        self._killed_while_judging()
        self._no_match()

    def thorough(self) -> None:
        """All."""
        self.quick()
        self._same("one executor", "--executors", "1", check=self._nothing_was_repeated)
        self._same("all load balancers judged in two partitions", "--partitions", "2")
        self._same("tasks that judge with two cores", "--executors", "1", "--judge-cores", "2",
                   check=self._nothing_was_repeated)
        self._with_options()
        self._killed_while_extracting()
        self._retried("extract-records --number 3 ")
        self._retried("judge")
        self._same("more records than a worker's memory", "--conf", "spark.python.worker.memory=1m",
                   check=lambda events: [] if events.spilled else ["nothing was spilled"])
        self._other_file_system()
        self._gives_up()
        self._is_terminated()

    # What is checked: each tells what is wrong, or nothing.

    def _with_options(self) -> None:
        options = ["--max-findings", "9", "--time-wait", "30", "--rfc1337", "on", "--lb", "f5", "--time-zone", "Asia/Tokyo"]
        expected = self._analyze("options", self._groups, *options)
        self._same("options of all steps", *options, expected=expected)

    def _with_selection(self) -> None:
        key = self._folder / "key"
        key.write_text("0123456789abcdef" * 2 + "fedcba9876543210" * 2)
        key.chmod(0o600)
        options = ["--filter", "not tcp port 9001", "--since", "+2.5s", "--until", "+15s", "--anonymize", str(key)]
        expected = self._analyze("selection", self._groups, *options)
        self._same("a filter, a time, and addresses encrypted", *options, expected=expected)

    def _killed_while_extracting(self) -> None:
        fault = Fault.killing(self._folder / "extracting", self._binary, "extract-records --number 5 ")
        self._same("an executor killed while it extracts", fault=fault, check=self._executor_was_lost)

    def _killed_while_judging(self) -> None:
        """With it go the records that it had extracted."""
        fault = Fault.killing(self._folder / "judging", self._binary, "judge")

        def check(events: Events) -> list[str]:
            repeated = events.succeeded[0] - self._files
            return self._executor_was_lost(events) + ([] if repeated > 0 else ["nothing was extracted again"])

        self._same("an executor killed while it judges", fault=fault, check=check)

    def _retried(self, step: str) -> None:
        fault = Fault.failing(self._folder / f"failing-{step.split()[0]}", self._binary, step)
        self._same(f"{step.split()[0]} that fails once", fault=fault,
                   check=lambda events: [] if events.tasks["ExceptionFailure"] == 1 else ["no task failed"])

    @staticmethod
    def _executor_was_lost(events: Events) -> list[str]:
        lost = events.lost_executors and events.tasks["ExecutorLostFailure"]
        return [] if lost else ["no executor was lost"]

    def _nothing_was_repeated(self, events: Events) -> list[str]:
        count = sum(events.tasks.values())
        return [] if events.tasks["Success"] == count and events.succeeded[0] == self._files else [f"{count} tasks"]

    def _no_match(self) -> None:
        done = self._submit("no-match", [Group("server", "", f"{self._folder}/nothing-*")])
        wanted = f"submit: {self._folder}/nothing-*: no capture matches\n"
        self._say("a pattern without a match",
                  [] if (done.status, done.messages.decode()) == (2, wanted) else [f"{done.status}: {done.messages!r}"])

    def _gives_up(self) -> None:
        """A program that fails as often as Spark tries it."""
        fault = Fault.failing(self._folder / "always", self._binary, "judge", times=99)
        done = self._submit("always", self._groups, fault=fault)
        wanted = (2, "submit: snat-audit judge: exit code 1: made to fail", [])
        got = (done.status, done.messages.decode().splitlines()[-1], done.left)
        self._say(f"a judge that always fails, {done.seconds:.0f} s", [] if got == wanted else [str(got)])

    def _is_terminated(self) -> None:
        """In the middle of its work; nothing of it goes on."""
        fault = Fault.terminating(self._folder / "terminated", self._binary, "judge")
        done = self._submit("terminated", self._groups, fault=fault)
        got = (done.status, done.messages.decode(), done.left)
        self._say(f"a job that is terminated, {done.seconds:.0f} s", [] if got == (143, "", []) else [str(got)])

    def _other_file_system(self) -> None:
        """Captures under names of Hadoop's, as if they lay elsewhere; as long as their paths here, since text reports
        align them."""
        host = "viewfs://all"
        link = "/" + "x" * (len(str(self._folder)) - len(host) - 1)
        uri = host + link
        local = [group for group in self._groups if group.label in ("@three", "@bad")]
        remote = [replace(group, pattern=group.pattern.replace(str(self._folder), uri)) for group in local]
        expected = [report.replace(str(self._folder).encode(), uri.encode()) for report in self._analyze("local", local)]
        setting = f"spark.hadoop.fs.viewfs.mounttable.all.link.{link}=file://{self._folder}"
        self._same("captures on another file system", "--conf", setting, groups=remote, expected=expected,
                   check=lambda events: [] if events.near[0] else ["no task ran where its data is"])

    # How.

    def _same(self, name: str, *options: str, fault: Fault | None = None,
              check: Callable[[Events], list[str]] = lambda events: [],
              groups: list[Group] | None = None, expected: list[bytes] | None = None) -> None:
        """A run of the job: its reports and exit code against those of `analyze`, and `check` of what happened."""
        key = re.sub(r"\W+", "-", name)
        log = self._folder / f"{key}.events"
        log.mkdir()
        logging = ["--conf", "spark.eventLog.enabled=true", "--conf", f"spark.eventLog.dir=file://{log}"]
        done = self._submit(key, groups or self._groups, *options, *logging, fault=fault)
        wrong = [f"{form} differs" for form, wanted, got in
                 zip(_FORMATS, expected or self._expected, self._reports(key)) if wanted != got]
        if done.status != 2:
            wrong.append(f"exit code {done.status}")
        if done.left:
            wrong.append(f"{len(done.left)} processes left")
        if wrong:
            wrong.append(done.messages.decode()[-1000:])
        else:
            wrong = check(Events.of(log))
        self._say(f"{name}, {done.seconds:.0f} s", wrong)

    def _say(self, name: str, wrong: list[str]) -> None:
        self.passed, self.failed = self.passed + (not wrong), self.failed + bool(wrong)
        print(f"{name}: {'; '.join(wrong) or 'right'}", flush=True)

    def _analyze(self, key: str, groups: list[Group], *options: str) -> list[bytes]:
        inputs = words(groups, by_pattern=False)
        done = run([self._binary, "analyze", *inputs, *self._report_options(key), *options])
        if done.status != 2:  # A capture is damaged, another missing.
            raise SystemExit(f"analyze: exit code {done.status}: {done.messages.decode()}")
        return self._reports(key)

    def _submit(self, key: str, groups: list[Group], *options: str, fault: Fault | None = None) -> Run:
        program = str(fault.program) if fault else self._binary
        command = [str(SUBMIT), *words(groups, by_pattern=True), "--binary", program, *self._report_options(key)]
        return run([*command, *options], fault.strike if fault else None)

    def _report_options(self, key: str) -> list[str]:
        return [word for form in _FORMATS for word in ("--report", f"{form}={self._folder / key}.{form}")]

    def _reports(self, key: str) -> list[bytes]:
        paths = [Path(f"{self._folder / key}.{form}") for form in _FORMATS]
        return [path.read_bytes() if path.exists() else b"" for path in paths]

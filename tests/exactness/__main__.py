"""`python -m tests.exactness`: run it all, print a table, and exit with 1 if any read was wrong."""

from __future__ import annotations

import argparse
import os
import secrets
import sys
import tempfile
from collections.abc import Iterator
from contextlib import AbstractContextManager, ExitStack, nullcontext
from pathlib import Path

from tests.exactness import plan, report
from tests.exactness.run import Outcome, Scene
from tests.servers.start import SERVERS, NotInstalled, Server


class Servers:
    """Starts servers when they are first wanted."""

    def __init__(self, stack: ExitStack) -> None:
        self._stack = stack
        self._running: dict[str, Server] = {}

    def of(self, run: plan.Run) -> dict[str, Server]:
        """Return the servers of a run; raises `NotInstalled`."""
        wanted = {"database": run.database, "cache": run.cache}
        return {what: self._server(name) for what, name in wanted.items() if name in SERVERS}

    def _server(self, name: str) -> Server:
        if name not in self._running:
            self._running[name] = self._stack.enter_context(SERVERS[name]())
        return self._running[name]


def main() -> int:
    """Run what is asked for, and return the exit code."""
    options = _parse()
    runs = _runs(options)
    print(*report.introduction(options.seed, options.seconds), "", *report.head(), sep="\n", flush=True)
    outcomes = []
    with ExitStack() as stack:
        for outcome in play(runs, Servers(stack), options.seed, options.seconds, options.keep):
            print(report.row(outcome), flush=True)
            outcomes.append(outcome)
    print(*report.foot(outcomes), sep="\n")
    return 0 if all(map(_is_as_it_should_be, outcomes)) else 1


def play(
    runs: list[plan.Run], servers: Servers, seed: str, seconds: float, keep: str = ""
) -> Iterator[Outcome]:
    """Yield what each run has shown; `keep` names a folder for the journals."""
    for number, run in enumerate(runs):
        with _folder(number, keep) as folder:
            try:
                yield Scene(run, servers.of(run), Path(folder), f"{seed} {number}", seconds).play()
            except NotInstalled as error:
                yield Outcome(run, skipped=str(error))
            except Exception as error:  # one run that fails need not keep the others from running
                yield Outcome(run, failed=f"{type(error).__name__}: {error}")


def _folder(number: int, keep: str) -> AbstractContextManager[str]:
    if not keep:
        return tempfile.TemporaryDirectory(prefix="waffle-exactness-")
    folder = Path(keep, f"run-{number}")
    folder.mkdir(parents=True)
    return nullcontext(str(folder))


def _is_as_it_should_be(outcome: Outcome) -> bool:
    if outcome.skipped:
        return not os.environ.get("CI")
    return not outcome.failed and outcome.is_wrong == bool(outcome.run.sabotage)


def _runs(options: argparse.Namespace) -> list[plan.Run]:
    if options.sabotage:
        return plan.sabotaged_runs(_chosen(options.sabotage, list(plan.SABOTAGES)))
    if options.quick:
        return plan.runs(plan.QUICK, plan.QUICK_FAULTS)
    faults = _chosen(options.faults, list(plan.FAULTY_PAIRS))
    return plan.runs(
        _chosen(options.pairs, plan.PAIRS), {fault: plan.FAULTY_PAIRS[fault] for fault in faults}
    )


def _chosen(names: str, known: list[str]) -> list[str]:
    if names in ("all", "none"):
        return known if names == "all" else []
    chosen = names.split(",")
    for name in chosen:
        if name not in known:
            raise SystemExit(f"{name!r} is none of: all, none, {', '.join(known)}")
    return chosen


def _parse() -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        "python -m tests.exactness", description="Let processes write and read, and judge every read."
    )
    parser.add_argument("--pairs", default="all", help="databases and caches: sqlite+none,postgresql+redis")
    parser.add_argument("--faults", default="all", help="what befalls the servers: cache hung,cache killed")
    parser.add_argument("--quick", action="store_true", help="a few runs, for each change of the code")
    parser.add_argument("--sabotage", default="", help="break Waffle Iron on purpose; each must be found")
    parser.add_argument("--seconds", type=float, default=12, help="how long each run writes (12; quick: 6)")
    parser.add_argument("--seed", default=secrets.token_hex(4), help="repeats the same dice")
    parser.add_argument("--keep", default="", help="a new folder, for what the processes wrote down")
    options = parser.parse_args()
    if options.quick:
        options.seconds = min(options.seconds, 6)
    return options


if __name__ == "__main__":
    sys.exit(main())

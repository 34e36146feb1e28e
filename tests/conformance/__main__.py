"""Plays every conformance case in the engine, in the browser or in both, and writes the table of the README."""

import argparse
import logging
import os
import sys
import time
from pathlib import Path

from tests.conformance import adl, adl_browser, report
from tests.conformance.cases import folder_of, played

_SYSTEMS = {"engine": adl.Adapter, "browser": adl_browser.Adapter}


def main(arguments: list[str]) -> int:
    """Play and report; the exit status is 0 where every case passed and nothing diverged."""
    asked = argparse.ArgumentParser(prog="python -m tests.conformance", description=__doc__)
    asked.add_argument("systems", nargs="+", choices=sorted(_SYSTEMS), help="where to play")
    asked.add_argument("--shared", type=Path, default=_shared(), help="the partners' material (scorm/adl is in it)")
    asked.add_argument("--only", nargs="+", default=(), help="these cases alone; then nothing is written")
    given = asked.parse_args(arguments)
    logging.getLogger("werkzeug").setLevel(logging.ERROR)
    return max(_run(name, given.shared, given.only) for name in given.systems)


def _shared() -> Path:
    return Path(os.environ.get("PRECEPTOR_SHARED", report.ROOT.parent / "shared"))


def _run(name: str, shared: Path, only: list[str]) -> int:
    started = time.monotonic()
    lms = _SYSTEMS[name](str(folder_of(shared)))
    verdicts = []
    for verdict in played(lms, shared, only):
        verdicts.append(verdict)
        print(f"{'FAIL' if verdict.why else 'pass'} {verdict.case} {verdict.why[:300]}".rstrip(), flush=True)
    divergences = lms.divergences() if isinstance(lms, adl_browser.Adapter) else None
    date = time.strftime("%Y-%m-%d", time.gmtime())
    told = report.result(verdicts, date=date, seconds=time.monotonic() - started, divergences=divergences)
    print(f"{name}: {told}")
    if not only:
        report.keep(name, told)
    return 1 if told["failed"] or divergences else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))

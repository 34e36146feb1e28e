"""The workloads by which this system is compared with others: `preceptor bench w1 …`; the last line is JSON."""

from __future__ import annotations

import importlib
import json
import sys
from collections.abc import Sequence
from typing import Final

WORKLOADS: Final = ("w1", "w2", "w3", "w5", "w6")
BAD_INPUT: Final = 2


def main(arguments: Sequence[str]) -> int:
    """Run a workload with its own arguments, print its figures, and return 0 where what is stored proves it."""
    name = arguments[0] if arguments else ""
    if name not in WORKLOADS:
        sys.stderr.write(f"preceptor: bench knows {', '.join(WORKLOADS)}, not {name!r}.\n")
        return BAD_INPUT
    figures = importlib.import_module(f"workflows.bench.{name}").run(arguments[1:])
    sys.stdout.write(json.dumps(figures) + "\n")
    return 0 if figures["ok"] else 1

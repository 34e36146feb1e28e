"""`preceptor worker` with a lease of so many seconds, as a process that may be killed: `SECONDS`."""

import os
import sys
from dataclasses import replace
from datetime import timedelta

from engine import settings
from workflows import app


def main(seconds: str) -> int:
    """Work until a signal says stop."""
    worker = app.worker_of(settings.read(os.environ))
    worker._post = replace(worker._post, lease=timedelta(seconds=float(seconds)))
    return 0 if worker.run() else 1


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))

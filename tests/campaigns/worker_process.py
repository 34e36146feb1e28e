"""A worker over real SMTP with a lease of seconds, as a process that may be killed: `DATABASE SMTP SECONDS`."""

import sys
import time
from datetime import UTC, datetime, timedelta

from engine.mail import Composer
from engine.smtp import SmtpTransport
from engine.storage import database
from engine.transaction import Engine
from engine.wording.templates import Shelf
from engine.worker import Post, Worker, embedded_jobs


def main(url: str, smtp: str, seconds: str) -> int:
    """Work until a signal says stop."""
    engine = Engine(
        database=database.connect(url), keeps={}, handlers={}, clock=lambda: datetime.fromtimestamp(time.time(), UTC)
    )
    post = Post(
        transport=lambda: SmtpTransport(smtp),
        composer=lambda: Composer(Shelf(), "Learning <learning@northshire.example>"),
        lease=timedelta(seconds=float(seconds)),
    )
    return 0 if Worker(engine, post, embedded_jobs(engine)).run() else 1


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))

"""What the campaign with many machines plays on: a trust with learners, a class and a course, and its settings."""

from __future__ import annotations

import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from engine import bearers
from engine.transaction import Engine
from scorm import library
from scorm.packaging import package
from tests import northshire
from tests.northshire import HELEN, SURGERY, TRUST, learner
from tests.stories.story_site import free_port
from workflows.demo import courses
from workflows.learning import publishing
from workflows.learning.publishing import Publication

PLAYERS = 3


@dataclass(frozen=True, kw_only=True)
class Stage:
    """What the campaign plays on; `playing` are the enrolments of those who play, by token."""

    engine: Engine
    environment: Mapping[str, str]
    origin: str
    token: str
    course_class: str
    playing: Mapping[str, str]


@contextmanager
def prepared(url: str, posts: int, folder: Path, smtp: int) -> Iterator[Stage]:
    """Found the trust in a database: so many learners without a class, and three with a course to play."""
    port = free_port()
    origin = f"http://127.0.0.1:{port}"
    environment = {
        "PRECEPTOR_DATABASE_URL": url,
        "PRECEPTOR_DATA_DIR": str(folder),
        "PRECEPTOR_APP_ORIGIN": origin,
        "PRECEPTOR_CONTENT_ORIGIN": f"http://content.localhost:{port}",
        "PRECEPTOR_SMTP_URL": f"smtp://127.0.0.1:{smtp}",
        "PRECEPTOR_SECRET_KEY": "not a secret, for it is a campaign's",
        "PRECEPTOR_JOBS": "procrastinate",
    }
    engine = northshire.engine_on(url, lambda: datetime.fromtimestamp(time.time(), UTC))
    players = tuple(f"player-{number}" for number in range(PLAYERS))
    northshire.found(engine, engine.clock, (*players, *(f"learner-{number}" for number in range(posts))))
    northshire.offer(engine)
    northshire.allocate(engine, HELEN, *map(learner, players))
    playing = _playing(engine, folder, players)
    yield Stage(
        engine=engine,
        environment=environment,
        origin=origin,
        token=_token(engine, HELEN.id),
        course_class=northshire.open_class(engine, engine.clock),
        playing={_token(engine, f"acc-{name}"): enrolment for name, enrolment in playing.items()},
    )
    engine.database.dispose()


def _playing(engine: Engine, folder: Path, players: tuple[str, ...]) -> dict[str, str]:
    file = folder / "course.zip"
    file.write_bytes(courses.build(courses.names()[0]))
    read = package.read(file, folder / "blobs")
    with engine.transaction(HELEN) as tx:
        library.add(tx.connection, TRUST, read, tx.now)
        wanted = Publication(package=read.hash, title="Fire online", organisation=SURGERY, competence="fire")
        made = publishing.publish(tx, TRUST, wanted)
    northshire.fire(engine, HELEN, "class", made.course_class, "OPEN")
    return {name: northshire.enrol(engine, made.course_class, name) for name in players}


def _token(engine: Engine, account: str) -> str:
    with engine.transaction() as tx:
        return bearers.add(tx.connection, TRUST, account, tx.now)

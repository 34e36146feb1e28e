"""What stories are given: the demo's trust, running."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.clock import FrozenClock
from tests.databases import postgres_database, sqlite_database
from tests.sink import Sink
from tests.stories.story_site import Founded, Site, copy_of, founded, free_port, running_site, settings_for


@pytest.fixture(scope="session", params=("sqlite", "postgres"))
def northshire(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Founded]:
    """Found the demo's trust, once on SQLite and once on PostgreSQL."""
    folder = tmp_path_factory.mktemp("northshire")
    empty = sqlite_database(folder)
    if request.param == "postgres":
        empty = postgres_database(request.getfixturevalue("postgres_server"))
    with empty as url, founded(url, folder) as trust:
        yield trust


@pytest.fixture
def trust_url(northshire: Founded, tmp_path: Path) -> Iterator[str]:
    """Give a story a copy of the trust, its package files in `tmp_path`."""
    with copy_of(northshire, tmp_path) as url:
        yield url


@pytest.fixture
def site(trust_url: str, tmp_path: Path, clock: FrozenClock, smtp_sink: Sink) -> Iterator[Site]:
    """Run the site of a story."""
    with running_site(settings_for(trust_url, tmp_path, free_port(), smtp_sink.url), clock, smtp_sink) as running:
        yield running

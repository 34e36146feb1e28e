"""What tests are given, and the conventions that hold for all of them at once."""

import ipaddress
import logging
import os
import socket
import sys
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import settings

from tests import pages, passwords, servers
from tests.clock import FrozenClock
from tests.databases import postgres_database, sqlite_database
from tests.sink import Sink, running_sink

ROOT = Path(__file__).resolve().parent.parent
_DATABASES = ("sqlite", "postgres")

# A deadline would measure the machine; in CI Hypothesis's own profile stays the ground: the same examples each time.
settings.register_profile("unhurried", settings(), deadline=None)
settings.load_profile("unhurried")


@pytest.fixture(params=_DATABASES)
def database_url(request: pytest.FixtureRequest) -> Iterator[str]:
    """Give each test a fresh, migrated database, once on SQLite and once on PostgreSQL."""
    if request.param == "sqlite":
        with sqlite_database(request.getfixturevalue("tmp_path")) as url:
            yield url
    else:
        with postgres_database(request.getfixturevalue("postgres_server")) as url:
            yield url


@pytest.fixture(scope="session")
def postgres_server() -> str:
    """Return the server that the gate started, or else one that stays for the next run."""
    return os.environ.get("PRECEPTOR_TEST_POSTGRES") or servers.shared_postgres()


@pytest.fixture(autouse=True)
def _log_as_before() -> Iterator[None]:
    """Take back what a command that ran inside a test did to the log: its stream is closed with the test."""
    root = logging.getLogger()
    handlers, level = list(root.handlers), root.level
    yield
    root.handlers[:] = handlers
    root.setLevel(level)


@pytest.fixture
def clock() -> FrozenClock:
    """Return a clock that stands at 2026-11-22T09:00Z until it is moved."""
    return FrozenClock()


@pytest.fixture
def free_port() -> int:
    """Return a port of the loopback on which nobody listens."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


@pytest.fixture
def smtp_sink(free_port: int) -> Iterator[Sink]:
    """Run a real SMTP server that keeps what it receives."""
    with running_sink(free_port) as sink:
        yield sink


@pytest.fixture(scope="session")
def shared() -> Path:
    """Return the partners' material beside the repository; the test skips where it is absent."""
    folder = Path(os.environ.get("PRECEPTOR_SHARED", ROOT.parent / "shared"))
    if not folder.is_dir():
        pytest.skip(f"the shared material is not at {folder} (PRECEPTOR_SHARED names another place)")
    return folder


def pytest_addoption(parser: pytest.Parser) -> None:
    """Add the switch by which the gate says that this is the whole suite."""
    parser.addoption("--whole", action="store_true", help="the whole suite: as many tests on SQLite as on PostgreSQL")


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Refuse a whole suite in which a test runs on one database only; workers leave that to who started them."""
    if config.getoption("--whole") and not hasattr(config, "workerinput"):
        _require_both_databases(item.nodeid for item in items)


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_node_collection_finished(node: Any, ids: list[str]) -> None:
    """Refuse it too where workers collect: before the first test, and with the same sentence."""
    if node.config.getoption("--whole"):
        _require_both_databases(ids)


def pytest_collection_finish() -> None:
    """Spare every test what is the same each time, now that the tests have imported what they need."""
    pages.compile_once()
    passwords.cheapen()


@pytest.fixture
def full_strength() -> Iterator[None]:
    """Hash passwords as they are hashed outside of tests."""
    with passwords.at_full_strength():
        yield


def pytest_sessionfinish(session: pytest.Session) -> None:
    """Fail CI's run when a test skipped: there everything must be present."""
    reporter: Any = session.config.pluginmanager.get_plugin("terminalreporter")
    skipped = reporter.stats.get("skipped", []) if reporter else []
    if not (skipped and os.environ.get("CI") == "true" and session.config.getoption("--whole")):
        return
    reporter.section("skipped, which fails the gate in CI", red=True)
    for report in skipped:
        reporter.line(f"{report.nodeid}: {report.longrepr[2]}")
    session.exitstatus = pytest.ExitCode.TESTS_FAILED


def _require_both_databases(names: Iterable[str]) -> None:
    parts = [tuple(name.replace("[", "-").replace("]", "").split("-")) for name in names]
    lonely = _without_database(parts, "sqlite") ^ _without_database(parts, "postgres")
    if lonely:
        raise pytest.UsageError("These run on one database only: " + ", ".join(sorted(map(str, lonely))))


def _without_database(names: list[tuple[str, ...]], database: str) -> set[tuple[str, ...]]:
    """Return the tests on one database, each named by all but the database."""
    return {tuple(part for part in name if part != database) for name in names if database in name}


def _refuse_the_network(event: str, arguments: tuple[Any, ...]) -> None:
    """Raise when a test reaches for another machine (an audit hook: nothing in the process escapes it)."""
    if event == "socket.connect" and isinstance(address := arguments[1], tuple):
        _require_loopback(address[0])
    elif event == "socket.getaddrinfo":
        _require_loopback(arguments[0])


def _require_loopback(host: str | bytes | None) -> None:
    name = host.decode() if isinstance(host, bytes) else host or "localhost"
    if name == "localhost" or name.endswith(".localhost"):
        return
    try:
        if ipaddress.ip_address(name).is_loopback or ipaddress.ip_address(name).is_unspecified:
            return
    except ValueError:
        pass
    raise RuntimeError(f"A test reached for {name}: tests stay on the loopback.")


sys.addaudithook(_refuse_the_network)

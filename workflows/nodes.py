"""The web processes of a node: several on PostgreSQL, one on SQLite; granian, or waitress where that is missing."""

from __future__ import annotations

import ctypes
import gc
import importlib.util
import signal
import sys
from collections.abc import Callable, Mapping
from functools import partial
from typing import TYPE_CHECKING, Any, Final

from engine import logs, settings
from engine.errors import Invalid, SettingError
from engine.storage import database
from workflows import app

if TYPE_CHECKING:
    from workflows.app import ByHost

STOP_SECONDS: Final = 9
AS_IT_CAME: Final[Mapping[str, Any]] = {"ident": None, "clear_untrusted_proxy_headers": False}
"""How waitress hands requests on: what proxies say must arrive, for `engine.web.proxies` judges it."""
_TURN_SECONDS: Final = 0.001
_END_WITH_PARENT: Final = 1  # PR_SET_PDEATHSIG of prctl(2)


def serve(environment: Mapping[str, str], host: str, port: int, processes: int, threads: int) -> None:
    """Serve until SIGTERM or SIGINT; what was begun is answered first, for at most 9 seconds.

    Raises `Invalid` where SQLite would have several writers, `SettingError` where PostgreSQL lacks granian.
    """
    loader = partial(load, dict(environment))
    if not database.file_of(settings.read(environment).database_url):
        serve_processes(loader, host, port, processes, threads)
    elif processes > 1:
        raise Invalid("SQLite is served by one process: use --threads, or move to PostgreSQL.")
    else:
        serve_one(loader, host, port, threads)


def serve_one(loader: Callable[[str], Any], host: str, port: int, threads: int) -> None:
    """Serve by one process: granian, which reads and writes beside Python's lock, or waitress where it is missing."""
    if importlib.util.find_spec("granian"):
        serve_processes(loader, host, port, 1, threads)
    else:
        serve_threads(loader(""), host, port, threads)


def load(environment: Mapping[str, str], _target: str) -> ByHost:
    """Make the application inside a web process."""
    chosen = settings.read(environment)
    logs.configure(chosen.log)
    return app.create_app(chosen)


def serve_threads(application: Any, host: str, port: int, threads: int) -> None:
    """Serve an application by the threads of this process until SIGTERM or SIGINT."""
    import waitress  # noqa: PLC0415 - only here is anything served by it

    _settle()
    waitress.serve(application, host=host, port=port, threads=threads, **AS_IT_CAME)


def serve_processes(loader: Callable[[str], Any], host: str, port: int, processes: int, threads: int) -> None:
    """Serve what each of some processes loads for itself, until SIGTERM or SIGINT."""
    server = _granian()(
        "preceptor",
        address=host,
        port=port,
        interface="wsgi",
        workers=processes,
        blocking_threads=threads,
        respawn_failed_workers=True,
        workers_kill_timeout=STOP_SECONDS,
    )
    server.serve(target_loader=partial(_loaded, loader))


def _loaded(loader: Callable[[str], Any], target: str) -> Any:
    """Load inside a web process, which ends when the one that watches over it does."""
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(_END_WITH_PARENT, signal.SIGTERM)
    made = loader(target)
    _settle()
    return made


def _settle() -> None:
    # Whoever writes holds up all others until it has its turn again after each statement.
    sys.setswitchinterval(_TURN_SECONDS)
    # What stands now stands until the end, and need not be looked through for what is left over.
    gc.freeze()


def _granian() -> Any:
    try:
        return importlib.import_module("granian").Granian
    except ModuleNotFoundError:
        raise SettingError("Serving PostgreSQL needs `pip install preceptor[postgres]`.") from None

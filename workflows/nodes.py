"""The web processes of a node: granian with several of them on PostgreSQL, waitress with one on SQLite."""

from __future__ import annotations

import ctypes
import gc
import importlib
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

    Raises `Invalid` where SQLite would have several writers, `SettingError` where granian is not installed.
    """
    chosen = settings.read(environment)
    if database.file_of(chosen.database_url):
        if processes > 1:
            raise Invalid("SQLite is served by one process: use --threads, or move to PostgreSQL.")
        serve_threads(app.create_app(chosen), host, port, threads)
    else:
        serve_processes(partial(load, dict(environment)), host, port, processes, threads)


def load(environment: Mapping[str, str], _target: str) -> ByHost:
    """Make the application inside a web process, which ends when the one that watches over it does."""
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(_END_WITH_PARENT, signal.SIGTERM)
    chosen = settings.read(environment)
    logs.configure(chosen.log)
    return app.create_app(chosen)


def serve_threads(application: Any, host: str, port: int, threads: int) -> None:
    """Serve an application by the threads of this process until SIGTERM or SIGINT."""
    import waitress  # noqa: PLC0415 - only here is anything served by it

    # Whoever writes holds up all others until it has its turn again after each statement.
    sys.setswitchinterval(_TURN_SECONDS)
    # What stands now stands until the end, and need not be looked through for what is left over.
    gc.freeze()
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
    server.serve(target_loader=loader)


def _granian() -> Any:
    try:
        return importlib.import_module("granian").Granian
    except ModuleNotFoundError:
        raise SettingError("Serving PostgreSQL needs `pip install preceptor[postgres]`.") from None

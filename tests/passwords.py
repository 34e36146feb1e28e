"""Passwords of tests are hashed at a thirtieth of the work: an account of one test is nobody else's to guess."""

import functools
import sys
from collections.abc import Iterator
from contextlib import contextmanager

_CHEAP = "scrypt:1024:8:1"


@functools.cache
def cheapen() -> str:
    """Let this process hash cheaply, and return what is shipped; nothing to do where no test imported accounts."""
    if accounts := sys.modules.get("engine.accounts"):
        shipped, accounts.PASSWORD_HASH = accounts.PASSWORD_HASH, _CHEAP
        return shipped
    return ""


@contextmanager
def at_full_strength() -> Iterator[None]:
    """Hash as shipped, for a test of just that."""
    accounts = sys.modules["engine.accounts"]
    shipped = cheapen()
    accounts.PASSWORD_HASH = shipped
    accounts._nobodys_password.cache_clear()
    try:
        yield
    finally:
        accounts.PASSWORD_HASH = _CHEAP
        accounts._nobodys_password.cache_clear()

"""What an installation is told about the mail that it gets. Pure."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from engine.errors import SettingError

_MOST_DAYS: Final = 366
_HOST: Final = re.compile(r"[A-Za-z0-9.-]{1,253}")


@dataclass(frozen=True, slots=True, kw_only=True)
class Inbound:
    """Whether letters bear addresses that lead to the mailroom (`answers`), and how what comes back is weighed.

    `authserv` is the name under which a trusted relay writes `Authentication-Results` (RFC 8601 2.5); with one, an
    answer to a question needs `dmarc=pass` too. An address that refused a message for good is not written to for
    `suppress_days`.
    """

    answers: bool = False
    authserv: str = ""
    suppress_days: int = 30


def read(environment: Mapping[str, str]) -> Inbound:
    """Read the settings from environment variables. Raises `SettingError` with one sentence that names the setting."""
    return Inbound(
        answers=_switch(environment.get("PRECEPTOR_ANSWERS", "no")),
        authserv=_host(environment.get("PRECEPTOR_AUTHSERV_ID", "")),
        suppress_days=_days(environment.get("PRECEPTOR_SUPPRESS_DAYS", "30")),
    )


def _switch(value: str) -> bool:
    if value.lower() not in {"yes", "no"}:
        raise SettingError(f"PRECEPTOR_ANSWERS must be yes or no, not {value!r}.")
    return value.lower() == "yes"


def _host(value: str) -> str:
    if value and not _HOST.fullmatch(value):
        raise SettingError(f"PRECEPTOR_AUTHSERV_ID must be a name such as mx.trust.example, not {value!r}.")
    return value.lower()


def _days(value: str) -> int:
    if not (value.isdecimal() and 0 < int(value) <= _MOST_DAYS):
        raise SettingError(f"PRECEPTOR_SUPPRESS_DAYS must be days such as 30, at most {_MOST_DAYS}, not {value!r}.")
    return int(value)

"""Signed addresses at which answers, replies and bounces arrive: one for each letter, which nobody can guess. Pure.

The local part is `use+name-mark`: what the address is for, the letter (or the meeting) that it belongs to, and a mark
made of the secret key, the trust and both of these. No copy of the database holds a mark. All of it is lower case, for
some mail servers write local parts so (RFC 5321 2.4 leaves them alone), and at most 64 octets long (4.5.3.1.1).
"""

from __future__ import annotations

import hmac
import re
from base64 import b32encode
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, Final

_PURPOSE: Final = b"preceptor return address 1"
_MARK_OCTETS: Final = 10
_MARKED: Final = re.compile(r"(bounces|reply|classes)\+([a-z0-9-]{1,38})-([a-z2-7]{16})")
_LONGEST: Final = 320


class Use(StrEnum):
    """What an address is for; the value begins its local part, and is stored in `inbound_mail.use`."""

    BOUNCES = "bounces"
    REPLY = "reply"
    CLASSES = "classes"


@dataclass(frozen=True, slots=True, kw_only=True)
class Signed:
    """An address that we wrote: `name` is a letter of the outbox, or the tag of a meeting's twin (`CLASSES`)."""

    use: Use
    trust: str
    name: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Addresses:
    """Which addresses one message bears: the envelope's sender, Reply-To and ORGANIZER; "" for the usual ones."""

    sender: str = ""
    reply_to: str = ""
    organizer: str = ""


NONE: Final = Addresses()


def tagged(tag: str, domain: str) -> str:
    """Return the address of a meeting's organizer as it is stored, without its mark."""
    return f"{Use.CLASSES}+{tag}@{domain}"


def signed(key: str, use: Use, trust: str, name: str, domain: str) -> str:
    """Return the address of a letter, or of a meeting, with its mark."""
    return f"{use}+{name}-{_mark(key, use, trust, name)}@{domain}"


def read(key: str, address: str, trusts: Iterable[str]) -> Signed | None:
    """Return what an address stands for, or None where its mark is not ours for any of these trusts."""
    found = _MARKED.fullmatch(address[:_LONGEST].rpartition("@")[0].lower())
    if found is None:
        return None
    use, name = Use(found[1]), found[2]
    made = (trust for trust in trusts if hmac.compare_digest(_mark(key, use, trust, name), found[3]))
    trust = next(made, None)
    return None if trust is None else Signed(use=use, trust=trust, name=name)


def writer(key: str, domain: str) -> Callable[[Mapping[str, Any]], Addresses]:
    """Return what says which addresses the message of an outbox row bears.

    Only a letter that asks has a Reply-To of its own: what people write back to any other goes to the office.
    """

    def written(row: Mapping[str, Any]) -> Addresses:
        asks = row.get("approval") and row.get("account")
        return Addresses(
            sender=signed(key, Use.BOUNCES, row["trust"], row["id"], domain),
            reply_to=signed(key, Use.REPLY, row["trust"], row["id"], domain) if asks else "",
            organizer=_organizer(key, row),
        )

    return written


def _organizer(key: str, row: Mapping[str, Any]) -> str:
    """Sign the organizer of a meeting that has a tag; one from before the mailroom keeps its plain address."""
    local, _at, domain = (row["invitation"] or {}).get("organizer", "").rpartition("@")
    use, _plus, tag = local.partition("+")
    return signed(key, Use.CLASSES, row["trust"], tag, domain) if use == Use.CLASSES and tag else ""


def _mark(key: str, use: Use, trust: str, name: str) -> str:
    """Return 80 bits as 16 characters."""
    purpose = hmac.digest(key.encode(), _PURPOSE, "sha256")
    said = f"{use}\0{trust}\0{name}"
    return b32encode(hmac.digest(purpose, said.encode(), "sha256")[:_MARK_OCTETS]).decode().lower()

"""Why a letter was not delivered, as its report says (RFC 3464), or as plain ones do. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterator
from email.message import Message
from typing import Any, Final

from engine import text
from engine.mailroom import mime
from engine.mailroom.mime import Mail
from engine.mailroom.records import Bounce

_MOST: Final = 10
_STATUS: Final = re.compile(r"\b([245])\.(\d{1,3})\.(\d{1,3})\b")
_CODE: Final = re.compile(r"\b([45])[0-9]{2}[ -]")
_FAILED: Final = re.compile(
    r"undeliver|delivery (status notification|failure|failed|incomplete|has failed)|returned mail|failure notice|"
    r"mail delivery|could ?n[o']t be delivered|was not delivered",
    re.IGNORECASE,
)
_FOR_GOOD: Final = re.compile(
    r"user unknown|no such user|does not exist|doesn't exist|unknown (user|recipient|address)|invalid recipient|"
    r"address rejected|mailbox (unavailable|not found|is disabled)|recipient (not found|address rejected)|"
    r"couldn't be found|account.{0,20}disabled",
    re.IGNORECASE,
)
_NOT_THE_ADDRESS: Final = ("5.1.7", "5.1.8", "5.2.2", "5.2.3", "5.3.", "5.6.", "5.7.")
"""Our own address, mailbox full, too big, their system, what it says, policy: permanent for that message, not for the
address (RFC 3463 3.2 to 3.8)."""


def bounces(mail: Mail, said: str) -> tuple[Bounce, ...]:
    """Return what a report says of each recipient; a plain one, known by its words, says it of whoever it went to."""
    reported = tuple(_reported(mail))[:_MOST]
    if reported or mail.get_content_type() == "multipart/report":
        return reported
    return (_plain(said),) if _FAILED.search(mime.header(mail, "Subject")) else ()


def _reported(mail: Mail) -> Iterator[Bounce]:
    """Yield the recipients whose delivery failed or waits; not those that it reached, nor reports of reading."""
    for part in mime.leaves(mail):
        if part.get_content_type() == "message/delivery-status":
            for block in _blocks(part):
                action = mime.header(block, "Action").lower()
                if "Final-Recipient" in block and action in {"failed", "delayed"}:
                    yield _recipient(block, failed=action == "failed")


def _blocks(part: Mail) -> list[Mail]:
    held: Any = part.get_payload()
    return [one for one in held if isinstance(one, Message)] if isinstance(held, list) else []


def _recipient(block: Mail, *, failed: bool) -> Bounce:
    status = _STATUS.search(mime.header(block, "Status"))
    code = status[0] if status else ""
    answer = mime.header(block, "Diagnostic-Code") or mime.header(block, "Action")
    return Bounce(
        permanent=failed and not code.startswith(("4", *_NOT_THE_ADDRESS)),
        status=code,
        recipient=_address(block),
        answer=text.clean(answer, 300),
    )


def _address(block: Mail) -> str:
    """Return the address that we wrote to, if it says so, else the last one (RFC 3464 2.3.1, 2.3.2)."""
    said = mime.header(block, "Original-Recipient") or mime.header(block, "Final-Recipient")
    return said.partition(";")[2].strip().strip("<>").lower()[:254]


def _plain(said: str) -> Bounce:
    status = _STATUS.search(said)
    code = status[0] if status else ""
    kind = _CODE.search(said)
    lasting = code.startswith("5") or (not code and bool(_FOR_GOOD.search(said))) or (bool(kind and kind[1] == "5"))
    line = next((line for line in said.splitlines() if _STATUS.search(line) or _CODE.search(line)), "")
    return Bounce(
        permanent=lasting and not code.startswith(("4", *_NOT_THE_ADDRESS)),
        status=code,
        answer=text.clean(line or said, 300),
    )

"""Slips of authoring tools that keep a manifest from being XML, where what is meant is plain: mended, and said. Pure.

Tried only on text that no parser takes. What is cut short or wrongly nested is left alone: to guess there could play
the wrong thing.
"""

from __future__ import annotations

import html
import re
from typing import Final

# All but what XML 1.0 2.2 allows as a character.
_ILLEGAL: Final = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
_REFERENCE: Final = re.compile(r"&(?!(?:amp|lt|gt|quot|apos|#[0-9]+|#x[0-9a-fA-F]+);)([A-Za-z][A-Za-z0-9]{1,31};)?")
_ROOT: Final = re.compile(r"<(?:[\w.-]+:)?manifest\b")
_END: Final = re.compile(r"</(?:[\w.-]+:)?manifest\s*>")
_PREFIX: Final = re.compile(r"[<\s/](adlcp|adlseq|adlnav|imsss|imsmd|imsmanifest|lom|xsi|xlink):")
_SPACES: Final = {
    "adlseq": "http://www.adlnet.org/xsd/adlseq_v1p3",
    "adlnav": "http://www.adlnet.org/xsd/adlnav_v1p3",
    "imsss": "http://www.imsglobal.org/xsd/imsss",
    "xsi": "http://www.w3.org/2001/XMLSchema-instance",
}
_ADLCP: Final = {"": "http://www.adlnet.org/xsd/adlcp_rootv1p2", "2004": "http://www.adlnet.org/xsd/adlcp_v1p3"}


def mended(text: str) -> tuple[str, list[str]]:
    """Return the text with such slips mended, and what they were; without any it is the same text and nothing."""
    slips: list[str] = []
    for mend, slip in _MENDS:
        changed = mend(text)
        if changed != text:
            text = changed
            slips.append(slip)
    return text, slips


def _without_control(text: str) -> str:
    return _ILLEGAL.sub(" ", text)


def _referring(text: str) -> str:
    """Write out the names of HTML's characters, which XML does not know, and `&amp;` for an & that stands alone."""
    return _REFERENCE.sub(lambda found: _written(found.group()), text)


def _written(reference: str) -> str:
    meant = html.unescape(reference)
    return meant if meant != reference and len(reference) > 1 else f"&amp;{reference[1:]}"


def _bound(text: str) -> str:
    """Say in the outermost element what a prefix of the standard means, where the manifest only uses it."""
    used = sorted({one for one in _PREFIX.findall(text) if f"xmlns:{one}" not in text})
    if not used:
        return text
    edition = "2004" if "2004" in text or "scormType" in text else ""
    meant = {**_SPACES, "adlcp": _ADLCP[edition]}
    said = "".join(f' xmlns:{one}="{meant.get(one, f"urn:{one}")}"' for one in used)
    return _ROOT.sub(lambda found: found.group() + said, text, count=1)


def _ended(text: str) -> str:
    """Take away what follows the end, where it is no markup."""
    ends = list(_END.finditer(text))
    rest = text[ends[-1].end() :] if ends else ""
    return text[: ends[-1].end()] if rest.strip() and "<" not in rest else text


_MENDS: Final = (
    (_ended, "something follows its end"),
    (_without_control, "it has characters that XML does not allow"),
    (_referring, "it has an & that is not written &amp;"),
    (_bound, "it uses prefixes that it does not explain"),
)

"""Everything that is kept about one person, for that person: as JSON, and as a tagged PDF that can be read aloud."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from datetime import date, datetime
from importlib.util import find_spec
from typing import Any, Final
from zoneinfo import ZoneInfo

from engine.errors import EngineError
from engine.privacy.personal import Part

_LONDON: Final = ZoneInfo("Europe/London")
# Typst prints `data`, which comes as JSON beside this text: nothing that somebody is called can become markup.
_PAGES: Final = """\
#let data = json(bytes(sys.inputs.data))
#set document(title: data.title, author: "Preceptor", date: none)
#set text(lang: "en", font: "Libertinus Serif", size: 10pt)
#set page(paper: "a4", margin: 2cm, numbering: "1 / 1")
#title()
#data.said
#for part in data.parts [
  = #part.title
  #if part.rows.len() == 0 [Nothing is kept here.]
  #for row in part.rows {
    table(
      columns: (28%, 72%), stroke: 0.4pt + luma(70%),
      ..row.map(pair => (strong(pair.at(0)), text(pair.at(1)))).flatten()
    )
  }
]
"""


class NoPdf(EngineError):
    """A PDF needs the extra “pdf” (`pip install preceptor[pdf]`), which is not installed; the JSON says the same."""


def as_json(name: str, parts: Iterable[Part], now: datetime) -> bytes:
    """Write all parts as one JSON document: `of`, `as_of` and `parts` of `title` and `rows`."""
    rows = [{"title": part.title, "rows": part.rows} for part in parts]
    whole = {"of": name, "as_of": now.isoformat(), "parts": rows}
    return json.dumps(whole, default=_written, ensure_ascii=False, indent=2).encode()


def prints() -> bool:
    """Say whether the library that makes the PDF is installed."""
    return find_spec("typst") is not None


def as_pdf(name: str, parts: Iterable[Part], now: datetime) -> bytes:
    """Print all parts as a PDF; raises `NoPdf` where the library is not installed."""
    if not prints():
        raise NoPdf
    import typst  # noqa: PLC0415 - 80 MB that only this needs

    as_of = now.astimezone(_LONDON)
    printed = {
        "title": f"What is kept about {name}",
        "said": f"As of {as_of:%-d %B %Y}, {as_of:%H:%M}. Times are those of London.",
        "parts": [{"title": part.title, "rows": [_pairs(row) for row in part.rows]} for part in parts],
    }
    made: bytes = typst.compile(
        _PAGES.encode(), sys_inputs={"data": json.dumps(printed, ensure_ascii=False)}, timestamp=0
    )
    return made


def _pairs(row: Mapping[str, Any]) -> Sequence[tuple[str, str]]:
    """Return what a row says, as label and text; what is empty is left out."""
    return [(name.replace("_", " ").capitalize(), _printed(value)) for name, value in row.items() if value is not None]


def _printed(value: Any) -> str:
    if isinstance(value, datetime):
        return f"{value.astimezone(_LONDON):%-d %B %Y, %H:%M:%S}"
    if isinstance(value, date):
        return f"{value:%-d %B %Y}"
    if isinstance(value, dict | list):
        return json.dumps(value, default=_written, ensure_ascii=False)
    return "yes" if value is True else "no" if value is False else str(value)


def _written(value: object) -> str:
    return value.isoformat() if isinstance(value, date) else str(value)

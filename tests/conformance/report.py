"""The README's table of conformance, made of what the last runs wrote: `python -m tests.conformance engine browser`."""

import json
from collections import Counter
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from tests.conformance.cases import Verdict

ROOT = Path(__file__).resolve().parent.parent.parent
README = ROOT / "README.md"
RESULTS = Path(__file__).resolve().parent / "results.json"
BEGIN, END = "<!-- conformance: begin -->", "<!-- conformance: end -->"
WHERE = {"engine": "the pure engine", "browser": "the player in Chromium"}
GROUPS = {
    "API": "the API and launching",
    "CM": "control modes",
    "CO": "completion",
    "CT": "constrained choice",
    "DMI": "the data model, every element",
    "MS": "measures and satisfaction",
    "OB": "objectives",
    "RU": "rollup",
    "SX": "sequencing rules and limits",
}


def result(verdicts: Iterable[Verdict], *, date: str, seconds: float, divergences: int | None) -> dict[str, Any]:
    """Return what one run came to, ready for JSON: [passed, played] by group, and the cases that failed."""
    seen = list(verdicts)
    total, passed = Counter(one.group for one in seen), Counter(one.group for one in seen if not one.why)
    return {
        "date": date,
        "seconds": round(seconds),
        "divergences": divergences,
        "groups": {group: [passed[group], total[group]] for group in sorted(total)},
        "failed": [one.case for one in seen if one.why],
    }


def keep(name: str, told: dict[str, Any]) -> None:
    """Write the result of a run beside those of the other, and the README's table of both."""
    results = {**_results(), name: told}
    RESULTS.write_text(json.dumps(results, indent=2, sort_keys=True) + "\n")
    README.write_text(written(README.read_text()))


def written(readme: str) -> str:
    """Return the README with the table between its marks."""
    before, _, rest = readme.partition(BEGIN)
    after = rest.partition(END)[2]
    return f"{before}{BEGIN}\n{_table(_results())}\n{END}{after}"


def _results() -> dict[str, Any]:
    found: dict[str, Any] = json.loads(RESULTS.read_text()) if RESULTS.exists() else {}
    return found


def _table(results: dict[str, Any]) -> str:
    runs = [name for name in WHERE if name in results]
    groups = sorted({group for name in runs for group in results[name]["groups"]})
    rows = [
        _row("group", "what it is about", *(WHERE[name] for name in runs)),
        "|---|---|" + "---|" * len(runs),
        *(
            _row(group, GROUPS.get(group, ""), *(_score(results[name]["groups"].get(group)) for name in runs))
            for group in groups
        ),
        _row("**all**", "", *(f"**{_score(_sum(results[name]))}**" for name in runs)),
        _row("divergences", "calls that browser and server answered otherwise", *(_seen(results[n]) for n in runs)),
        _row("run", "", *(f"{results[n]['date']}, {results[n]['seconds']} s" for n in runs)),
        _row("command", "", *(f"`python -m tests.conformance {name}`" for name in runs)),
    ]
    return "\n".join(rows)


def _row(*cells: str) -> str:
    return f"| {' | '.join(cells)} |"


def _score(of: list[int] | None) -> str:
    return f"{of[0]} of {of[1]}" if of else ""


def _sum(told: dict[str, Any]) -> list[int]:
    return [sum(one[at] for one in told["groups"].values()) for at in (0, 1)]


def _seen(told: dict[str, Any]) -> str:
    return "" if told["divergences"] is None else str(told["divergences"])

"""Tries a template out in a child process with bounds on time and memory, before anybody gets it (SECURITY 7, 9).

The child is this module run by the same Python; it speaks JSON on its standard input and output.
"""

from __future__ import annotations

import json
import resource
import subprocess
import sys
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any, Final

from engine.errors import Garbled, TemplateError, TemplateLimit
from engine.wording import notices, rendering, skeleton
from engine.wording.branches import situations, troubles
from engine.wording.lint import Finding, Level, lint
from engine.wording.notices import Notice, Source
from engine.wording.rendering import Rendered, Template
from engine.wording.skeleton import Meant

SECONDS: Final = 10
SHOWN: Final = "shown"
"""The name under which it is rendered beside the samples, as somebody wants to look at it."""
_CPU_SECONDS: Final = 5
_MEMORY: Final = 512 * 1024 * 1024
_LABEL: Final = "trial/0"


@dataclass(frozen=True, slots=True, kw_only=True)
class Trial:
    """What was found in a source, and how it looks with each sample, by name, and in each situation, if asked."""

    notice: str
    source: Source
    findings: tuple[Finding, ...]
    samples: Mapping[str, Rendered]
    branches: Sequence[tuple[str, Rendered]] = ()

    @property
    def errors(self) -> tuple[Finding, ...]:
        """Return what forbids publishing it."""
        return tuple(finding for finding in self.findings if finding.level is Level.ERROR)


def try_out(
    notice: str,
    source: Source,
    *,
    seconds: float = SECONDS,
    shown: Mapping[str, Any] | None = None,
    branches: bool = False,
) -> Trial:
    """Lint a source and render it with every sample of its notice, and as `SHOWN` with what it is to be shown with.

    With `branches` it is also rendered in every situation that it tells apart; those that look alike come once.
    Raises `Missing` for an unknown notice and `TemplateLimit` where the child took too much time or memory.
    """
    notices.notice(notice)
    asked: dict[str, Any] = {"notice": notice, "subject": source.subject, "text": source.text, "html": source.html}
    asked |= {"language": source.language, "shown": shown, "branches": branches}
    try:
        child = subprocess.run(
            [sys.executable, "-I", "-m", "engine.wording.trial"],
            input=json.dumps(asked).encode(),
            capture_output=True,
            timeout=seconds,
            check=True,
        )
    except (subprocess.TimeoutExpired, subprocess.CalledProcessError):
        raise TemplateLimit from None
    answer = json.loads(child.stdout)
    return Trial(
        notice=notice,
        source=source,
        findings=tuple(Finding(**found | {"level": Level(found["level"])}) for found in answer["findings"]),
        samples={name: Rendered(**rendered) for name, rendered in answer["samples"].items()},
        branches=[(called, Rendered(**rendered)) for called, rendered in answer["branches"]],
    )


def try_ours(notice: str, source: Source) -> Trial:
    """Try out what is shipped in this process: it needs no bounds, and there are many of them."""
    findings, samples = examine(notices.notice(notice), source)
    return Trial(notice=notice, source=source, findings=tuple(findings), samples=samples)


def examine(
    notice: Notice, source: Source, shown: Mapping[str, Any] | None = None
) -> tuple[list[Finding], dict[str, Rendered]]:
    """Lint and render in this process, as the child does; only for sources that are ours."""
    findings = list(lint(source, notice))
    samples: dict[str, Rendered] = {}
    if not _errors(findings):
        template = rendering.compiled(notice, source)
        for name, sample in notice.samples.items():
            findings += _rendered(template, name, sample, samples, Level.ERROR)
        findings += [
            Finding(level=Level.ERROR, place=one.place, sentence=one.sentence) for one in troubles(notice, source)
        ]
        if shown and not _errors(findings):
            findings += _rendered(template, SHOWN, shown, samples, Level.WARNING)
    return findings, samples


def _rendered(
    template: Template, name: str, sample: Mapping[str, Any], into: dict[str, Rendered], level: Level
) -> list[Finding]:
    """Render with one sample, and return what is wrong with that."""
    try:
        into[name] = _read_back(template.render(sample))
    except (TemplateError, Garbled) as trouble:
        return [Finding(level=level, place=f"sample {name}", sentence=trouble.sentence)]
    if into[name].subject:
        return []
    return [Finding(level=level, place="subject", sentence=f"The subject is empty with the sample {name}.")]


def _errors(findings: Sequence[Finding]) -> bool:
    return any(finding.level is Level.ERROR for finding in findings)


def _read_back(rendered: Rendered) -> Rendered:
    """Return what was rendered, once the standard parser has read the same from its bytes (SECURITY 12)."""
    meant = Meant(headers=[("Subject", rendered.subject)], text=rendered.text, html=rendered.html)
    skeleton.reparse(skeleton.build(meant), meant)
    return rendered


def _every_branch(notice: Notice, source: Source) -> list[tuple[str, Rendered]]:
    """Render a text that was examined and found sound in every situation; those that look alike come once."""
    template = rendering.compiled(notice, source)
    looks: dict[Rendered, str] = {}
    for called, said in situations(notice, source):
        looks.setdefault(template.render(said), called)
    return [(called, rendered) for rendered, called in looks.items()]


def _limit() -> None:
    resource.setrlimit(resource.RLIMIT_CPU, (_CPU_SECONDS, _CPU_SECONDS))
    resource.setrlimit(resource.RLIMIT_AS, (_MEMORY, _MEMORY))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))


def _answer(asked: Mapping[str, Any]) -> dict[str, Any]:
    written = {name: asked[name] for name in ("subject", "text", "html", "language")}
    source = Source(**written, label=_LABEL)
    notice = notices.notice(asked["notice"])
    findings, samples = examine(notice, source, asked["shown"])
    wanted = asked["branches"] and not _errors(findings)
    return {
        "branches": [(called, asdict(one)) for called, one in (_every_branch(notice, source) if wanted else ())],
        "findings": [asdict(finding) for finding in findings],
        "samples": {name: asdict(rendered) for name, rendered in samples.items()},
    }


if __name__ == "__main__":
    _limit()
    json.dump(_answer(json.load(sys.stdin)), sys.stdout)

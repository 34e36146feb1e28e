"""Tries a template out in a child process with bounds on time and memory, before anybody gets it (SECURITY 7, 9).

The child is this module run by the same Python; it speaks JSON on its standard input and output.
"""

from __future__ import annotations

import json
import resource
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any, Final

from engine import notices, rendering, skeleton
from engine.errors import Garbled, TemplateError, TemplateLimit
from engine.lint import Finding, Level, lint
from engine.notices import Notice, Source
from engine.rendering import Rendered
from engine.skeleton import Meant

SECONDS: Final = 10
REAL: Final = "real"
"""The name under which a real letter is rendered beside the samples."""
_CPU_SECONDS: Final = 5
_MEMORY: Final = 512 * 1024 * 1024
_LABEL: Final = "trial/0"


@dataclass(frozen=True, slots=True, kw_only=True)
class Trial:
    """What was found in a source, and how it looks with each sample, by name."""

    notice: str
    source: Source
    findings: tuple[Finding, ...]
    samples: Mapping[str, Rendered]

    @property
    def errors(self) -> tuple[Finding, ...]:
        """Return what forbids publishing it."""
        return tuple(finding for finding in self.findings if finding.level is Level.ERROR)


def try_out(notice: str, source: Source, *, seconds: float = SECONDS, real: Mapping[str, Any] | None = None) -> Trial:
    """Lint a source and render it with every sample of its notice, and as `REAL` with the tokens of a real letter.

    Raises `Missing` for an unknown notice and `TemplateLimit` where the child took too much time or memory.
    """
    notices.notice(notice)
    asked: dict[str, Any] = {"notice": notice, "subject": source.subject, "text": source.text, "html": source.html}
    asked |= {"language": source.language, "real": real}
    try:
        child = subprocess.run(
            [sys.executable, "-I", "-m", "engine.trial"],
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
    )


def examine(
    notice: Notice, source: Source, real: Mapping[str, Any] | None = None
) -> tuple[list[Finding], dict[str, Rendered]]:
    """Lint and render in this process, as the child does; only for sources that are ours."""
    findings = list(lint(source, notice))
    samples: dict[str, Rendered] = {}
    if not any(finding.level is Level.ERROR for finding in findings):
        template = rendering.compiled(notice, source)
        for name, sample in {**notice.samples, **({REAL: real} if real else {})}.items():
            try:
                samples[name] = _read_back(template.render(sample))
            except (TemplateError, Garbled) as trouble:
                findings.append(Finding(level=Level.ERROR, place=f"sample {name}", sentence=trouble.sentence))
    findings += [
        Finding(level=Level.ERROR, place="subject", sentence=f"The subject is empty with the sample {name}.")
        for name, rendered in samples.items()
        if not rendered.subject
    ]
    return findings, samples


def _read_back(rendered: Rendered) -> Rendered:
    """Return what was rendered, once the standard parser has read the same from its bytes (SECURITY 12)."""
    meant = Meant(headers=[("Subject", rendered.subject)], text=rendered.text, html=rendered.html)
    skeleton.reparse(skeleton.build(meant), meant)
    return rendered


def _limit() -> None:
    resource.setrlimit(resource.RLIMIT_CPU, (_CPU_SECONDS, _CPU_SECONDS))
    resource.setrlimit(resource.RLIMIT_AS, (_MEMORY, _MEMORY))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))


def _answer(asked: Mapping[str, Any]) -> dict[str, Any]:
    written = {name: asked[name] for name in ("subject", "text", "html", "language")}
    source = Source(**written, label=_LABEL)
    findings, samples = examine(notices.notice(asked["notice"]), source, asked["real"])
    return {
        "findings": [asdict(finding) for finding in findings],
        "samples": {name: asdict(rendered) for name, rendered in samples.items()},
    }


if __name__ == "__main__":
    _limit()
    json.dump(_answer(json.load(sys.stdin)), sys.stdout)

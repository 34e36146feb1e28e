"""Trial runs in a real Chromium: what small packages do is seen as it is, and no package gets out of its bounds."""

from __future__ import annotations

from pathlib import Path

import pytest

from engine.settings import Settings
from engine.settings import read as settings_of
from scorm.trial import running, trying
from scorm.trial.records import Trial
from scorm.trial.running import Bounds
from tests import odd_packages
from tests.clock import FrozenClock
from tests.odd_packages import BEGIN, FIND
from tests.servers import ensure_chromium

pytestmark = pytest.mark.browser


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    """Give settings that name the browser."""
    return settings_of({"PRECEPTOR_DATA_DIR": str(tmp_path), "PRECEPTOR_CHROMIUM": str(ensure_chromium())})


def tried(path: Path, settings: Settings, clock: FrozenClock, seconds: float) -> Trial:
    return trying.try_zip(path, settings, clock(), seconds)


def test_what_every_part_does_is_seen(tmp_path: Path, settings: Settings, clock: FrozenClock) -> None:
    pages = {
        "Übung": f"{BEGIN} call('SetValue', 'cmi.location', 'Größe 安全'); call('SetValue', 'cmi.nothing', '1');"
        "addEventListener('unload', () => call('Terminate', ''))",
        "done": f"{BEGIN} call('SetValue', 'cmi.completion_status', 'completed'); call('Terminate', '')",
        "faulty": f"{FIND} alert('Hello'); window.open('popup.html'); new Image().src = 'lost.png';"
        "new Image().src = 'https://cdn.example/a.png'; nothing.at.all()",
    }
    path = odd_packages.zipped(tmp_path, pages, edition="2004 4th Edition", title="Übung 安全")

    trial = tried(path, settings, clock, seconds=8)

    seen = {one.part: one for one in trial.seen}
    first, done, faulty = (seen[name] for name in pages)
    assert trial.trouble == ""
    assert (first.asked[-1:], first.elements, first.refused) == (
        ("API_1484_11",),
        ("cmi.location",),
        (("cmi.nothing", "401"),),
    )
    assert (first.ended, done.ended, done.completion, done.counted) == ("leaving", "itself", "completed", True)
    assert (faulty.dialogs, faulty.dialog, faulty.windows) == (1, "Hello", ("popup.html",))
    assert "nothing is not defined" in faulty.errors[0]
    assert (dict(faulty.failed), dict(faulty.blocked)) == (
        {"lost.png": "404"},
        {"https://cdn.example/a.png": "img-src"},
    )


def test_a_hostile_package_is_stopped_part_by_part(
    tmp_path: Path, settings: Settings, clock: FrozenClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    pages = {
        "loop": f"{BEGIN} setTimeout(() => {{ while (true); }})",
        "alerts": "while (true) alert('again')",
        "windows": "for (let n = 0; n < 1000; n++) window.open(`w${n}.html`)",
        "memory": "const kept = []; setInterval(() => kept.push(new Uint8Array(64 << 20).fill(1)), 1)",
        "after": BEGIN,
    }
    monkeypatch.setattr(running, "Bounds", lambda: Bounds(memory=900 << 20))
    path = odd_packages.zipped(tmp_path, pages)

    trial = tried(path, settings, clock, seconds=3)

    seen = {one.part: one for one in trial.seen}
    assert seen["loop"].stopped == "hung"
    assert seen["alerts"].dialogs >= 100
    assert len(seen["windows"].windows) == 20
    assert seen["memory"].stopped in {"memory", "crash"}
    assert seen["after"].initialised

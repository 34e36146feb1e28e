"""Finds a Chromium and starts one for content that nobody trusts: a profile of its own, and no way out but a proxy."""

from __future__ import annotations

import fcntl
import os
import shutil
from dataclasses import dataclass
from pathlib import Path
from typing import Final

NAMES: Final = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable", "chrome")
ABSENT: Final = (
    "There is no Chromium on this machine, so the course was not opened. Install one where the worker runs (on Debian: "
    "apt-get install chromium), or name it in PRECEPTOR_CHROMIUM."
)
UNSAFE: Final = (
    "Chromium cannot shut in what it opens when the worker runs as root, so the course was not opened. Run the worker "
    "as another user."
)
_READS, _WRITES = 3, 4  # where Chromium looks for its pipes
_ARGUMENTS: Final = (
    "--headless",
    "--remote-debugging-pipe",
    "--no-first-run",
    "--no-default-browser-check",
    "--disable-gpu",
    "--disable-extensions",
    "--disable-background-networking",
    "--disable-features=HttpsUpgrades,HttpsFirstBalancedModeAutoEnable,Translate,MediaRouter,OptimizationHints",
    "--disable-component-update",
    "--disable-sync",
    "--disable-breakpad",
    "--disable-crash-reporter",
    "--disable-dev-shm-usage",
    "--disable-popup-blocking",
    "--mute-audio",
    "--autoplay-policy=no-user-gesture-required",
    "--force-webrtc-ip-handling-policy=disable_non_proxied_udp",
    "--js-flags=--max-old-space-size=512",
    "--window-size=1280,800",
)


@dataclass(frozen=True, slots=True)
class Started:
    """A Chromium that runs: where it is heard, and where it is told."""

    reading: int
    writing: int

    def close(self) -> None:
        """Close the pipes, at which it ends."""
        os.close(self.writing)
        os.close(self.reading)


def find(named: str = "") -> str:
    """Return where Chromium is, by its setting or on the PATH, or ""."""
    if named:
        return shutil.which(named) or ""
    return next((path for name in NAMES if (path := shutil.which(name))), "")


def unsandboxed() -> bool:
    """Say whether Chromium refuses to run with its sandbox: as root it does."""
    return os.geteuid() == 0


def start(program: str, folder: Path, proxy: str) -> Started:
    """Start it with a profile in a folder, in this process's own group; all that it asks for goes to the proxy."""
    heard, says = _pipe()
    listens, told = _pipe()
    # Without this rule it would go past the proxy to whatever else listens on this machine.
    way = (f"--user-data-dir={folder / 'profile'}", f"--proxy-server={proxy}", "--proxy-bypass-list=<-loopback>")
    sandbox = ("--no-sandbox",) if unsandboxed() else ()
    actions = [
        (os.POSIX_SPAWN_DUP2, listens, _READS),
        (os.POSIX_SPAWN_DUP2, says, _WRITES),
        *((os.POSIX_SPAWN_OPEN, stream, os.devnull, os.O_RDWR, 0) for stream in (0, 1, 2)),
    ]
    home = {name: str(folder) for name in ("HOME", "TMPDIR", "XDG_CONFIG_HOME", "XDG_CACHE_HOME", "XDG_RUNTIME_DIR")}
    words = [program, *_ARGUMENTS, *way, *sandbox, "about:blank"]
    os.posix_spawn(program, words, {**os.environ, **home}, file_actions=actions)
    os.close(listens)
    os.close(says)
    return Started(heard, told)


def _pipe() -> tuple[int, int]:
    """Make a pipe whose ends are above the numbers at which Chromium looks, so that none stands in another's way."""
    low = os.pipe()
    high = [fcntl.fcntl(end, fcntl.F_DUPFD_CLOEXEC, 10) for end in low]
    for end in low:
        os.close(end)
    return high[0], high[1]

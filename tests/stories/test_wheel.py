"""The wheel away from the repository: it carries everything that the demo needs."""

import os
import signal
import socket
import subprocess
import sys
import urllib.request
import zipfile
from collections.abc import Iterator
from functools import partial
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from tests.waiting import until

ROOT = Path(__file__).resolve().parent.parent.parent
EXPECTED = 14  # nine places, three on waiting lists, one stat & mand form, one request for a place
BUILD = "import sys; from hatchling.build import build_wheel; print(build_wheel(sys.argv[1]))"


@pytest.fixture(scope="module")
def unpacked(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Build the wheel and unpack it where a package manager would."""
    folder = tmp_path_factory.mktemp("wheel")
    command = [sys.executable, "-c", BUILD, str(folder)]
    built = subprocess.run(command, cwd=ROOT, check=True, capture_output=True, text=True)
    with zipfile.ZipFile(folder / built.stdout.strip().splitlines()[-1]) as wheel:
        wheel.extractall(folder / "site")
    return folder / "site"


@pytest.fixture
def demo(unpacked: Path, tmp_path: Path, free_port: int) -> Iterator[tuple[subprocess.Popen[str], str]]:
    """Run the wheel's demo in an empty folder, and give its process and address."""
    command = [sys.executable, "-P", "-m", "workflows", "demo", "--no-browser", "--port", str(free_port)]
    environment = {**os.environ, "PYTHONPATH": str(unpacked)}
    with subprocess.Popen(command, cwd=tmp_path, env=environment, stdout=subprocess.PIPE, text=True) as process:
        yield process, f"http://127.0.0.1:{free_port}"
        process.kill()


def answer(address: str) -> str:
    """Return a page as soon as the server answers."""
    until(partial(listens, urlsplit(address).port), f"something answers at {address}", seconds=60)
    with urllib.request.urlopen(address) as response:  # noqa: S310 - our own server
        return str(response.read().decode())


def listens(port: int) -> bool:
    """Say whether anybody takes a connection."""
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0


def mailed(folder: Path, how_many: int) -> int:
    """Wait until so many messages have come, and return their number."""
    until(lambda: len(list(folder.glob("*.eml"))) >= how_many, f"{how_many} messages have come", seconds=60)
    return len(list(folder.glob("*.eml")))


@pytest.mark.story
def test_the_wheel_runs_the_demo_and_ctrl_c_stops_it_cleanly(
    demo: tuple[subprocess.Popen[str], str], unpacked: Path, tmp_path: Path
) -> None:
    process, address = demo

    page = answer(f"{address}/sign-in")
    messages = mailed(tmp_path / ".data" / "demo" / "mailbox", EXPECTED)
    process.send_signal(signal.SIGINT)
    said, _ = process.communicate(timeout=30)

    assert "Sign in" in page
    assert messages == EXPECTED
    assert process.returncode == 0
    assert "priya.nair" in said
    assert "Stopped" in said
    assert not list(unpacked.rglob("*.zip"))

"""`preceptor demo`: a whole trust in one process: pages, content origin, worker and mail sink."""

from __future__ import annotations

import shutil
import socket
import sys
import webbrowser
from pathlib import Path

import click

from engine import settings
from engine.errors import EngineError
from workflows.demo import running

_SURROUNDINGS = 3


@click.command()
@click.option("--port", default=8000, show_default=True, type=click.IntRange(1024, 65535))
@click.option("--data", type=click.Path(path_type=Path, file_okay=False), default=Path(".data/demo"), show_default=True)
@click.option("--fresh", is_flag=True, help="Throw the demo's data away first.")
@click.option("--no-browser", is_flag=True, help="Do not open a browser.")
def demo(port: int, data: Path, *, fresh: bool, no_browser: bool) -> int:
    """Start a trust with people, classes and SCORM courses of our own making; Ctrl-C stops it."""
    if _taken(port):
        click.echo(f"preceptor: port {port} is taken. Choose another with --port.", err=True)
        return _SURROUNDINGS
    if fresh:
        _remove(data)
    chosen = settings.read(running.environment(data, port, _free_port()))
    with running.started(chosen) as site:
        for line in site.greeting():
            click.echo(line)
        sys.stdout.flush()
        if not no_browser:
            webbrowser.open(chosen.app_origin)
        site.wait()
    click.echo("Stopped. Everything is kept for the next start.")
    return 0


def _remove(data: Path) -> None:
    """Remove what an earlier demo made, and refuse a folder that is somebody else's."""
    if not data.exists():
        return
    if not (data / running.MARK).exists():
        raise EngineError(f"{data} was not made by the demo, so it is left alone.")
    shutil.rmtree(data)


def _taken(port: int) -> bool:
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
    return port

"""`preceptor scorm`: judge a package, import it, and read the flight recorder of an attempt."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import click
from sqlalchemy import select

from engine.errors import Missing
from scorm import calls, library, playing, recorder, store
from scorm.packaging import package
from scorm.packaging.inspection import inspecting
from scorm.packaging.inspection.reader import Result
from scorm.packaging.manifest import Manifest
from scorm.packaging.package import Verdict as Check
from scorm.runtime import verdict
from scorm.runtime.verdict import Verdict
from scorm.tables import attempts
from scorm.trial import telling, trying
from scorm.trial.records import Trial
from workflows import app
from workflows.commands.people import the_trust
from workflows.commands.report import as_json, engine_of, say, settings_of
from workflows.learning import attempt_version, versioning

_SURROUNDINGS = 3
_ZIP = click.Path(path_type=Path)


@click.group()
def scorm() -> None:
    """SCORM packages and attempts."""


@scorm.command()
@click.argument("file", metavar="ZIP", type=_ZIP)
@click.option("--run", is_flag=True, help="Open each part for a while in a headless Chromium too.")
@click.option("--seconds", default=20.0, show_default=True, type=click.FloatRange(1, 300), help="How long each part.")
@as_json
@click.pass_context
def check(context: click.Context, file: Path, *, run: bool, seconds: float, wants_json: bool) -> int:
    """Say whether a package can be played, and why not; keeps nothing. Exit 1 if it cannot, 3 without a Chromium."""
    chosen = settings_of(context)
    found = package.examine(file)
    read = inspecting.of_zip(file, found.manifest) if found.accepted else Result()
    said = inspecting.warnings(read, chosen.content_hosts)
    found = replace(found, warnings=(*found.warnings, *said))
    findings = [one.as_dict() for one in read.findings] if read else None
    trial = trying.try_zip(file, chosen, app.clock_of(chosen)(), seconds) if run and found.accepted else None
    answer = {**found.as_dict(), "findings": findings, **({"trial": trial.as_dict()} if trial else {})}
    lines = [*_lines(file, found), *(_tried(trial, found.edition) if trial else ())]
    say(answer, lines, wants_json=wants_json)
    if trial and trial.trouble:
        return _SURROUNDINGS
    return 0 if found.accepted else 1


@scorm.command("import")
@click.argument("file", metavar="ZIP", type=_ZIP)
@click.option("--trust", help="Needed where there are several trusts.")
@click.option("--version-of", metavar="PACKAGE", help="Make it the next version of this one, a draft.")
@as_json
@click.pass_context
def import_package(
    context: click.Context, file: Path, *, trust: str | None, version_of: str | None, wants_json: bool
) -> None:
    """Import a package as a new immutable version; the same contents again change nothing."""
    engine = engine_of(context)
    with engine.reading() as connection:
        home = the_trust(connection, trust)
    chosen = settings_of(context)
    imported = package.read(file, chosen.blobs)
    found = inspecting.of_files(chosen.blobs, imported.files, Manifest.recorded(imported.manifest))
    said = inspecting.warnings(found, chosen.content_hosts)
    imported = replace(imported, warnings=(*imported.warnings, *said))
    with engine.transaction() as tx:
        if version_of:
            versioning.upload(tx, home, version_of, imported)
        stored = library.add(tx.connection, home, imported, tx.now)
    new = stored.imported_at == tx.now
    answer = {"package": imported.hash, "title": imported.title, "new": new, "warnings": imported.warnings}
    known = "is imported" if new else "was imported before; nothing changed"
    say(answer, [f"{imported.title} {known}: {imported.hash}", *imported.warnings], wants_json=wants_json)


@scorm.command()
@click.argument("attempt")
@click.option("--at", metavar="N", type=click.IntRange(1), help="As of the Nth call of the newest launch.")
@as_json
@click.pass_context
def log(context: click.Context, attempt: str, *, at: int | None, wants_json: bool) -> None:
    """Read the flight recorder of ATTEMPT: every call of its newest launch, and what the data were then."""
    with engine_of(context).reading() as connection:
        row = connection.execute(select(attempts).where(attempts.c.id == attempt)).one_or_none()
        if row is None:
            raise Missing(f"There is no attempt {attempt}.")
        key = {"trust": row.trust, "attempt": row.id, "epoch": row.epoch}
        made = calls.read(connection, key, at)
        data = playing.as_of(connection, row.trust, row.id, row.epoch, made[-1].seq if made else 0).snapshot()
    answer = {**key, "calls": [call._asdict() for call in made], "data": data}
    lines = (
        f"{call.seq:>5} {call.at} {call.fn}({', '.join(call.args)}) -> {call.answer!r} {call.error}" for call in made
    )
    say(answer, [*lines, json.dumps(data, ensure_ascii=False)], wants_json=wants_json)


@scorm.command()
@click.argument("attempt")
@as_json
@click.pass_context
def why(context: click.Context, attempt: str, *, wants_json: bool) -> None:
    """Say in plain words why ATTEMPT came to what it came to, with the calls that show it."""
    with engine_of(context).reading() as connection:
        row = connection.execute(select(attempts.c.trust).where(attempts.c.id == attempt)).one_or_none()
        found = store.attempt(connection, row.trust, attempt) if row else None
        if found is None:
            raise Missing(f"There is no attempt {attempt}.")
        said = verdict.judge(recorder.story(connection, found))
        version = attempt_version.told(connection, found)
    answer = {**said.as_dict(), "version": version.as_dict()}
    say(answer, [*_reasons(said), *version.sentences], wants_json=wants_json)


def _tried(trial: Trial, edition: str) -> Iterator[str]:
    yield f"  trial run: {telling.summary(trial)}"
    for seen in trial.seen:
        yield f"  {seen.title or seen.part} ({telling.look(seen, edition).lower()})"
        yield from (f"    {sentence}" for sentence in telling.sentences(seen, edition))


def _reasons(said: Verdict) -> Iterator[str]:
    yield said.answer
    for fact in said.facts:
        seen = "; ".join(f"window {one.window}, call {one.call}, {one.at}" for one in fact.evidence)
        yield f"  {fact.sentence}{f' [{seen}]' if seen else ''}"
    yield f"What can be done: {said.support}"


def _lines(file: Path, found: Check) -> Iterator[str]:
    kind = f"{found.standard} {found.edition.removeprefix(found.standard).strip()}".strip()
    yield f"{file.name}: {'can be played' if found.accepted else 'is refused'} ({kind or 'no known standard'})"
    if found.accepted:
        yield f"  {found.title}: {found.files} files, starts with {found.launch}"
    yield from (f"  refused: {reason}" for reason in found.reasons)
    yield from (f"  warning: {warning}" for warning in found.warnings)

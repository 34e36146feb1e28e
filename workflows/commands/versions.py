"""`preceptor scorm versions`, `compare`, `publish`, `roll-back`, `move`, `undo-move`: versions of packages."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import click
from sqlalchemy import Connection, select

from engine.errors import Missing
from engine.machine import THE_SYSTEM
from scorm.packaging.comparing import Comparison
from scorm.tables import packages
from workflows.commands.packages import scorm
from workflows.commands.people import the_trust
from workflows.commands.report import as_json, engine_of, say
from workflows.learning import move_pages, moving, undoing, version_store, versioning
from workflows.learning.moves import Order, Progress, Scope
from workflows.learning.version_store import Line

__all__ = ["scorm"]

_TRUST = click.option("--trust", help="Needed where there are several trusts.")


@scorm.command()
@click.argument("package")
@_TRUST
@as_json
@click.pass_context
def versions(context: click.Context, package: str, *, trust: str | None, wants_json: bool) -> None:
    """List the versions of PACKAGE (the hash of any of them, or its beginning), the newest first."""
    with engine_of(context).reading() as connection:
        line = _line(connection, the_trust(connection, trust), package)
    shown = [_shown(one) for one in line.versions]
    lines = (
        f"{one['number']:>3} {one['state']:<10} {one['package'][:16]}  {one['going_on']} go on, {one['over']} ended"
        f"{'  ' + one['comment'] if one['comment'] else ''}"
        for one in shown
    )
    say(shown, [f"{line.published.title} ({', '.join(line.offered) or 'not offered'})", *lines], wants_json=wants_json)


@scorm.command()
@click.argument("package")
@click.argument("other", required=False)
@_TRUST
@as_json
@click.pass_context
def compare(context: click.Context, package: str, other: str | None, *, trust: str | None, wants_json: bool) -> None:
    """Say what PACKAGE changes against OTHER (the published version), and what progress it takes over."""
    with engine_of(context).reading() as connection:
        home = the_trust(connection, trust)
        line, new = _line(connection, home, package), _hash(connection, home, package)
        old = _hash(connection, home, other) if other else line.published.package
        found = version_store.compared(connection, home, old, new)
    say({"from": old, "to": new, **found.as_dict()}, _differences(found), wants_json=wants_json)


@scorm.command()
@click.argument("package")
@click.option("--comment", required=True, help="What is new; it is kept.")
@_TRUST
@as_json
@click.pass_context
def publish(context: click.Context, package: str, *, comment: str, trust: str | None, wants_json: bool) -> None:
    """Have new attempts begin on PACKAGE, a draft; those that run stay on their version."""
    _act(context, package, trust, versioning.publish, comment, wants_json=wants_json)


@scorm.command("roll-back")
@click.argument("package")
@click.option("--reason", required=True, help="Why; it is kept.")
@_TRUST
@as_json
@click.pass_context
def roll_back(context: click.Context, package: str, *, reason: str, trust: str | None, wants_json: bool) -> None:
    """Have new attempts begin on PACKAGE, an earlier version, again."""
    _act(context, package, trust, versioning.roll_back, reason, wants_json=wants_json)


@scorm.command()
@click.argument("package")
@click.option("--reason", required=True, help="Why; it is kept, and learners can read it.")
@click.option("--scope", type=click.Choice([str(Scope.ALL), str(Scope.KEEPING)]), default=str(Scope.KEEPING))
@click.option("--progress", type=click.Choice([*map(str, Progress)]), default=str(Progress.KEEP))
@_TRUST
@as_json
@click.pass_context
def move(  # noqa: PLR0913 - one parameter an option
    context: click.Context,
    package: str,
    *,
    reason: str,
    scope: str,
    progress: str,
    trust: str | None,
    wants_json: bool,
) -> None:
    """Move attempts to PACKAGE, the published version; one that may be open is moved when it is opened next."""
    engine = engine_of(context)
    with engine.reading() as connection:
        home = the_trust(connection, trust)
        target = _hash(connection, home, package)
    order = Order(package=target, scope=Scope(scope), progress=Progress(progress), reason=reason)
    made = moving.move(engine, THE_SYSTEM, home, order)
    with engine.reading() as connection:
        counts = move_pages.counted(connection, home, made)
    said = ", ".join(f"{count} {name}" for name, count in counts.items())
    say({"id": made, **counts}, [f"Move {made}: {said}"], wants_json=wants_json)


@scorm.command("undo-move")
@click.argument("order")
@_TRUST
@as_json
@click.pass_context
def undo_move(context: click.Context, order: str, *, trust: str | None, wants_json: bool) -> None:
    """Undo what ORDER moved and was not played since."""
    engine = engine_of(context)
    with engine.reading() as connection:
        home = the_trust(connection, trust)
    found = undoing.undo(engine, THE_SYSTEM, home, order)
    lines = (f"  {one}: {why}" for one, why in found.refused.items())
    say({"done": found.done, "refused": found.refused}, [f"{found.done} undone", *lines], wants_json=wants_json)


def _act(  # noqa: PLR0913 - what is done, to which, and why
    context: click.Context, package: str, trust: str | None, how: Any, why: str, *, wants_json: bool
) -> None:
    engine = engine_of(context)
    with engine.transaction() as tx:
        home = the_trust(tx.connection, trust)
        target = _hash(tx.connection, home, package)
        how(tx, home, target, why)
        line = version_store.line(tx.connection, home, target)
    number = line.published.number
    say(_shown(line.published), [f"Version {number} of {line.published.title} is published"], wants_json=wants_json)


def _line(connection: Connection, trust: str, package: str) -> Line:
    return version_store.line(connection, trust, _hash(connection, trust, package))


def _hash(connection: Connection, trust: str, beginning: str) -> str:
    """Return the only package whose hash begins so; raises `Missing`."""
    mine = (packages.c.trust == trust, packages.c.hash.startswith(beginning, autoescape=True))
    found = connection.scalars(select(packages.c.hash).where(*mine).limit(2)).all()
    if len(found) != 1:
        raise Missing(f"There is no package {beginning}, or more than one whose hash begins so.")
    return str(found[0])


def _shown(one: Any) -> dict[str, Any]:
    named = ("number", "package", "state", "title", "edition", "comment", "added_at", "published_at")
    return {**{name: getattr(one, name) for name in named}, "going_on": one.usage.going_on, "over": one.usage.over}


def _differences(found: Comparison) -> Iterator[str]:
    yield from found.says or ("Standard, parts and rules are the same.",)
    for what, files in (("changed", found.changed_files), ("new", found.new_files), ("gone", found.lost_files)):
        if files.count:
            more = " and more" if files.count > len(files.names) else ""
            yield f"{files.count} files {what}: {', '.join(files.names)}{more}"
    yield f"Progress that can be kept: {found.keeps}"
    yield from (f"  {reason}" for reason in found.reasons)

"""`preceptor templates`: which texts there are, whether they can be used, and how one looks."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import click
from sqlalchemy import Connection, select

from engine.errors import Invalid
from engine.wording import notices, rendering
from engine.wording.notices import Source
from engine.wording.template_tables import template_versions
from engine.wording.templates import State, applying
from engine.wording.trial import Trial, try_ours, try_out
from workflows.commands.people import the_trust
from workflows.commands.report import as_json, engine_of, say


@click.group()
def templates() -> None:
    """The texts of notices."""


@templates.command("list")
@as_json
def list_templates(*, wants_json: bool) -> None:
    """Name every notice."""
    found = [notices.notice(name) for name in notices.names()]
    answer = [{"notice": notice.name, "title": notice.title, "version": notice.source.label} for notice in found]
    say(answer, (f"{notice.name:<36} {notice.title}" for notice in found), wants_json=wants_json)


@templates.command()
@as_json
@click.pass_context
def lint(context: click.Context, *, wants_json: bool) -> int:
    """Try out every shipped template and every published one of a trust; exit 1 if one has an error."""
    engine = engine_of(context)
    with engine.reading() as connection:
        tried = [*_shipped(), *_published(connection)]
    found = [
        {"notice": trial.notice, "version": trial.source.label, "level": finding.level, "place": finding.place}
        | {"finding": finding.sentence}
        for trial in tried
        for finding in trial.findings
    ]
    lines = [f"{f['notice']} {f['version']} {f['place']}: {f['finding']}" for f in found]
    say(found, lines or [f"{len(tried)} templates, nothing found."], wants_json=wants_json)
    return 1 if any(trial.errors for trial in tried) else 0


@templates.command()
@click.argument("notice")
@click.option("--organisation", help="Whose text; the default is the national one.")
@click.option("--trust", help="Needed where there are several trusts.")
@click.option("--sample", help="Which of the notice's samples; the default is its first.")
@click.pass_context
def render(
    context: click.Context, notice: str, *, organisation: str | None, trust: str | None, sample: str | None
) -> None:
    """Print the subject and the text of NOTICE, filled in with a sample."""
    declared = notices.notice(notice)
    name = sample or next(iter(declared.samples))
    if name not in declared.samples:
        raise Invalid(f"{notice} has no sample “{name}”; it has: {', '.join(declared.samples)}.")
    source = _source(context, notice, organisation, trust) if organisation else declared.source
    rendered = rendering.compiled(declared, source).render(declared.samples[name])
    click.echo(f"Subject: {rendered.subject}\n\n{rendered.text}", nl=False)


def _source(context: click.Context, notice: str, organisation: str, trust: str | None) -> Source:
    with engine_of(context).reading() as connection:
        return applying(connection, the_trust(connection, trust), organisation, notice)


def _shipped() -> Iterator[Trial]:
    for name in notices.names():
        for source in notices.notice(name).sources.values():
            yield try_ours(name, source)


def _published(connection: Connection) -> Iterator[Trial]:
    current = select(template_versions).where(template_versions.c.state == State.PUBLISHED)
    for row in connection.execute(current).mappings():
        yield try_out(row["notice"], _as_source(row))


def _as_source(row: Any) -> Source:
    label = f"{row['organisation']}/{row['version']}"
    words = {name: row[name] for name in ("subject", "text", "html")}
    return Source(**words, label=label, language=row["language"] or notices.ENGLISH)

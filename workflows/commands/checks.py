"""`preceptor workflows check`: whether the whole bundle is sound, alone and against the live data."""

from __future__ import annotations

import time
from dataclasses import asdict

import click

from engine.checking import reach, soundness
from engine.checking.findings import Finding, Severity
from workflows.bundle import BUNDLE
from workflows.commands.report import as_json, engine_of, say


@click.command()
@click.option("--tables-only", is_flag=True, help="Without a database: not whom the live data knows.")
@as_json
@click.pass_context
def check(context: click.Context, *, tables_only: bool, wants_json: bool) -> int:
    """Prove every workflow sound before it runs; exit 1 if there is an error."""
    began = time.monotonic()
    checked = soundness.check(BUNDLE)
    findings = [*checked.findings, *(() if tables_only else _live(context))]
    seconds = round(time.monotonic() - began, 1)
    errors = sum(one.severity is Severity.ERROR for one in findings)
    warnings = sum(one.severity is Severity.WARNING for one in findings)
    answer = {
        "findings": [asdict(one) for one in findings],
        "cases": dict(checked.cases),
        "errors": errors,
        "warnings": warnings,
        "seconds": seconds,
    }
    total = f"{len(BUNDLE.workflows)} workflows, {sum(checked.cases.values())} cases, {seconds} s"
    lines = [*map(_line, findings), f"{total}: {errors} errors, {warnings} warnings."]
    say(answer, lines, wants_json=wants_json)
    return 1 if errors else 0


def _live(context: click.Context) -> tuple[Finding, ...]:
    engine = engine_of(context)
    with engine.reading() as connection:
        return reach.reach(BUNDLE, connection, engine.clock())


def _line(one: Finding) -> str:
    return f"{one.severity:<8}{one.workflow}, {one.place}: {one.sentence}"

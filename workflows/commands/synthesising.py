"""`preceptor synthesise`: a trust that nobody works for, of any size."""

from __future__ import annotations

import click

from engine.errors import Invalid
from workflows.commands.report import as_json, engine_of, say, settings_of
from workflows.synthetic import founding


@click.command()
@click.option("--people", required=True, type=click.IntRange(1, 500_000), help="How many work there.")
@click.option(
    "--seed", default=1, show_default=True, type=click.IntRange(0, 10**9), help="The same seed, the same trust."
)
@as_json
@click.pass_context
def synthesise(context: click.Context, *, people: int, seed: int, wants_json: bool) -> None:
    """Add a synthetic organisation, for load and trials: people, posts, competences, classes, open questions."""
    if settings_of(context).production:
        raise Invalid("A synthetic organisation is for trials: it is refused in production.")
    made = founding.found(engine_of(context), people, seed)
    answer = {
        "trust": made.trust,
        "people": people,
        "seed": seed,
        "organisations": 1 + len(made.directorates + made.wards),
    }
    say(
        answer, [f"{made.trust} has {people} people in {answer['organisations']} organisations."], wants_json=wants_json
    )

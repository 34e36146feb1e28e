"""`preceptor bench`: the workloads of the published definitions, each ending with one line of JSON."""

from __future__ import annotations

import click

from workflows import bench as workloads


@click.command(context_settings={"ignore_unknown_options": True, "help_option_names": []})
@click.argument("arguments", nargs=-1, type=click.UNPROCESSED)
def bench(arguments: tuple[str, ...]) -> int:
    """Run a workload: w1 (transitions), w2 (mail), w3 (SCORM commits), w5 (sequencing) or w6 (import)."""
    return workloads.main(list(arguments)) or 0

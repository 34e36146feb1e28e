"""A workflow drawn for those who do not read Python: a mermaid diagram and a table. Pure."""

from __future__ import annotations

from collections.abc import Iterator

from engine.machine import Step, Workflow, plain


def document(workflow: Workflow) -> str:
    """Return a Markdown section about a workflow."""
    return "\n".join(
        [f"## {workflow.title}", "", *_about(workflow), "```mermaid", mermaid(workflow), "```", "", table(workflow)]
    )


def mermaid(workflow: Workflow) -> str:
    """Return the states and steps as a mermaid state diagram."""
    return "\n".join(["stateDiagram-v2", *(f"    {arrow}" for step in workflow.steps for arrow in _arrows(step))])


def table(workflow: Workflow) -> str:
    """Return the steps as a Markdown table."""
    head = "| id | trigger | from | to | who | when | effects | notices |\n|---|---|---|---|---|---|---|---|"
    return "\n".join([head, *(_row(step) for step in workflow.steps)])


def _about(workflow: Workflow) -> Iterator[str]:
    yield f"Kind `{workflow.kind}`, version `{workflow.version}`."
    for state, question in workflow.questions.items():
        choices = ", ".join(plain(choice) for choice in workflow.answers(state))
        lapse = f"; unanswered: {plain(question.lapse)}" if question.lapse else ""
        fallback = f"; role not allocated: {plain(question.fallback)}" if question.fallback else ""
        yield f"{plain(state).capitalize()} asks the role `{question.role}`: {choices}{lapse}{fallback}."
    yield ""


def _arrows(step: Step) -> Iterator[str]:
    for source in map(str, step.sources or ("[*]",)):
        yield f"{source} --> {step.target}: {plain(step.trigger)}"


def _row(step: Step) -> str:
    cells = (
        step.id,
        plain(step.trigger),
        ", ".join(map(plain, step.sources)) or "(new)",
        plain(step.target),
        ", ".join(step.by) or "system",
        " ".join(condition.sentence for condition in step.when),
        getattr(step.effects, "__name__", "").strip("_").replace("_", " ").replace("nothing", ""),
        ", ".join(notice.name for notice in step.notices),
    )
    return f"| {' | '.join(cells)} |"

"""What the check of a package said: what it is, what will not work, and what was seen when it was opened."""

from __future__ import annotations

from typing import Final

from flask import Blueprint, flash, redirect, render_template, url_for
from flask.typing import ResponseReturnValue

from engine.errors import Missing
from engine.roles import directory
from engine.settings import Settings
from engine.transaction import Engine
from engine.web.permissions import requires
from engine.web.visitors import visitor
from scorm import checks, library
from scorm.checks import Progress
from scorm.library import StoredPackage
from scorm.trial import telling, trying
from scorm.trial.records import Trial
from scorm.trial.telling import Look
from workflows.people.responsibilities import LEARNING_ADMINISTRATOR, RUNS_CLASSES

OFF: Final = "Trial runs are switched off here (PRECEPTOR_TRIAL_SECONDS)."
LOOKS: Final = {
    Look.GOOD: ("green", "Looks good"),
    Look.DOUBTFUL: ("yellow", "Look at this"),
    Look.BAD: ("red", "Does not report"),
}


def install(pages: Blueprint, engine: Engine, settings: Settings) -> None:
    """Add the pages of one package."""

    @pages.get("/<id>")
    @requires(*RUNS_CLASSES)
    def one(id: str) -> str:  # noqa: A002 - it is the address's name
        """Show what is known of a package."""
        here = visitor()
        with engine.reading() as connection:
            found = _known(library.package_of(connection, here.trust, id))
            check = checks.check_of(connection, here.trust, id)
            files = checks.files_of(connection, here.trust, id)
            may_try = bool(directory.reach(connection, here.trust, here.actor, [LEARNING_ADMINISTRATOR]))
        trial = Trial.recorded(check.trial) if check.trial else None
        return render_template(
            "learning/package.html",
            package=found,
            files=len(files),
            size=sum(size for _, _, size in files),
            check=check,
            running=check.state in {Progress.WAITING, Progress.RUNNING},
            trial=trial,
            telling=telling,
            looks=LOOKS,
            trouble=OFF if not settings.trial_seconds else trying.trouble(settings),
            may_try=may_try,
        )

    @pages.post("/<id>/try")
    @requires(LEARNING_ADMINISTRATOR)
    def again(id: str) -> ResponseReturnValue:  # noqa: A002
        """Ask for a trial run."""
        here = visitor()
        with engine.transaction(here.actor) as tx:
            _known(library.package_of(tx.connection, here.trust, id))
            checks.ask(tx.connection, here.trust, id, tx.now)
        flash("The trial run is asked for. It begins within about a minute.")
        return redirect(url_for(".one", id=id), 303)


def _known(found: StoredPackage | None) -> StoredPackage:
    if found is None:
        raise Missing("There is no such package.")
    return found

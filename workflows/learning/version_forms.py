"""The forms by which versions are uploaded, published, removed, and attempts are moved to them."""

from __future__ import annotations

from typing import Final

from wtforms import FileField, RadioField, SelectChoice, TextAreaField
from wtforms.validators import DataRequired, InputRequired, Length

from engine.text import clean_lines
from engine.web.forms import Form
from workflows.learning import version_words
from workflows.learning.moves import Progress, Scope

LONGEST_REASON: Final = 1000


class NewVersion(Form):
    """A zip that becomes a draft."""

    package = FileField(
        "New version", description="A zip file. It is checked, and nobody plays it until it is published."
    )


class Reason(Form):
    """Why something is done."""

    reason = TextAreaField(
        "Comment",
        [DataRequired("Say why: it is kept with your name."), Length(max=LONGEST_REASON)],
        filters=[lambda text: clean_lines(text or "", LONGEST_REASON)],
        description="Why, or what is new. It is kept with your name.",
    )


class Moving(Form):
    """Which attempts are moved, what becomes of their progress, and why."""

    scope = RadioField(
        "Which attempts are moved?",
        [InputRequired("Choose which attempts are moved.")],
        choices=[SelectChoice(one, text) for one, text in version_words.SCOPES.items()],
    )
    progress = RadioField(
        "What becomes of their progress?",
        [InputRequired("Choose what becomes of their progress.")],
        choices=[SelectChoice(one, text) for one, text in version_words.PROGRESS.items()],
    )
    reason = TextAreaField(
        "Reason",
        [DataRequired("Say why: the reason is kept."), Length(max=LONGEST_REASON)],
        filters=[lambda text: clean_lines(text or "", LONGEST_REASON)],
        description="It is kept with your name, and the learner can read it.",
    )

    @property
    def wanted(self) -> tuple[Scope, Progress]:
        """Return what was chosen of a valid form."""
        return Scope(self.scope.data), Progress(self.progress.data)

"""What somebody can ask of a forecast: one form for each kind of change, in which things are chosen by their names."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date, datetime, timedelta
from typing import Any, Final

from sqlalchemy import Connection
from wtforms import DateField, IntegerField, RadioField, SelectField, StringField
from wtforms.validators import InputRequired, Length, NumberRange, Optional

from engine.text import clean
from engine.web.absence_forms import local_day, sensible_year
from engine.web.forms import Form
from engine.wording import notices
from workflows.competence import store
from workflows.foresight import choices
from workflows.foresight.choices import Pairs
from workflows.people import pages as people_pages

Meetings = Sequence[tuple[str, date, str]]
LONGEST: Final = 92
ALL: Final = "all"
_LINE: Final = 100
_MONTHS: Final = 1200


class Asked(Form):
    """How far to look; as it is, nothing changes."""

    title = "What will be sent if nothing changes"
    days = IntegerField(
        "How many days to look ahead",
        [InputRequired("Enter a number of days."), NumberRange(1, LONGEST, f"Enter a number from 1 to {LONGEST}.")],
        default=30,
    )

    def offer(self, connection: Connection, trust: str, now: datetime) -> None:
        """Fill what can be chosen."""

    def change(self, _connection: Connection, _trust: str, _now: datetime) -> dict[str, Any] | None:
        """Return the change of a valid form; None where there is none, or where a field says what is wrong."""
        return None


class Requiring(Asked):
    """A competence is required in an organisation and below it."""

    title = "A competence becomes required"
    competence = SelectField("Competence", [InputRequired("Choose a competence.")])
    organisation = SelectField("Organisation", [InputRequired("Choose an organisation.")])

    def offer(self, connection: Connection, trust: str, now: datetime) -> None:  # noqa: ARG002
        """Offer competences and organisations by name."""
        self.competence.choices = _competences(connection, trust)
        places = sorted(people_pages.names(connection, trust).items(), key=lambda one: one[1])
        self.organisation.choices = [("", "Choose an organisation"), *places]

    def change(self, _connection: Connection, _trust: str, _now: datetime) -> dict[str, Any]:
        """Return the requirement."""
        return {"competence": self.competence.data, "organisation": self.organisation.data}


class NotRequiring(Requiring):
    """A competence is no longer required there."""

    title = "A competence is no longer required"


class Lasting(Asked):
    """A competence is valid for so long."""

    title = "A competence is valid for longer or shorter"
    competence = SelectField("Competence", [InputRequired("Choose a competence.")])
    months = IntegerField(
        "Months of validity from now on",
        [InputRequired("Enter a number of months."), NumberRange(1, _MONTHS, f"Enter a number from 1 to {_MONTHS}.")],
    )

    def offer(self, connection: Connection, trust: str, now: datetime) -> None:  # noqa: ARG002
        """Offer competences by name."""
        self.competence.choices = _competences(connection, trust)

    def change(self, _connection: Connection, _trust: str, _now: datetime) -> dict[str, Any]:
        """Return the validity."""
        return {"competence": self.competence.data, "months": self.months.data}


class Moving(Asked):
    """All meetings of a class move by the same number of days, or one of them does."""

    title = "A class moves to another day"
    words = StringField(
        "Which class?",
        [Length(max=_LINE)],
        filters=[lambda text: clean(text or "", _LINE)],
        description="Part of its title or its venue. Leave it empty to choose among those that come next.",
    )
    course_class = RadioField("Which of them?", validate_choice=False)
    session = RadioField("Which of its meetings?", validate_choice=False)
    starts_on = DateField(
        "The new day",
        [InputRequired("Enter the new day."), sensible_year],
        description="Of the meeting that moves; of the first one, if all move.",
    )

    def offer(self, connection: Connection, trust: str, now: datetime) -> None:
        """Offer the class that a link names, or those that come next; and its meetings, where it has several."""
        known = choices.course_class(connection, trust, self.course_class.data)
        coming = choices.classes(connection, trust, self.words.data or "", now)
        self.course_class.choices = list(known or coming)
        self._offer_meetings(choices.meetings(connection, trust, known[0][0]) if known else ())

    def change(self, connection: Connection, trust: str, now: datetime) -> dict[str, Any] | None:
        """Return by how many days the class, or one of its meetings, moves."""
        found = choices.classes(connection, trust, self.words.data or "", now)
        if not self.words.data:
            found = choices.course_class(connection, trust, self.course_class.data) or found
        chosen = _picked(self.words, self.course_class, found, "No class that is still to come has this name.")
        meetings = choices.meetings(connection, trust, chosen) if chosen else ()
        moved = self._moved(meetings)
        if chosen is None or moved is None:
            return None
        if moved == self.starts_on.data:
            self.starts_on.errors = ["Enter another day than the one on which it is now."]
            return None
        one = {"session": self.session.data} if self.session.data not in {None, ALL} else {}
        return {"class": chosen, **one, "days": (self.starts_on.data - moved) // timedelta(days=1)}

    def _offer_meetings(self, meetings: Meetings) -> None:
        whole = (ALL, "All of them, by the same number of days")
        several = [whole, *((key, f"Only the one on {words}") for key, _day, words in meetings)]
        self.session.choices = several if len(meetings) > 1 else []
        if several and not self.is_submitted():
            self.session.data = self.session.data or ALL

    def _moved(self, meetings: Meetings) -> date | None:
        """Return the day from which is counted; None, with the reason at the field, where it must be chosen."""
        days = {key: day for key, day, _words in meetings}
        if len(meetings) > 1 and self.session.data not in {ALL, *days}:
            self._offer_meetings(meetings)
            self.session.data = ALL
            self.session.errors = [f"This class meets {len(meetings)} times: choose what moves."]
            return None
        self.session.data = self.session.data if self.session.data in days else ALL
        return days.get(self.session.data) or (meetings[0][1] if meetings else None)


class Away(Asked):
    """Somebody who holds roles is away, and somebody else is asked."""

    title = "Somebody who answers questions is away"
    words = StringField(
        "Who is away?",
        [InputRequired("Enter who is away."), Length(max=_LINE)],
        filters=[lambda text: clean(text or "", _LINE)],
        description="Part of a name, or an e-mail address.",
    )
    account = RadioField("Which of them is away?", validate_choice=False)
    to_words = StringField(
        "Who is asked instead?",
        [InputRequired("Enter who is asked instead."), Length(max=_LINE)],
        filters=[lambda text: clean(text or "", _LINE)],
        description="Part of a name, or an e-mail address.",
    )
    to = RadioField("Which of them is asked?", validate_choice=False)
    first = DateField("First day away", [InputRequired("Enter the first day away."), sensible_year])
    last = DateField("Last day away (optional)", [Optional(), sensible_year])

    def offer(self, connection: Connection, trust: str, now: datetime) -> None:
        """Offer the person whom a link names, from today."""
        known = choices.account(connection, trust, self.account.data)
        self.account.choices, self.to.choices = list(known), []
        self.words.data = self.words.data or (choices.name_of(connection, trust, self.account.data))
        self.first.data = self.first.data or local_day(now)

    def change(self, connection: Connection, trust: str, _now: datetime) -> dict[str, Any] | None:
        """Return the absence."""
        nobody = "Nobody with an active account has this name or address."
        away = _picked(self.words, self.account, choices.accounts(connection, trust, self.words.data), nobody)
        instead = choices.accounts(connection, trust, self.to_words.data)
        to = _picked(self.to_words, self.to, [one for one in instead if one[0] != away], nobody)
        if self.last.data and self.last.data < self.first.data:
            self.last.errors = ["The last day must not be before the first."]
            return None
        if away is None or to is None:
            return None
        until = self.last.data.isoformat() if self.last.data else None
        return {"account": away, "to": to, "from": self.first.data.isoformat(), "until": until}


class Rewording(Asked):
    """A message has another text: one that was saved before, or the national one."""

    title = "A message has another text"
    notice = SelectField("Which message?", [InputRequired("Choose a message.")])
    version = RadioField("Which text?", validate_choice=False)

    def offer(self, connection: Connection, trust: str, now: datetime) -> None:  # noqa: ARG002
        """Offer messages by title, and the texts of the one that is chosen."""
        titles = sorted(((name, notices.notice(name).title) for name in notices.names()), key=lambda one: one[1])
        self.notice.choices = [("", "Choose a message"), *titles]
        known = self.notice.data in notices.names()
        self.version.choices = list(choices.texts(connection, trust, self.notice.data)) if known else []

    def change(self, connection: Connection, trust: str, _now: datetime) -> dict[str, Any] | None:
        """Return the text."""
        if self.version.data not in {value for value, _label in self.version.choices}:
            self.version.errors = ["Choose one of the texts of this message."]
            return None
        place, source = choices.text(connection, trust, self.notice.data, self.version.data)
        said = {"subject": source.subject, "text": source.text, "html": source.html, "language": source.language}
        return {"notice": self.notice.data, "organisation": place, **said}


def _picked(words: Any, radio: Any, found: Pairs, nothing: str) -> str | None:
    """Return what is meant by some words, and which of the several that match; None with the reason at the field."""
    keys = [key for key, _label in found]
    if radio.data in keys:
        return str(radio.data)
    if not found:
        words.errors = [nothing]
        return None
    if len(found) == 1 and words.data:
        return keys[0]
    radio.choices, radio.data = list(found), None
    radio.errors = ["Choose one of them. If it is not among them, say more of its name."]
    return None


def _competences(connection: Connection, trust: str) -> Sequence[tuple[str, str]]:
    return [("", "Choose a competence"), *((one.id, one.name) for one in store.catalogue(connection, trust))]


FORMS: Final[Mapping[str, type[Asked]]] = {
    "": Asked,
    "requirement-added": Requiring,
    "requirement-removed": NotRequiring,
    "validity": Lasting,
    "class-moved": Moving,
    "absence": Away,
    "template": Rewording,
}
"""By kind of change: the form of it."""

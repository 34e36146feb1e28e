"""The form of an absence: what was typed becomes a rule, and a rule becomes what the form shows."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, datetime, time, timedelta
from typing import Any, Final
from zoneinfo import ZoneInfo

from sqlalchemy import RowMapping
from wtforms import BooleanField, DateField, RadioField, SelectField, StringField
from wtforms.validators import InputRequired, Length, Optional, ValidationError

from engine.roles.absence import FIRST_YEAR, LAST_YEAR, Absence, Choices
from engine.roles.routing import Action
from engine.text import clean
from engine.web import dates
from engine.web.forms import Form
from engine.web.journal import words
from engine.wording import notices

ALL: Final = ""
_LINE: Final = 200
_COMMENT: Final = 400
_ACTIONS: Final = (
    (Action.REASSIGN, "Somebody else is asked"),
    (Action.ANSWER, "They are answered at once, always the same"),
    (Action.DELIVER, "They come all the same: an exception from a wider rule"),
)
_FIELDS: Final[Mapping[str, str]] = {
    "starts_at": "starts_on",
    "ends_at": "ends_on",
    "kind": "scope",
    "to": "who",
    "answer": "answer",
}


def sensible_year(_form: Any, field: Any) -> None:
    """Refuse a date with which no calendar can count; a validator of WTForms."""
    if field.data is not None and not FIRST_YEAR <= field.data.year <= LAST_YEAR:
        raise ValidationError(f"Enter a year between {FIRST_YEAR} and {LAST_YEAR}.")


class Away(Form):
    """Who is away, from when to when, and what happens to which questions."""

    starts_on = DateField("First day away", [InputRequired("Enter the first day away."), sensible_year])
    ends_on = DateField(
        "Last day away", [Optional(), sensible_year], description="Leave it empty if you do not know yet."
    )
    scope = SelectField("Which questions?", validate_choice=False)
    action = RadioField(
        "What happens to them?",
        [InputRequired("Choose what happens to the questions.")],
    )
    who = StringField(
        "Who is asked instead?",
        [Length(max=_LINE)],
        filters=[lambda text: clean(text or "", _LINE)],
        description="Part of a name, or an e-mail address. Only if somebody else is asked.",
    )
    to = RadioField("Which of them?", validate_choice=False)
    transfer = BooleanField("The questions become theirs for good")
    answer = SelectField("Which answer?", validate_choice=False, description="Only if they are answered at once.")
    comment = StringField(
        "A note (optional)", [Length(max=_COMMENT)], filters=[lambda text: clean(text or "", _COMMENT)]
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class Scopes:
    """What rules can be about: the workflows that ask, by title, their choices, and the notices that have asked."""

    titles: Mapping[str, str]
    choices: Choices
    notices: Sequence[str] = ()
    labels: Mapping[str, Mapping[str, str]] = field(default_factory=dict)

    @property
    def listed(self) -> list[tuple[str, str]]:
        """Return what the form offers, the widest first."""
        kinds = [(f"kind:{kind}", f"About: {self.titles[kind].lower()}") for kind in sorted(self.choices)]
        messages = ((f"notice:{one}", f"Of the message “{notices.titled(one)}”") for one in self.notices)
        return [(ALL, "All questions"), *kinds, *messages]

    @property
    def answers(self) -> list[tuple[str, str]]:
        """Return the choices of the questions of each workflow, in the words of their page."""
        every = [(kind, choice) for kind in sorted(self.choices) for choice in self.choices[kind]]
        return [("", "Choose an answer"), *((f"{kind}:{choice}", self._said(kind, choice)) for kind, choice in every)]

    def _said(self, kind: str, choice: str) -> str:
        """Say an answer as the page of the question does, and about what it is, for several answer alike."""
        label = self.labels.get(kind, {}).get(choice) or words(choice)
        return f"{self.titles[kind]}: {label.partition(':')[0]}"


def form_of(one: Absence | None, scopes: Scopes, name: str, today: date) -> Away:
    """Return the form of a rule, or of a new one, or what was sent."""
    form = Away(data=_shown(one, name) if one else {"starts_on": today, "action": Action.REASSIGN})
    form.scope.choices, form.answer.choices = scopes.listed, scopes.answers
    form.action.choices, form.to.choices = list(_ACTIONS), []
    return form


def wanted(form: Away, before: Absence, to: str | None) -> Absence:
    """Return the rule that a valid form describes; a day that was not changed keeps its moment."""
    what, _, name = (form.scope.data or "").partition(":")
    return replace(
        before,
        action=Action(form.action.data),
        starts_at=_kept(before.starts_at, form.starts_on.data),
        ends_at=_kept_end(before.ends_at, form.ends_on.data),
        kind=name if what == "kind" else None,
        notice=name if what == "notice" else None,
        to=to,
        transfer=bool(form.transfer.data),
        answer=_answer(form),
        comment=form.comment.data or "",
    )


def chosen(form: Away, found: Sequence[RowMapping]) -> str | None:
    """Return whom the form means; None, with the reason at the field, where that is not one person."""
    if len(found) == 1:
        return str(found[0]["id"])
    if not found:
        nobody = "Nobody else with an active account has this name or address."
        form.who.errors = [nobody if form.who.data else "Enter the name or the e-mail address of somebody."]
        return None
    form.to.choices = [(row["id"], f"{row['name']} ({row['email']})") for row in found]
    if form.to.data in {row["id"] for row in found}:
        return str(form.to.data)
    form.to.errors = ["Several people have this name: choose one of them."]
    return None


def complain(form: Away, field: str, sentence: str) -> None:
    """Say at the right field why a rule was refused."""
    at: Any = getattr(form, _FIELDS.get(field, "scope"))
    at.errors = [sentence]


def midnight(day: date) -> datetime:
    """Return the moment at which a day begins in London."""
    return datetime.combine(day, time.min, ZoneInfo(dates.ZONE))


def local_day(moment: datetime) -> date:
    """Return the day on which a moment falls in London."""
    return moment.astimezone(ZoneInfo(dates.ZONE)).date()


def _answer(form: Away) -> str | None:
    """Return the choice, where it is one of the questions that the rule is about."""
    kind, _, choice = (form.answer.data or "").rpartition(":")
    return choice if choice and form.scope.data == f"kind:{kind}" else None


def _kept(before: datetime, day: date) -> datetime:
    return before if local_day(before) == day else midnight(day)


def _kept_end(before: datetime | None, last: date | None) -> datetime | None:
    if last is None:
        return None
    if before is not None and _last(before) == last:
        return before
    return midnight(last + timedelta(days=1))


def _shown(one: Absence, stands_in: str) -> dict[str, Any]:
    scope = f"notice:{one.notice}" if one.notice else f"kind:{one.kind}" if one.kind else ALL
    same = {name: getattr(one, name) for name in ("action", "transfer", "comment")}
    return {
        **same,
        "answer": f"{one.kind}:{one.answer}" if one.answer else "",
        "starts_on": local_day(one.starts_at),
        "ends_on": _last(one.ends_at) if one.ends_at else None,
        "scope": scope,
        "who": stands_in,
    }


def _last(ends_at: datetime) -> date:
    return local_day(ends_at - timedelta(seconds=1))

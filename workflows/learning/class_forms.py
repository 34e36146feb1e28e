"""The forms in which classes are made and changed, and what they come to as facts of a trigger."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, time
from typing import Any
from zoneinfo import ZoneInfo

from wtforms import (
    BooleanField,
    DateField,
    IntegerField,
    SelectChoice,
    SelectField,
    StringField,
    TextAreaField,
    TimeField,
    URLField,
)
from wtforms.validators import InputRequired, Length, NumberRange, Optional, Regexp

from engine.machine import THE_SYSTEM, Case
from engine.text import clean, clean_lines
from engine.web import dates
from engine.web.forms import Form, problems
from workflows.learning import alarms
from workflows.learning.meeting_schemas import LINK, LONGEST_LINK
from workflows.learning.records import Class, Session
from workflows.learning.timetable import changed_sessions

_LINE = 200
_LINES = 4000
_MOST_PLACES = 100_000
_ALARMS = [SelectChoice(*each) for each in alarms.choices(None)]
_CHANGED = ("title", "venue", "maximum", "conference", "alarm_minutes", "decline_withdraws", "joining_text")
_NO_MOMENT = datetime.min.replace(tzinfo=UTC)


class Meeting(Form):
    """When and where one session is."""

    date = DateField("Date", [InputRequired("Enter the date of the session.")])
    starts = TimeField("Starts at", [InputRequired("Enter the time at which the session starts.")])
    ends = TimeField("Ends at", [InputRequired("Enter the time at which the session ends.")])
    venue = StringField("Venue", [Length(max=_LINE)], filters=[lambda text: clean(text or "", _LINE)])


class MaybeMeeting(Meeting):
    """One more session, or nothing."""

    date = DateField("Date", [Optional()])
    starts = TimeField("Starts at", [Optional()])
    ends = TimeField("Ends at", [Optional()])

    @property
    def filled(self) -> bool:
        """Say whether anything was entered."""
        return any(field.raw_data and field.raw_data[0] for field in (self.date, self.starts, self.ends))

    def validate(self, extra_validators: Any = None) -> bool:
        """Ask for all of it or for nothing."""
        valid = bool(super().validate(extra_validators))
        if not self.filled:
            return valid
        for field in (self.date, self.starts, self.ends):
            if field.data is None and not field.errors:
                field.errors = ["Enter the date and both times of the new session, or none of them."]
                return False
        return valid


class Details(Form):
    """What a class has beside its sessions."""

    title = StringField(
        "Title", [InputRequired("Enter a title."), Length(max=_LINE)], filters=[lambda text: clean(text or "", _LINE)]
    )
    venue = StringField(
        "Main venue",
        [Length(max=_LINE)],
        filters=[lambda text: clean(text or "", _LINE)],
        description="Sessions that meet there move with it.",
    )
    maximum = IntegerField(
        "Most places",
        [Optional(), NumberRange(1, _MOST_PLACES, "Enter how many places there are, 1 or more.")],
        description="Leave it empty if there is no limit.",
    )
    conference = URLField(
        "Link to join online",
        [Optional(), Length(max=LONGEST_LINK), Regexp(f"{LINK}$", message="Enter an address such as https://….")],
        filters=[lambda text: (text or "").strip() or None],
        description="It stands in the message and in the calendar of everybody with a place.",
    )
    alarm_minutes = SelectField("Reminder in their calendar", choices=_ALARMS, coerce=alarms.minutes)
    decline_withdraws = BooleanField("Who declines every meeting in their calendar gives up their place at once")
    joining_text = TextAreaField(
        "What learners need to know before they come",
        [Length(max=_LINES)],
        filters=[lambda text: clean_lines(text or "", _LINES)],
    )


class NewClass(Details):
    """A class that does not exist yet."""

    offering = SelectField("Course", [InputRequired("Choose a course.")])
    organisation = SelectField("Run by", [InputRequired("Choose an organisation.")])
    title = StringField(
        "Title",
        [Length(max=_LINE)],
        filters=[lambda text: clean(text or "", _LINE)],
        description="Leave it empty to use the title of the course.",
    )
    waitlist = BooleanField("Keep a waitlist when it is full", default=True)
    approval = BooleanField("Learners ask for a place, and an administrator approves it")


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """The forms of one class: its details, each session by its id, and one more."""

    details: Details
    sessions: Mapping[str, Meeting]
    more: MaybeMeeting

    @property
    def forms(self) -> tuple[Form, ...]:
        """Return all forms."""
        return (self.details, *self.sessions.values(), self.more)

    @property
    def errors(self) -> list[dict[str, str]]:
        """Return every error, each with a link to its field."""
        return [error for form in self.forms for error in problems(form)]

    def valid(self, zone: str) -> bool:
        """Say whether all of it can be used; every form is looked at, so that all errors are shown at once."""
        checks = [form.validate() for form in self.forms]
        meetings = [*self.sessions.values(), *([self.more] if self.more.filled else [])]
        return all([*checks, *(_in_order(meeting, zone) for meeting in meetings)])


def change_of(one: Class) -> Change:
    """Return the forms of a class as it stands, or as they were sent."""
    details = Details(obj=one)
    details.alarm_minutes.choices = alarms.choices(one.alarm_minutes)
    details.joining_text.description = _inherited(one.offering.joining_text)
    details.conference.description = _inherited(one.offering.conference or "")
    return Change(
        details=details,
        sessions={session.id: _meeting(session, one.zone) for session in one.sessions},
        more=MaybeMeeting(prefix="new-"),
    )


def _inherited(text: str) -> str:
    """Say what stands in the letters where a field is left empty."""
    if not text:
        return "The course has none of its own, so that nothing is said where this is empty."
    return f"Where this is empty, what the course says goes out: “{text}”"


def facts_of(one: Class, change: Change) -> dict[str, Any]:
    """Return what differs from the class as it stands, as facts of CHANGE."""
    said = {name: getattr(change.details, name).data for name in _CHANGED}
    facts: dict[str, Any] = {name: value for name, value in said.items() if value != getattr(one, name)}
    known = {session.id: session for session in one.sessions}
    sessions = [
        {"id": identifier, **differs}
        for identifier, form in change.sessions.items()
        if (differs := _differs(known[identifier], form, one.zone))
    ]
    if change.more.filled:
        sessions.append(session_facts(change.more, one.zone))
    return {**facts, **({"sessions": sessions} if sessions else {})}


def session_facts(form: Meeting, zone: str) -> dict[str, Any]:
    """Return a session as the facts of CREATE or CHANGE have it."""
    starts_at, ends_at = _moments(form, zone)
    said = {"starts_at": _iso(starts_at), "ends_at": _iso(ends_at)}
    return {**said, **({"venue": form.venue.data} if form.venue.data else {})}


def created(form: NewClass, meeting: MaybeMeeting, zone: str) -> dict[str, Any]:
    """Return the facts of CREATE."""
    names = ("offering", "organisation", "title", "venue", "maximum", "waitlist", "approval", "joining_text")
    sessions = [session_facts(meeting, zone)] if meeting.filled else []
    said = {name: getattr(form, name).data for name in (*names, "decline_withdraws")}
    calendar = {"conference": form.conference.data, "alarm_minutes": form.alarm_minutes.data}
    return {**said, **calendar, "sessions": sessions}


def changed(one: Class, facts: Mapping[str, Any]) -> Class:
    """Return a class as it would be."""
    sessions = changed_sessions(Case(record=one, facts=facts, actor=THE_SYSTEM, now=_NO_MOMENT))
    return replace(one, **{name: value for name, value in facts.items() if name != "sessions"}, sessions=sessions)


def shown(one: Class) -> dict[str, str]:
    """Return a class in words, by what each is: what a form had seen, and what it is compared with later."""
    return {
        "Title": one.title,
        "Main venue": one.venue or "None",
        "Most places": "No limit" if one.maximum is None else str(one.maximum),
        "Link to join online": one.online or "None",
        "Reminder in calendars": alarms.words(one.alarm_minutes),
        "Declining gives up the place": "Yes" if one.decline_withdraws else "No",
        "What learners need to know": one.joining_text or "Nothing",
        **{f"Session {session.id}": session_words(session, one.zone) for session in one.sessions},
    }


def session_words(session: Session, zone: str) -> str:
    """Write when and where a session is."""
    start, end = session.starts_at, session.ends_at
    last = "" if dates.day(start, zone) == dates.day(end, zone) else f"{dates.day(end, zone)}, "
    when = f"{dates.day(start, zone)}, {dates.hour(start, zone)} to {last}{dates.hour(end, zone)}"
    return f"{when}, {session.venue}" if session.venue else when


def differences(before: Mapping[str, str], after: Mapping[str, str]) -> list[tuple[str, str, str]]:
    """Return what differs: its name, what it was and what it is."""
    names = dict.fromkeys([*before, *after])
    return [
        (name, before.get(name, "None"), after.get(name, "None"))
        for name in names
        if before.get(name) != after.get(name)
    ]


def seen(text: str) -> dict[str, str] | None:
    """Read what a form had seen, as `shown` wrote it; None for anything else."""
    try:
        said = json.loads(text)
    except ValueError:
        return None
    return {str(key): str(value) for key, value in said.items()} if isinstance(said, dict) else None


def local(day: date, at: time, zone: str) -> datetime | None:
    """Return the moment of a local time, in UTC; None for one that the clocks jump over."""
    moment = datetime.combine(day, at, ZoneInfo(zone))
    there_and_back = moment.astimezone(UTC).astimezone(ZoneInfo(zone))
    return moment.astimezone(UTC) if there_and_back.replace(tzinfo=None) == moment.replace(tzinfo=None) else None


def _meeting(session: Session, zone: str) -> Meeting:
    start, end = (moment.astimezone(ZoneInfo(zone)) for moment in (session.starts_at, session.ends_at))
    stands = {"date": start.date(), "starts": start.time(), "ends": end.time(), "venue": session.venue}
    return Meeting(prefix=f"session-{session.id}-", data=stands)


def _moments(form: Meeting, zone: str) -> tuple[datetime | None, datetime | None]:
    return local(form.date.data, form.starts.data, zone), local(form.date.data, form.ends.data, zone)


def _in_order(form: Meeting, zone: str) -> bool:
    """Add the errors that need all three fields."""
    if any(field.errors or field.data is None for field in (form.date, form.starts, form.ends)):
        return False
    starts_at, ends_at = _moments(form, zone)
    for field, moment in ((form.starts, starts_at), (form.ends, ends_at)):
        if moment is None:
            field.errors = ["There is no such time on that day: the clocks go forward."]
            return False
    if starts_at is not None and ends_at is not None and ends_at <= starts_at:
        form.ends.errors = ["The session must end after it starts."]
        return False
    return True


def _differs(session: Session, form: Meeting, zone: str) -> dict[str, Any]:
    return dict(_differing(session, form, zone))


def _differing(session: Session, form: Meeting, zone: str) -> Iterator[tuple[str, Any]]:
    starts_at, ends_at = _moments(form, zone)
    if (starts_at, ends_at) != (session.starts_at, session.ends_at):
        yield "starts_at", _iso(starts_at)
        yield "ends_at", _iso(ends_at)
    if form.venue.data != session.venue:
        yield "venue", form.venue.data


def _iso(moment: datetime | None) -> str | None:
    return moment.isoformat() if moment else None

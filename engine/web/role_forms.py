"""The forms in which roles are given to organisations and to people."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime, timedelta
from typing import Any, Final
from zoneinfo import ZoneInfo

from sqlalchemy import RowMapping
from wtforms import DateField, RadioField, SelectField, StringField
from wtforms.validators import InputRequired, Length, Optional

from engine.roles.directory import Holder
from engine.text import clean
from engine.web import dates
from engine.web.absence_forms import sensible_year
from engine.web.forms import Form

_LINE: Final = 200


class Dates(Form):
    """From when to when somebody holds a role, in whole days."""

    starts_on = DateField("First day", [Optional(), sensible_year], description="Leave it empty for at once.")
    ends_on = DateField("Last day", [Optional(), sensible_year], description="Leave it empty for no end.")

    def validate(self, extra_validators: Any = None) -> bool:
        """Ask for a last day that is not before the first."""
        valid = bool(super().validate(extra_validators))
        if valid and self.starts_on.data and self.ends_on.data and self.ends_on.data < self.starts_on.data:
            self.ends_on.errors = ["The last day must not be before the first."]
            return False
        return valid

    def moments(self, before: Holder | None = None) -> dict[str, datetime | None]:
        """Return the dates as a holder has them; a day that was not changed keeps its moment."""
        first, last = self.starts_on.data, self.ends_on.data
        return {
            "starts_at": _kept(before.starts_at if before else None, first, last=False),
            "ends_at": _kept(before.ends_at if before else None, last, last=True),
        }


class Giving(Dates):
    """Somebody who is to hold a role."""

    account = RadioField("Who?", [InputRequired("Choose a person.")], validate_choice=False)


class Version(Form):
    """A local version of a role that does not exist yet."""

    organisation = SelectField("Organisation", [InputRequired("Choose an organisation.")])
    title = StringField(
        "Title",
        [InputRequired("Enter a title."), Length(max=_LINE)],
        filters=[lambda text: clean(text or "", _LINE)],
    )


def dates_of(holder: Holder) -> Dates:
    """Return the form of the dates of a holder, or what was sent."""
    return Dates(data={"starts_on": _day(holder.starts_at), "ends_on": _day(holder.ends_at, last=True)})


def giving(found: Sequence[RowMapping]) -> Giving:
    """Return the form that offers these accounts."""
    form = Giving()
    form.account.choices = [(row["id"], f"{row['name']} ({row['email']})") for row in found]
    return form


def _kept(before: datetime | None, day: date | None, *, last: bool) -> datetime | None:
    if day is None:
        return None
    if _day(before, last=last) == day:
        return before
    begins = day + timedelta(days=1) if last else day
    return datetime(begins.year, begins.month, begins.day, tzinfo=ZoneInfo(dates.ZONE))


def _day(moment: datetime | None, *, last: bool = False) -> date | None:
    if moment is None:
        return None
    return (moment - timedelta(seconds=1) if last else moment).astimezone(ZoneInfo(dates.ZONE)).date()

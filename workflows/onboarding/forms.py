"""The forms of applicants."""

from __future__ import annotations

from typing import Final

from wtforms import BooleanField, DateField, EmailField, SelectField, StringField, TextAreaField
from wtforms.validators import Email, InputRequired, Length, Optional

from engine.text import clean, clean_lines
from engine.web.forms import Form
from workflows.onboarding.records import EMPLOYEE, PERSON_TYPES

_LINE: Final = 200


class Said(Form):
    """All that a step of an applicant may bring."""

    checks_complete = BooleanField("The employment checks are complete")
    hire_on = DateField("Hire date", [Optional()])
    person_type = SelectField("Person type", choices=list(PERSON_TYPES), default=EMPLOYEE)
    reason = TextAreaField("Reason", [Length(max=1000)], filters=[lambda text: clean_lines(text or "", 1000)])


class NewApplicant(Form):
    """Somebody who is wanted for a post."""

    name = StringField(
        "Name", [InputRequired("Enter a name."), Length(max=_LINE)], filters=[lambda text: clean(text or "", _LINE)]
    )
    email = EmailField(
        "E-mail address",
        [InputRequired("Enter an e-mail address."), Length(max=254), Email("Enter an e-mail address.")],
        description="Somebody who has this address on a staff record is taken to be the same person.",
    )
    position = StringField(
        "Post", [InputRequired("Enter the post."), Length(max=_LINE)], filters=[lambda text: clean(text or "", _LINE)]
    )
    organisation = SelectField("Organisation", [InputRequired("Choose an organisation.")])
    hire_on = DateField("Expected hire date (optional)", [Optional()])

"""The page on which a package is uploaded and becomes a course that can be played."""

from __future__ import annotations

import tempfile
from dataclasses import replace
from pathlib import Path
from typing import Any, Final

from flask import Blueprint, flash, make_response, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from sqlalchemy import Connection
from werkzeug.datastructures import FileStorage
from wtforms import FileField, IntegerField, SelectField, StringField
from wtforms.validators import InputRequired, Length, NumberRange, Optional

from engine.errors import Missing
from engine.roles import directory
from engine.settings import Settings
from engine.text import clean
from engine.transaction import Engine
from engine.web.forms import Form
from engine.web.permissions import requires
from engine.web.visitors import Visitor, visitor
from scorm import checks, library
from scorm.errors import PackageNotStored, PackageRefused
from scorm.packaging import package
from scorm.packaging.inspection import inspecting
from scorm.packaging.manifest import Manifest
from scorm.packaging.package import ImportedPackage
from workflows.competence import store as competence_store
from workflows.learning import check_pages, publishing
from workflows.learning.publishing import Publication
from workflows.people.responsibilities import LEARNING_ADMINISTRATOR

LARGEST_PACKAGE: Final = 1024 * 1024 * 1024
"""Bytes of an upload; what is inside is bounded by `scorm.packaging.archive`."""

FULL: Final = "There is no room left to keep this package. Nothing was changed; ask your system administrator."
_LINE: Final = 200
_STORAGE_FULL: Final = 507
_MOST_MONTHS: Final = 1200


class Upload(Form):
    """A zip, and what the course made of it is called and gives."""

    package = FileField("Package", description="A zip file: SCORM 1.2, SCORM 2004 or AICC.")
    title = StringField(
        "Title",
        [Length(max=_LINE)],
        filters=[lambda text: clean(text or "", _LINE)],
        description="Leave it empty to use the title in the package.",
    )
    organisation = SelectField("Run by", [InputRequired("Choose an organisation.")])
    competence = SelectField("Competence that it gives")
    months = IntegerField(
        "Valid for how many months",
        [Optional(), NumberRange(1, _MOST_MONTHS, "Enter a number of months, 1 or more.")],
        description="Leave it empty to use the competence's own period.",
    )


def blueprint(engine: Engine, settings: Settings) -> Blueprint:
    """Return the page of uploads."""
    uploads = Blueprint("packages", __name__, url_prefix="/packages")

    # A value preprocessor runs before the form's token is read, which is when the size is looked at.
    @uploads.url_value_preprocessor
    def allow_large(_endpoint: str | None, _values: dict[str, Any] | None) -> None:
        """Let a package be larger than any other form."""
        request.max_content_length = LARGEST_PACKAGE

    @uploads.route("/new", methods=["GET", "POST"])
    @requires(LEARNING_ADMINISTRATOR)
    def new() -> ResponseReturnValue:
        """Take a zip, say all that is wrong with it, or make a course of it."""
        return _Uploading(engine, settings, visitor()).answer()

    check_pages.install(uploads, engine, settings)
    return uploads


def imported(file: FileStorage, settings: Settings) -> ImportedPackage:
    """Keep an upload's files, and read them for what will not work.

    Raises `PackageRefused` with every reason, or `PackageNotStored`.
    """
    try:
        settings.data_dir.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(dir=settings.data_dir, prefix="upload-") as folder:
            path = Path(folder) / "package.zip"
            file.save(path)
            read = package.read(path, settings.blobs)
    except OSError as failure:
        raise PackageNotStored(failure.strerror or type(failure).__name__) from failure
    found = inspecting.of_files(settings.blobs, read.files, Manifest.recorded(read.manifest))
    return replace(read, warnings=(*read.warnings, *inspecting.warnings(found, settings.content_hosts)))


class _Uploading:
    """One request to upload."""

    def __init__(self, engine: Engine, settings: Settings, here: Visitor) -> None:
        self._engine = engine
        self._settings = settings
        self._here = here
        self._form = Upload()
        with engine.reading() as connection:
            self._offer(connection)

    def answer(self) -> ResponseReturnValue:
        if request.method == "GET":
            return self._page()
        file = request.files.get("package")
        valid = self._form.validate()
        if not file or not file.filename:
            self._form.package.errors = ["Choose a zip file."]
            return self._page(422)
        if not valid:
            return self._page(422)
        return self._take(file)

    def _take(self, file: FileStorage) -> ResponseReturnValue:
        try:
            read = imported(file, self._settings)
        except PackageRefused as refused:
            return self._page(422, refused.reasons)
        except PackageNotStored:
            return self._page(_STORAGE_FULL, [FULL])
        with self._engine.transaction(self._here.actor) as tx:
            library.add(tx.connection, self._here.trust, read, tx.now)
            if self._settings.trial_seconds:
                checks.ask(tx.connection, self._here.trust, read.hash, tx.now)
            wanted = self._publication(read)
            made = publishing.publish(tx, self._here.trust, wanted)
        told = " The check of its package says what will not work." if read.warnings else ""
        flash(f"{wanted.title} is here, as a class that you can open for enrolment.{told}")
        return redirect(url_for("learning.classes.one", id=made.course_class), 303)

    def _publication(self, read: ImportedPackage) -> Publication:
        form = self._form
        return Publication(
            package=read.hash,
            title=form.title.data or read.title or "E-learning",
            organisation=form.organisation.data,
            competence=form.competence.data or None,
            months=form.months.data,
        )

    def _page(self, status: int = 200, reasons: tuple[str, ...] | list[str] = ()) -> ResponseReturnValue:
        return make_response(render_template("learning/package_new.html", form=self._form, reasons=reasons), status)

    def _offer(self, connection: Connection) -> None:
        trust = self._here.trust
        places = directory.reach(connection, trust, self._here.actor, [LEARNING_ADMINISTRATOR])
        if not places:
            raise Missing("There is no organisation for which you may upload.")
        named = sorted((directory.organisation(connection, trust, place).name, place) for place in places)
        self._form.organisation.choices = [(place, name) for name, place in named]
        known = competence_store.catalogue(connection, trust)
        self._form.competence.choices = [("", "None"), *((one.id, one.name) for one in known)]

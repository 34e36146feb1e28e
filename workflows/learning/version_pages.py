"""The pages of packages: their versions, what a newer one changes, publishing, rolling back and removing it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final

from flask import Blueprint, flash, make_response, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from sqlalchemy import Connection, select

from engine.errors import Conflict, Missing, NotAllowed, NotDeclared, Refused
from engine.settings import Settings
from engine.transaction import Engine, Transaction
from engine.web import paging
from engine.web.permissions import requires
from engine.web.visitors import Visitor, visitor
from scorm import checks
from scorm.errors import PackageNotStored, PackageRefused
from scorm.tables import packages
from workflows.learning import package_pages, version_store, version_words, versioning
from workflows.learning.version import VersionState
from workflows.learning.version_forms import NewVersion, Reason
from workflows.learning.version_store import Line, Shown, Usage
from workflows.learning.version_tables import move_orders
from workflows.people.responsibilities import LEARNING_ADMINISTRATOR

_MOST_ORDERS: Final = 20
_STORAGE_FULL: Final = 507
_REFUSALS: Final = (Conflict, Missing, NotAllowed, NotDeclared, Refused)


def install(pages: Blueprint, engine: Engine, settings: Settings) -> None:
    """Add the pages to that of uploads."""
    desk = _Desk(engine, settings)

    @pages.get("/")
    @requires(LEARNING_ADMINISTRATOR)
    def index() -> str:
        """List the packages of the trust."""
        return desk.index(visitor())

    @pages.route("/<package>/versions", methods=["GET", "POST"])
    @requires(LEARNING_ADMINISTRATOR)
    def versions_of(package: str) -> ResponseReturnValue:
        """Show a package with its versions, and take a new one."""
        return desk.upload(visitor(), package) if request.method == "POST" else desk.one(visitor(), package)

    @pages.get("/<package>/version")
    @requires(LEARNING_ADMINISTRATOR)
    def version(package: str) -> ResponseReturnValue:
        """Say what a version changes, and offer what can be done with it."""
        return desk.version(visitor(), package, Reason())

    @pages.post("/<package>/publish")
    @requires(LEARNING_ADMINISTRATOR)
    def publish(package: str) -> ResponseReturnValue:
        """Have new attempts begin on a version."""
        return desk.act(visitor(), package, versioning.publish, "Version {} is published: new attempts begin on it.")

    @pages.post("/<package>/roll-back")
    @requires(LEARNING_ADMINISTRATOR)
    def roll_back(package: str) -> ResponseReturnValue:
        """Have new attempts begin on an earlier version again."""
        return desk.act(visitor(), package, versioning.roll_back, "Version {} is the published one again.")

    @pages.route("/<package>/remove", methods=["GET", "POST"])
    @requires(LEARNING_ADMINISTRATOR)
    def remove(package: str) -> ResponseReturnValue:
        """Ask whether a version is to be removed, and remove it."""
        if request.method == "GET":
            return desk.removal(visitor(), package, Reason())
        return desk.act(visitor(), package, versioning.remove, "Version {} is removed.", desk.removal)


class _Desk:
    """What the pages do."""

    def __init__(self, engine: Engine, settings: Settings) -> None:
        self._engine = engine
        self._settings = settings

    def index(self, here: Visitor) -> str:
        keys = [packages.c.title, packages.c.hash]
        with self._engine.reading() as connection:
            page = paging.page(connection, version_store.listing(here.trust), keys, cursor=request.args.get("after"))
            used = version_store.usage(connection, here.trust, [row["hash"] for row in page.rows])
        return render_template("learning/packages.html", page=page, used=used, none=Usage())

    def one(
        self, here: Visitor, package: str, form: NewVersion | None = None, reasons: Any = (), status: int = 200
    ) -> ResponseReturnValue:
        with self._engine.reading() as connection:
            line = version_store.line(connection, here.trust, package)
            orders = _orders(connection, here.trust, line)
        page = render_template(
            "learning/package_versions.html",
            line=line,
            orders=orders,
            form=form or NewVersion(),
            reasons=reasons,
            others=sum(one.usage.going_on for one in line.versions if one is not line.published),
            said=version_words,
        )
        return make_response(page, status)

    def upload(self, here: Visitor, package: str) -> ResponseReturnValue:
        form, file = NewVersion(), request.files.get("package")
        if not file or not file.filename:
            form.package.errors = ["Choose a zip file."]
            return self.one(here, package, form, status=422)
        with self._engine.reading() as connection:
            version_store.line(connection, here.trust, package)
        try:
            read = package_pages.imported(file, self._settings)
            with self._engine.transaction(here.actor) as tx:
                new = versioning.upload(tx, here.trust, package, read)
                if self._settings.trial_seconds:
                    checks.ask(tx.connection, here.trust, new, tx.now)
        except PackageRefused as refused:
            return self.one(here, package, form, refused.reasons, 422)
        except PackageNotStored:
            return self.one(here, package, form, [package_pages.FULL], _STORAGE_FULL)
        except _REFUSALS as refusal:
            return self.one(here, package, form, [refusal.sentence], 422)
        told = " The check of this version says what will not work." if read.warnings else ""
        flash(f"The new version is here as a draft. Look at what it changes.{told}")
        return redirect(url_for(".version", package=new), 303)

    def version(self, here: Visitor, package: str, form: Reason, problem: str = "") -> ResponseReturnValue:
        with self._engine.reading() as connection:
            line = version_store.line(connection, here.trust, package)
            shown = line.version(package)
            base = _base(line, shown)
            running = [one for one in line.versions if one.usage.going_on and one is not shown]
            kept = {one.number: version_store.compared(connection, here.trust, one.package, package) for one in running}
            found = version_store.compared(connection, here.trust, base.package, package) if base else None
        page = render_template(
            "learning/package_version.html",
            line=line,
            shown=shown,
            base=base,
            found=found,
            running=running,
            kept=kept,
            form=form,
            problem=problem,
            said=version_words,
        )
        return make_response(page, 422 if request.method == "POST" else 200)

    def removal(self, here: Visitor, package: str, form: Reason, problem: str = "") -> ResponseReturnValue:
        with self._engine.reading() as connection:
            line = version_store.line(connection, here.trust, package)
        shown = line.version(package)
        needed = versioning.needs(shown.usage) if shown.usage.all else ""
        page = render_template(
            "learning/package_remove.html", line=line, shown=shown, needed=needed, form=form, problem=problem
        )
        return make_response(page, 422 if request.method == "POST" else 200)

    def act(
        self,
        here: Visitor,
        package: str,
        how: Callable[[Transaction, str, str, str], Any],
        done: str,
        again: Callable[..., ResponseReturnValue] | None = None,
    ) -> ResponseReturnValue:
        form, again = Reason(), again or self.version
        with self._engine.reading() as connection:
            number = version_store.line(connection, here.trust, package).version(package).number
        if not form.validate():
            return again(here, package, form)
        try:
            with self._engine.transaction(here.actor) as tx:
                how(tx, here.trust, package, form.reason.data)
        except _REFUSALS as refusal:
            return again(here, package, form, f"Nothing has changed. {refusal.sentence}")
        flash(done.format(number))
        return redirect(url_for(".versions_of", package=package), 303)


def _base(line: Line, shown: Shown) -> Shown | None:
    """Return the version that another is compared with: the published one, else the one before; None where none is."""
    if shown is not line.published:
        return line.published
    before = [one for one in line.versions if one.number < shown.number and one.state is not VersionState.REMOVED]
    return before[0] if before else None


def _orders(connection: Connection, trust: str, line: Line) -> Any:
    mine = (move_orders.c.trust == trust, move_orders.c.line == line.line)
    query = select(move_orders).where(*mine).order_by(move_orders.c.made_at.desc(), move_orders.c.id.desc())
    return connection.execute(query.limit(_MOST_ORDERS)).mappings().all()

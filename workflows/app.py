"""The composition root: what a process is made of, and the one place where the clock is read."""

from __future__ import annotations

import importlib
import time
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from email.utils import parseaddr
from functools import partial
from types import ModuleType
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import urlsplit

from flask import Flask
from sqlalchemy import Connection

from engine import action_links, definitions, return_addresses, smtp
from engine.approvals.approval import Approval
from engine.errors import SettingError
from engine.jobs import EmbeddedJobs
from engine.mail import Composer
from engine.mailroom.acting import House
from engine.mailroom.receiving import Door
from engine.outgoing import mail_links
from engine.settings import PROCRASTINATE, Network, Settings, secret_for
from engine.sink import Sink
from engine.storage import database
from engine.tables import metadata
from engine.transaction import Engine
from engine.web import (
    absences,
    acting,
    coverage,
    dashboard,
    frame,
    journal,
    mail_choices,
    mail_styles,
    mailbox,
    mailroom,
    messages,
    probes,
    proxies,
    resources,
    roles,
    template_pages,
    template_versions,
    why,
    worklist,
)
from engine.web import api as rest
from engine.web.presenting import Presenters
from engine.wording import texts
from engine.wording.templates import Shelf
from engine.worker import Post, Worker, embedded_jobs
from scorm.web import create_content_app
from workflows import api, web, wiring
from workflows.called import CALLED
from workflows.learning import playing, withdrawal_links
from workflows.people import store as people
from workflows.people.records import site_of

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIEnvironment

Clock = Callable[[], datetime]
_NAMED: Final = 3
_SENDERS: Final = 2  # while one waits for the mail server or for a commit, the other composes


def clock_of(settings: Settings) -> Clock:
    """Return the clock: the real one, or one that started at the moment of a trial."""
    if settings.fixed_now is None:
        return partial(datetime.now, UTC)  # noqa: TID251 - this is the one place
    began, start = time.monotonic(), settings.fixed_now
    return lambda: start + timedelta(seconds=time.monotonic() - began)


def engine_of(settings: Settings) -> Engine:
    """Open the database and put the workflows over it; the schema must stand already (`db upgrade`)."""
    return Engine(
        database=database.connect(settings.database_url),
        keeps=wiring.keeps(site_of(settings)),
        handlers=wiring.HANDLERS,
        predicates=wiring.PREDICATES,
        clock=clock_of(settings),
        reply_domain=settings.reply_domain,
        room=settings.room,
        answered=settings.inbound.answers,
        outgoing=settings.outgoing,
        tongues=people.languages,
    )


def require_schema(settings: Settings) -> None:
    """Raise `SettingError` where the database is older than this version, or has not all of its tables."""
    stands, newest = database.revisions(settings.database_url)
    if not database.suffices(stands):
        raise SettingError(needs(stands, newest))
    if lacks := database.lacking(settings.database_url, metadata.tables):
        named = f"{', '.join(lacks[:_NAMED])}{' and more' if lacks[_NAMED:] else ''}"
        other = f"This database is at version {stands} but was made by another program: it lacks {named}."
        raise SettingError(f"{other} Restore a backup, or begin a new one.")
    if settings.jobs == PROCRASTINATE and not cluster_of().is_current(settings.database_url):
        raise SettingError("Procrastinate's tables are missing or older: run `preceptor db upgrade` first.")


def needs(stands: str | None, newest: str | None) -> str:
    """Say that a database is older than this program."""
    at = f"at version {stands}" if stands else "without a schema"
    return f"This database is {at}, this program needs version {newest}: run `preceptor db upgrade`."


def cluster_of() -> ModuleType:
    """Return the module of the job engine for many machines, which is imported only where it is chosen.

    Raises `SettingError` where its library is not installed.
    """
    try:
        return importlib.import_module("engine.cluster")
    except ModuleNotFoundError:
        raise SettingError("PRECEPTOR_JOBS=procrastinate needs `pip install preceptor[cluster]`.") from None


def require_definitions(settings: Settings) -> None:
    """Raise `Undeclared` where a state, a trigger or a choice is stored that the workflows do not declare.

    What this release says in its letters is noted, so that those queued before the next one keep it.
    """
    engine = engine_of(settings)
    try:
        definitions.require(engine)
        with engine.transaction() as tx:
            texts.note_shipped(tx.connection, tx.now)
    finally:
        engine.database.dispose()


def post_of(settings: Settings) -> Post:
    """Return how letters leave; raises `SettingError` where the mail server's address or ours is none."""
    smtp.route(settings.smtp_url)
    if "@" not in parseaddr(settings.mail_from)[1]:
        raise SettingError("PRECEPTOR_MAIL_FROM must be an address such as Learning <learning@trust.example>.")
    key = secret_for(settings)
    answer = action_links.tokens(key, settings.app_origin)
    withdraw = withdrawal_links.tokens(key, settings.app_origin)
    choose = mail_links.tokens(key, settings.app_origin)
    said: dict[str, Any] = {
        "tokens": lambda row: {**choose(row), **answer(row), **withdraw(row)},
        "headers": mail_links.headers(key, settings.app_origin),
    }
    if settings.inbound.answers:
        said["addresses"] = return_addresses.writer(key, settings.reply_domain)
    return Post(
        transport=lambda: smtp.SmtpTransport(settings.smtp_url),
        composer=lambda: Composer(Shelf(), settings.mail_from, **said),
        threads=_SENDERS,
    )


def worker_of(settings: Settings, engine: Engine | None = None) -> Worker:
    """Return a worker that has opened nothing yet but the database; an engine that is given is used instead."""
    engine = engine or engine_of(settings)
    return Worker(engine, post_of(settings), jobs_of(settings, engine))


def jobs_of(settings: Settings, engine: Engine) -> EmbeddedJobs:
    """Return the job engine that is chosen, with all work that there is."""
    make = cluster_of().ClusterJobs if settings.jobs == PROCRASTINATE else EmbeddedJobs
    works = {
        **wiring.works(engine, settings),
        **wiring.outside(engine, settings),
        **wiring.inbound(engine, house_of(settings, engine)),
    }
    schedules = (
        *wiring.SCHEDULES,
        *(wiring.OUTSIDE if settings.webhook_hosts else ()),
        *(wiring.TRIALS if settings.trial_seconds else ()),
    )
    return embedded_jobs(engine, works, schedules, make, post_of(settings))


def house_of(settings: Settings, engine: Engine) -> House:
    """Return what the mailroom needs to know to act on mail."""
    presenters = Presenters(web.presenters(engine))

    def simple(connection: Connection, approval: Approval) -> Mapping[str, str]:
        return presenters.of(approval).view(connection, approval).simple(approval)

    return House(inbound=settings.inbound, hooks=wiring.HOOKS, simple=simple)


def door_of(settings: Settings, engine: Engine, *, local: bool = False) -> Door:
    """Return what the mailroom's server asks of each mail; `local` for LMTP."""
    return Door(
        engine,
        jobs_of(settings, engine),
        key=secret_for(settings),
        domain=settings.reply_domain,
        office=parseaddr(settings.mail_from)[1].lower(),
        several=local,
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class ByHost:
    """Two applications that share nothing but the port: the pages, and below the content host the courses."""

    pages: Flask
    content: Flask
    content_host: str
    proxies: tuple[Network, ...] = ()

    def __call__(self, environment: WSGIEnvironment, start: StartResponse) -> Iterable[bytes]:
        """Answer one request (PEP 3333)."""
        if self.proxies:
            said = environment.get("HTTP_X_FORWARDED_FOR", "")
            environment["REMOTE_ADDR"] = proxies.client(environment.get("REMOTE_ADDR", ""), said, self.proxies)
        host = environment.get("HTTP_HOST", "").partition(":")[0].lower()
        below = host == self.content_host or host.endswith(f".{self.content_host}")
        return (self.content if below else self.pages)(environment, start)


def create_app(settings: Settings, sink: Sink | None = None, engine: Engine | None = None) -> ByHost:
    """Make the WSGI application of both origins; with a sink, a page shows what it received."""
    engine = engine or engine_of(settings)
    meter = probes.Meter()
    pages = _pages(engine, settings, sink)
    pages.register_blueprint(probes.blueprint(engine, settings, meter))
    content = create_content_app(engine, settings, playing.on_outcome, meter.noted("content"))
    meter.install(pages, "pages")
    meter.install(content, "content")
    return ByHost(
        pages=pages,
        content=content,
        content_host=urlsplit(settings.content_origin).hostname or "",
        proxies=settings.trusted_proxies,
    )


def _pages(engine: Engine, settings: Settings, sink: Sink | None) -> Flask:
    pages = frame.frame(engine, settings)
    web.install(pages, engine, settings)
    for blueprint in (
        worklist.blueprint(engine, web.presenters(engine), people.named, people.workplaces),
        acting.blueprint(engine, settings, web.presenters(engine)),
        messages.blueprint(engine, settings),
        mail_choices.blueprint(engine, settings),
        mail_styles.blueprint(engine, settings),
        mailroom.blueprint(engine),
        template_pages.blueprint(engine),
        template_versions.blueprint(engine),
        journal.blueprint(engine, CALLED),
        dashboard.blueprint(engine),
        why.blueprint(engine, CALLED),
        absences.blueprint(engine, web.presenters(engine), people.workplaces),
        coverage.blueprint(engine),
        roles.blueprint(engine),
        rest.blueprint(
            engine, [*resources.operations(settings, api.ANSWERS, people.workplaces), *api.operations(settings)]
        ),
    ):
        pages.register_blueprint(blueprint)
    frame.menu(pages, "Worklist", "worklist.index", 20)
    frame.menu(pages, "Absences", "absences.index", 25)
    frame.menu(pages, "Roles", "roles.index", 65)
    frame.menu(pages, "Messages", "messages.index", 70)
    frame.menu(pages, "E-mails I get", "mail_choices.index", 88)
    frame.menu(pages, "Mail that came", "mailroom.index", 75)
    frame.menu(pages, "Templates", "templates.index", 80)
    frame.menu(pages, "Look of mail", "mail_styles.index", 82)
    frame.menu(pages, "Operations", "operations.index", 85)
    if sink is not None:
        pages.register_blueprint(mailbox.blueprint(sink))
        frame.menu(pages, "Mailbox", "mailbox.index", 90)
    return pages

"""The settings: one frozen record, read from the environment once, at the edge."""

from __future__ import annotations

import re
import secrets
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from ipaddress import IPv4Network, IPv6Network, ip_network
from pathlib import Path
from urllib.parse import urlsplit

from publicsuffixlist import PublicSuffixList

from engine import calendar_settings, inbound_settings, logs, outgoing_settings
from engine.calendar_settings import Calendars
from engine.errors import SettingError
from engine.inbound_settings import Inbound
from engine.outgoing_settings import Outgoing

Network = IPv4Network | IPv6Network
DEVELOPMENT = "development"
PRODUCTION = "production"
EMBEDDED = "embedded"
PROCRASTINATE = "procrastinate"
_ENVIRONMENTS = (DEVELOPMENT, PRODUCTION)
_JOBS = (EMBEDDED, PROCRASTINATE)
_HOST = re.compile(r"[a-z0-9-]+(?:\.[a-z0-9-]+)+(?::[0-9]{1,5})?")
_SECRET_LENGTH = 32
_LONGEST_REMINDER = 90
_ROOM = 2
_MOST_ROOM = 10_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Oidc:
    """The identity provider at which people may sign in; `issuer` is its address without a slash at its end.

    `trusts` are those whose people it may vouch for; none means the only trust of an installation that has one.
    """

    issuer: str
    client_id: str
    client_secret: str
    trusts: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Room:
    """How much may be attached to one question altogether."""

    files: int = 20
    megabytes: int = 50


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """What one installation is told (INTERFACES, Settings).

    Origins are `scheme://host[:port]` without a path. `fixed_now` starts the clock of a trial at that moment. `jobs` is
    the job engine; `trusted_proxies` are the networks of those whose `X-Forwarded-For` is believed. `retention` are
    days by rule, else the defaults; `webhook_hosts` may be called, and `relay_hosts` by the content-server adapter;
    courses may load from `content_hosts` beside their own. `reminders` are the days before an expiry at which a learner
    is reminded after the first time, at three months; of what is not required only where that is said. After so many
    `stuck_days` of silence, or `stuck_ends` proper ends, somebody is asked about an e-learning that seems done. In a
    trial run `chromium` (found by itself where none is named) opens every part for `trial_seconds`, if not 0.
    """

    data_dir: Path
    database_url: str
    app_origin: str
    content_origin: str
    smtp_url: str
    mail_from: str
    reply_domain: str
    mailroom: str
    secret_key: str
    environment: str = DEVELOPMENT
    fixed_now: datetime | None = None
    jobs: str = EMBEDDED
    trusted_proxies: tuple[Network, ...] = ()
    oidc: Oidc | None = None
    retention: Mapping[str, int] = field(default_factory=dict)
    webhook_hosts: tuple[str, ...] = ()
    relay_hosts: tuple[str, ...] = ()
    content_hosts: tuple[str, ...] = ()
    reminders: tuple[int, ...] = (60, 30, 7)
    remind_not_required: bool = False
    stuck_days: int = 7
    stuck_ends: int = 3
    log: str = logs.TEXT
    metrics_token: str = ""
    room: Room = Room()
    inbound: Inbound = field(default_factory=Inbound)
    calendars: Calendars = field(default_factory=Calendars)
    outgoing: Outgoing = field(default_factory=Outgoing)
    chromium: str = ""
    trial_seconds: int = 20

    @property
    def production(self) -> bool:
        """Say whether the strict rules apply."""
        return self.environment == PRODUCTION

    @property
    def blobs(self) -> Path:
        """Return the folder of package files, stored by their hash."""
        return self.data_dir / "blobs"


def read(environment: Mapping[str, str]) -> Settings:
    """Read the settings from a mapping of environment variables.

    Raises `SettingError` with one sentence that names the setting.
    """
    kind = environment.get("PRECEPTOR_ENV", DEVELOPMENT)
    if kind not in _ENVIRONMENTS:
        raise SettingError(f"PRECEPTOR_ENV must be one of {', '.join(_ENVIRONMENTS)}, not {kind!r}.")
    data_dir = Path(environment.get("PRECEPTOR_DATA_DIR", ".data")).absolute()
    app_origin = _origin(environment, "PRECEPTOR_APP_ORIGIN", "http://127.0.0.1:8000")
    settings = Settings(
        data_dir=data_dir,
        database_url=environment.get("PRECEPTOR_DATABASE_URL") or f"sqlite:///{data_dir / 'preceptor.db'}",
        app_origin=app_origin,
        content_origin=_origin(environment, "PRECEPTOR_CONTENT_ORIGIN", "http://content.localhost:8000"),
        smtp_url=environment.get("PRECEPTOR_SMTP_URL", "smtp://127.0.0.1:1025"),
        mail_from=environment.get("PRECEPTOR_MAIL_FROM", "Learning <learning@preceptor.example>"),
        reply_domain=environment.get("PRECEPTOR_REPLY_DOMAIN", "preceptor.example"),
        mailroom=environment.get("PRECEPTOR_MAILROOM", "127.0.0.1:2525"),
        secret_key=environment.get("PRECEPTOR_SECRET_KEY", ""),
        environment=kind,
        fixed_now=_moment(environment.get("PRECEPTOR_NOW", "")),
        jobs=_jobs(environment.get("PRECEPTOR_JOBS", EMBEDDED)),
        trusted_proxies=_proxies(environment.get("PRECEPTOR_TRUSTED_PROXIES", "")),
        oidc=_oidc(environment),
        retention=_days(environment.get("PRECEPTOR_RETENTION", "")),
        webhook_hosts=tuple(environment.get("PRECEPTOR_WEBHOOK_HOSTS", "").lower().split()),
        relay_hosts=tuple(environment.get("PRECEPTOR_RELAY_HOSTS", "").lower().split()),
        content_hosts=_hosts(environment.get("PRECEPTOR_CONTENT_HOSTS", "")),
        reminders=_reminders(environment.get("PRECEPTOR_REMINDERS", "60 30 7")),
        remind_not_required=_switch(environment, "PRECEPTOR_REMIND_NOT_REQUIRED"),
        stuck_days=_count(environment, "PRECEPTOR_STUCK_DAYS", 7),
        stuck_ends=_count(environment, "PRECEPTOR_STUCK_ENDS", 3),
        log=_log(environment.get("PRECEPTOR_LOG", logs.TEXT)),
        metrics_token=environment.get("PRECEPTOR_METRICS_TOKEN", ""),
        chromium=environment.get("PRECEPTOR_CHROMIUM", ""),
        trial_seconds=_count(environment, "PRECEPTOR_TRIAL_SECONDS", 20, least=0),
        room=_room(environment.get("PRECEPTOR_ATTACHMENTS", "20 50")),
        inbound=inbound_settings.read(environment),
        calendars=calendar_settings.read(environment),
        outgoing=outgoing_settings.read(environment),
    )
    return _checked(settings)


def _checked(settings: Settings) -> Settings:
    if settings.jobs == PROCRASTINATE and settings.database_url.startswith("sqlite"):
        raise SettingError("PRECEPTOR_JOBS=procrastinate needs PostgreSQL: on SQLite the job engine is embedded.")
    if settings.production:
        if len(settings.secret_key) < _SECRET_LENGTH:
            raise SettingError(f"PRECEPTOR_SECRET_KEY must have at least {_SECRET_LENGTH} characters in production.")
        if settings.fixed_now is not None:
            raise SettingError("PRECEPTOR_NOW is for trials: a fixed clock is refused in production.")
        if _site(settings.app_origin) == _site(settings.content_origin):
            raise SettingError(
                "PRECEPTOR_APP_ORIGIN and PRECEPTOR_CONTENT_ORIGIN must not share a registrable domain in production."
            )
        if not settings.app_origin.startswith("https://") or not settings.content_origin.startswith("https://"):
            raise SettingError("PRECEPTOR_APP_ORIGIN and PRECEPTOR_CONTENT_ORIGIN must use https in production.")
        if settings.oidc and not settings.oidc.issuer.startswith("https://"):
            raise SettingError("PRECEPTOR_OIDC_ISSUER must use https in production.")
    return settings


def _log(value: str) -> str:
    if value not in logs.STYLES:
        raise SettingError(f"PRECEPTOR_LOG must be one of {', '.join(logs.STYLES)}, not {value!r}.")
    return value


def _jobs(value: str) -> str:
    if value not in _JOBS:
        raise SettingError(f"PRECEPTOR_JOBS must be one of {', '.join(_JOBS)}, not {value!r}.")
    return value


def _proxies(value: str) -> tuple[Network, ...]:
    try:
        return tuple(ip_network(part) for part in value.replace(",", " ").split())
    except ValueError:
        raise SettingError(
            f"PRECEPTOR_TRUSTED_PROXIES must be addresses or networks such as “127.0.0.1 10.0.0.0/8”, not {value!r}."
        ) from None


def _hosts(value: str) -> tuple[str, ...]:
    hosts = tuple(value.lower().split())
    if wrong := next((host for host in hosts if not _HOST.fullmatch(host)), None):
        raise SettingError(f"PRECEPTOR_CONTENT_HOSTS must be hosts such as cdn.example.org, not {wrong!r}.")
    return hosts


def _oidc(environment: Mapping[str, str]) -> Oidc | None:
    """Return the identity provider; none is named or all of it is."""
    names = ("PRECEPTOR_OIDC_ISSUER", "PRECEPTOR_OIDC_CLIENT_ID", "PRECEPTOR_OIDC_CLIENT_SECRET")
    issuer, client, secret = (environment.get(name, "").strip() for name in names)
    if not issuer and not client and not secret:
        return None
    absent = [name for name, value in zip(names, (issuer, client, secret), strict=True) if not value]
    if absent:
        raise SettingError(f"Sign-in by OIDC needs all of its settings; {' and '.join(absent)} is missing.")
    parts = urlsplit(issuer)
    if parts.scheme not in {"http", "https"} or not parts.hostname or parts.query or parts.fragment:
        raise SettingError(f"PRECEPTOR_OIDC_ISSUER must be an address such as https://login.example, not {issuer!r}.")
    trusts = tuple(environment.get("PRECEPTOR_OIDC_TRUST", "").split())
    return Oidc(issuer=issuer.rstrip("/"), client_id=client, client_secret=secret, trusts=trusts)


def _origin(environment: Mapping[str, str], name: str, default: str) -> str:
    value = environment.get(name, default).rstrip("/")
    parts = urlsplit(value)
    if parts.scheme not in {"http", "https"} or not parts.hostname or parts.path or parts.query:
        raise SettingError(f"{name} must be an origin such as https://learn.example, not {value!r}.")
    return value


def _site(origin: str) -> str:
    """Return the registrable domain by the Public Suffix List; a host without one stands for itself."""
    host = urlsplit(origin).hostname or ""
    return PublicSuffixList().privatesuffix(host) or host


def _moment(value: str) -> datetime | None:
    if not value:
        return None
    try:
        moment = datetime.fromisoformat(value)
    except ValueError:
        raise SettingError(f"PRECEPTOR_NOW must be a moment such as 2027-01-04T09:30:00Z, not {value!r}.") from None
    return moment.replace(tzinfo=moment.tzinfo or UTC).astimezone(UTC)


def _days(value: str) -> Mapping[str, int]:
    pairs = [pair.partition("=") for pair in value.split()]
    if not all(days.isdecimal() for _name, _equals, days in pairs):
        raise SettingError(
            f"PRECEPTOR_RETENTION must be days by name such as “messages=400 questions=0”, not {value!r}."
        )
    return {name: int(days) for name, _equals, days in pairs}


def _room(value: str) -> Room:
    said = value.split()
    if len(said) != _ROOM or not all(one.isdecimal() and int(one) < _MOST_ROOM for one in said):
        raise SettingError(
            f"PRECEPTOR_ATTACHMENTS must be files and megabytes of one question such as “20 50”, not {value!r}."
        )
    return Room(files=int(said[0]), megabytes=int(said[1]))


def _reminders(value: str) -> tuple[int, ...]:
    days = value.split()
    if not all(day.isdecimal() and 0 < int(day) < _LONGEST_REMINDER for day in days):
        raise SettingError(f"PRECEPTOR_REMINDERS must be days before an expiry such as “60 30 7”, not {value!r}.")
    return tuple(sorted(set(map(int, days)), reverse=True))


def _count(environment: Mapping[str, str], name: str, otherwise: int, least: int = 1) -> int:
    value = environment.get(name, str(otherwise))
    if not (value.isdecimal() and least <= int(value) < _LONGEST_REMINDER):
        raise SettingError(f"{name} must be a number such as {otherwise}, not {value!r}.")
    return int(value)


def _switch(environment: Mapping[str, str], name: str) -> bool:
    value = environment.get(name, "no").lower()
    if value not in {"yes", "no"}:
        raise SettingError(f"{name} must be yes or no, not {value!r}.")
    return value == "yes"


def secret_for(settings: Settings) -> str:
    """Return the key that signs cookies and tokens; development makes one and keeps it in the data folder.

    Raises `SettingError` where the folder cannot be written.
    """
    if settings.secret_key:
        return settings.secret_key
    kept = settings.data_dir / "secret"
    try:
        settings.data_dir.mkdir(parents=True, exist_ok=True)
        with kept.open("x") as file:
            kept.chmod(0o600)
            file.write(secrets.token_urlsafe(_SECRET_LENGTH))
    except FileExistsError:
        pass
    except OSError as trouble:
        raise SettingError(f"PRECEPTOR_DATA_DIR {settings.data_dir} cannot be written: {trouble.strerror}.") from None
    return kept.read_text()

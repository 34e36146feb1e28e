"""What pages show of applicants: the list, and one of them with its transfers and all that happened; set-based."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import Connection, RowMapping, select

from engine.errors import Missing
from engine.tables import journal
from workflows.onboarding import applicant, transfer
from workflows.onboarding.keeps import ApplicantKeep, TransferKeep
from workflows.onboarding.records import Applicant, Transfer
from workflows.onboarding.tables import applicants, transfers
from workflows.people.records import Site


@dataclass(frozen=True, slots=True, kw_only=True)
class TransferView:
    """One transfer with its journal, oldest first."""

    transfer: Transfer
    journal: tuple[RowMapping, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class ApplicantView:
    """One applicant with journal and transfers."""

    applicant: Applicant
    journal: tuple[RowMapping, ...]
    transfers: tuple[TransferView, ...]


def applicants_of(conn: Connection, trust: str, organisations: Iterable[str] | None = None) -> tuple[Applicant, ...]:
    """Return the applicants of these organisations (of all, where none are named), the latest first."""
    query = select(applicants.c.id).where(applicants.c.trust == trust)
    if organisations is not None:
        query = query.where(applicants.c.organisation.in_(set(organisations)))
    keys = conn.scalars(query.order_by(applicants.c.id.desc())).all()
    found = ApplicantKeep().load(conn, trust, keys, _EVER)
    return tuple(found[key] for key in keys)


def applicant_view(conn: Connection, trust: str, key: str, site: Site) -> ApplicantView:
    """Return one applicant with its transfers and all that happened; raises `Missing`."""
    found = ApplicantKeep().load(conn, trust, [key], _EVER)
    if key not in found:
        raise Missing("There is no such applicant in this trust.", kind="applicant", id=key)
    query = select(transfers.c.id).where(transfers.c.trust == trust, transfers.c.applicant == key)
    keys = conn.scalars(query.order_by(transfers.c.id)).all()
    records = TransferKeep(site).load(conn, trust, keys, _EVER)
    said = _journals(conn, trust, {applicant.KIND: [key], transfer.KIND: keys})
    return ApplicantView(
        applicant=found[key],
        journal=said.get(key, ()),
        transfers=tuple(TransferView(transfer=records[one], journal=said.get(one, ())) for one in keys),
    )


def transfer_of(conn: Connection, trust: str, key: str, site: Site) -> Transfer:
    """Return one transfer; raises `Missing`."""
    found = TransferKeep(site).load(conn, trust, [key], _EVER)
    if key not in found:
        raise Missing("There is no such transfer in this trust.", kind="transfer", id=key)
    return found[key]


# Records of this area do not depend on the time at which they are read.
_EVER = datetime(1970, 1, 1, tzinfo=UTC)


def _journals(conn: Connection, trust: str, subjects: Mapping[str, Iterable[str]]) -> Mapping[str, tuple[Any, ...]]:
    found: dict[str, list[RowMapping]] = {}
    for kind, keys in subjects.items():
        query = select(journal).where(
            journal.c.trust == trust, journal.c.kind == kind, journal.c.subject.in_(set(keys))
        )
        for row in conn.execute(query.order_by(journal.c.subject, journal.c.revision)).mappings():
            found.setdefault(row["subject"], []).append(row)
    return {key: tuple(rows) for key, rows in found.items()}

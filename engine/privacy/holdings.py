"""What the engine's own tables keep of people."""

from __future__ import annotations

from typing import Final

from sqlalchemy import case, literal

from engine.approvals.tables import approval_attachments, approval_comments, attachment_files
from engine.incident import KIND as INCIDENT
from engine.incident_tables import incidents
from engine.mailroom_tables import inbound_mail, suppressions
from engine.outgoing.outbox import WAITING, WITH_A_LINK, Delivery
from engine.outgoing_tables import digest_items, letter_events, mail_choices, mail_zones
from engine.privacy.personal import THE_SUBJECT, Holding
from engine.roles.absence import State
from engine.roles.absence_tables import absences, amendments
from engine.roles.directory_tables import account_links, accounts, api_tokens, grants, holders, identity
from engine.tables import approvals, invitations, outbox
from engine.worklist_tables import action_link_uses, saved_views, worklist_settings

ERASED: Final = "Erased"
"""What stands where a name was."""

ACCOUNTS: Final = Holding(
    table=accounts,
    title="Account",
    person="person",
    shown=("username", "email", "name", "active"),
    called="name",
    erased={
        "username": literal("erased-") + accounts.c.id,
        "email": "",
        "name": ERASED,
        "password": None,
        "oidc_subject": None,
        "active": False,
        "session": accounts.c.session + 1,
    },
)

APPROVALS: Final = Holding(
    table=approvals,
    title="Questions about them",
    person="subject_person",
    kind="approval",
    shown=("title", "role", "opened_at", "due_at", "state", "choice", "answered_by_name", "closed_at", "comment"),
    erased={"title": ERASED, "comment": None},
)

_ATTACHMENTS: Final = Holding(
    table=approval_attachments,
    title="Files that came with questions about them",
    through=("approval", APPROVALS),
    by="hash",
    shown=("name", "media_type", "size"),
    erased={"name": ERASED},
)

MESSAGES: Final = Holding(
    table=outbox,
    title="Messages",
    person="person",
    subjects=THE_SUBJECT,
    shown=("notice", "name", "email", "reason", "context", "queued_at", "sent_at", "state", "answer"),
    erased={
        "name": ERASED,
        "email": "",
        "reason": "",
        "context": {},
        "invitation": None,
        "answer": None,
        "state": case((outbox.c.state.in_(WAITING), Delivery.SUPPRESSED), else_=outbox.c.state),
    },
    secret={"context": outbox.c.kind == WITH_A_LINK},  # whoever reads the link could sign in as them
)

HOLDINGS: Final = (
    ACCOUNTS,
    APPROVALS,
    Holding(
        table=approval_comments,
        title="What was said with questions about them",
        through=("approval", APPROVALS),
        shown=("at", "by_name", "text"),
        erased={"text": ERASED},
    ),
    _ATTACHMENTS,
    # Kept once for the same bytes: what names one person in one question names them in another.
    Holding(
        table=attachment_files,
        title="What those files held",
        through=("hash", _ATTACHMENTS),
        erased={"content": b""},
    ),
    Holding(table=grants, title="Permissions", through=("account", ACCOUNTS), shown=("responsibility", "organisation")),
    Holding(
        table=holders,
        title="Roles",
        through=("account", ACCOUNTS),
        shown=("role", "organisation", "enabled", "starts_at", "ends_at"),
        erased={"enabled": False},
    ),
    Holding(
        table=absences,
        title="Absences",
        through=("account", ACCOUNTS),
        shown=("starts_at", "ends_at", "action", "kind", "notice", "comment", "state"),
        erased={"comment": "", "source": None, "state": State.ENDED},
    ),
    Holding(
        table=amendments,
        title="Changes of roles and absences that they made",
        through=("actor", ACCOUNTS),
        shown=("kind", "key", "at", "what"),
        erased={"actor_name": ERASED},
    ),
    Holding(table=account_links, title="Links to sign in", through=("account", ACCOUNTS), gone=True),
    Holding(
        table=api_tokens, title="API tokens", through=("account", ACCOUNTS), shown=("made_at", "expires_at"), gone=True
    ),
    Holding(table=saved_views, title="Saved views", through=("account", ACCOUNTS), shown=("name", "query"), gone=True),
    Holding(
        table=saved_views,
        title="Saved views in which others look for them",
        words=("sought", "name"),
        shown=("name", "query"),
        gone=True,
    ),
    Holding(table=worklist_settings, title="Keyboard", through=("account", ACCOUNTS), shown=("shortcuts",), gone=True),
    Holding(table=action_link_uses, title="Links used to answer", through=("account", ACCOUNTS), gone=True),
    Holding(table=identity, title="Keys to find them by", person="person", gone=True),
    MESSAGES,
    Holding(
        table=letter_events,
        title="What happened to messages",
        through=("letter", MESSAGES),
        shown=("at", "state", "answer"),
        gone=True,
    ),
    Holding(table=digest_items, title="Messages in daily digests", through=("letter", MESSAGES), gone=True),
    Holding(
        table=mail_choices, title="E-mails chosen", person="person", shown=("notice", "pace", "changed_at"), gone=True
    ),
    Holding(table=mail_zones, title="Time zone", person="person", shown=("zone",), gone=True),
    Holding(
        table=incidents,
        title="Failures in what concerned them",
        subjects=("about_kind", "about"),
        kind=INCIDENT,
        shown=("title", "message", "raised_at", "ended_at", "reason", "state"),
        # The title names nobody, and the question about it has the same one.
        erased={"message": "", "reason": None},
    ),
    Holding(
        table=invitations,
        title="Meeting requests",
        subjects=THE_SUBJECT,
        shown=("uid", "attendee", "method", "said", "partstat", "replied_at", "reply_comment"),
        erased={"attendee": "", "delivered": None, "reply_comment": None},
    ),
    Holding(
        table=inbound_mail,
        title="Mail that came from them or about them",
        person="person",
        subjects=("about_kind", "about"),
        shown=("received_at", "from_address", "subject_line", "said", "outcome", "state"),
        erased={
            "raw": b"",
            "sender": "",
            "from_address": "",
            "subject_line": "",
            "said": "",
            "found": None,
            "outcome": "",
        },
    ),
    Holding(
        table=suppressions,
        title="Letters to them that came back",
        person="person",
        shown=("email", "first_at", "last_at", "until", "status", "answer"),
        gone=True,
    ),
)

"""What else can be done with a question than answer it: claim, pass on, ask for information, reply, comment, attach."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from io import BytesIO
from typing import Any, Final

from flask import Blueprint, Response, flash, redirect, render_template, request, send_file, url_for
from flask.typing import ResponseReturnValue
from werkzeug.datastructures import FileStorage
from werkzeug.wrappers import Response as AnyResponse

from engine import text
from engine.approvals import answering, attachments, keep
from engine.approvals.approval import Trigger
from engine.errors import Invalid, Missing, NotAllowed, Refused
from engine.transaction import Transaction
from engine.web import asked, colleagues, nearby
from engine.web.permissions import signed_in
from engine.web.presenting import WHOLE
from engine.web.visitors import Visitor, visitor
from engine.web.worklist_question import LONGEST_COMMENT, OVERTAKEN, Desk, carried

_FORMS_BESIDES: Final = 64 * 1024


@dataclass(frozen=True, slots=True, kw_only=True)
class Plainly:
    """Something that needs no form: a button, and what is said afterwards."""

    trigger: Trigger
    done: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Passing:
    """Something that needs an account and words: the names of its facts, and the words of its page."""

    trigger: Trigger
    to: str
    words: str
    title: str
    about: str
    label: str
    button: str
    done: str
    needed: bool = False


PLAINLY: Final[Mapping[str, Plainly]] = {
    "claim": Plainly(trigger=Trigger.CLAIM, done="You have claimed this: it is yours now."),
    "release": Plainly(trigger=Trigger.RELEASE, done="You have given this back to the role."),
    "take-back": Plainly(trigger=Trigger.TAKE_BACK, done="You have taken this back."),
}
PASSING: Final[Mapping[str, Passing]] = {
    "delegate": Passing(
        trigger=Trigger.DELEGATE,
        to="to",
        words="comment",
        title="Delegate",
        about="Somebody else answers for you. It stays yours: you can still answer, or take it back.",
        label="Message to them (optional)",
        button="Delegate",
        done="You have delegated this.",
    ),
    "transfer": Passing(
        trigger=Trigger.TRANSFER,
        to="to",
        words="comment",
        title="Transfer",
        about="Somebody else owns this from now on. You cannot take it back.",
        label="Message to them (optional)",
        button="Transfer",
        done="You have transferred this.",
    ),
    "ask": Passing(
        trigger=Trigger.ASK,
        to="of",
        words="question",
        title="Ask for more information",
        about="Nobody can answer until they have replied, or you take your request back.",
        label="What do you want to know?",
        button="Ask",
        done="Your request is sent.",
        needed=True,
    ),
}


def add(pages: Blueprint, desk: Desk) -> None:
    """Add the pages to the worklist's."""

    # A value preprocessor runs before the form's token is read, which is when the size is looked at.
    @pages.url_value_preprocessor
    def allow_files(endpoint: str | None, _values: dict[str, Any] | None) -> None:
        """Let files that come with words be larger than any other form."""
        if endpoint in {"worklist.comment", "worklist.reply"}:
            request.max_content_length = attachments.MOST * attachments.LARGEST + _FORMS_BESIDES

    @pages.post("/<id>/do/<act>")
    @signed_in
    def act(id: str, act: str) -> AnyResponse:  # noqa: A002 - it is the address's name
        """Claim a question, give it back, or take back what was handed on."""
        if act not in PLAINLY:
            raise Missing
        return _done(desk, id, PLAINLY[act].trigger, lambda _tx: {}, PLAINLY[act].done)

    @pages.route("/<id>/pass/<way>", methods=["GET", "POST"])
    @signed_in
    def hand_on(id: str, way: str) -> ResponseReturnValue:  # noqa: A002
        """Delegate a question, transfer it, or ask somebody for information."""
        if way not in PASSING:
            raise Missing
        passing = _Pass(desk, visitor(), id, way)
        return passing.sent() if request.method == "POST" else passing.page({})

    @pages.post("/<id>/reply")
    @signed_in
    def reply(id: str) -> AnyResponse:  # noqa: A002
        """Give the information that was asked for."""
        return _done(desk, id, Trigger.REPLY, lambda tx: _words(tx, "answer"), "Your reply is sent.")

    @pages.post("/<id>/comment")
    @signed_in
    def comment(id: str) -> AnyResponse:  # noqa: A002
        """Keep a comment, and the files that came with it."""
        return _done(desk, id, Trigger.COMMENT, lambda tx: _words(tx, "remark", "comment"), "Your comment is kept.")

    @pages.get("/<id>/files/<file>")
    @signed_in
    def attached(id: str, file: str) -> Response:  # noqa: A002
        """Give a file back as a download, never as a page."""
        here = visitor()
        with desk.engine.reading() as connection:
            asked.one_of(connection, here.trust, here.actor, id)
            row = attachments.content(connection, here.trust, id, file)
        return _download(row)


def _done(desk: Desk, identifier: str, trigger: Trigger, facts: Callable[[Transaction], Any], said: str) -> AnyResponse:
    """Do something, and lead back to the question with what became of it."""
    here = visitor()
    with desk.engine.reading() as connection:
        asked.one_of(connection, here.trust, here.actor, identifier)
    try:
        with desk.engine.transaction(here.actor) as tx:
            answering.act(tx, here.trust, identifier, trigger, facts(tx))
    except (Refused, Invalid, NotAllowed) as refusal:
        return desk.again(here, identifier, {WHOLE: refusal.sentence})
    except OVERTAKEN:
        return desk.overtaken(here, identifier)
    flash(said)
    return _back(desk, here, identifier)


def _back(desk: Desk, here: Visitor, identifier: str) -> AnyResponse:
    """Lead back to the question, or to the list where it is no longer the visitor's to see."""
    with desk.engine.reading() as connection:
        still = asked.several_of(connection, here.trust, here.actor, [identifier])
    if still:
        return redirect(url_for(".question", id=identifier, **carried()), 303)
    return redirect(url_for(".index", **carried()), 303)


def _words(tx: Transaction, name: str, fact: str = "") -> dict[str, Any]:
    """Read what was written, and keep the files that came with it."""
    files = [one for one in request.files.getlist("files") if one.filename]
    if len(files) > attachments.MOST:
        raise Invalid(f"At most {attachments.MOST} files can be attached at once.")
    stored = [_stored(tx, one) for one in files]
    return {fact or name: text.clean_lines(request.form.get(name, ""), LONGEST_COMMENT), "attachments": stored}


def _stored(tx: Transaction, file: FileStorage) -> dict[str, Any]:
    trust = visitor().trust
    content = file.stream.read(attachments.LARGEST + 1)
    return attachments.store(tx.connection, trust, file.filename or "", content).as_facts()


def _download(row: Any) -> Response:
    answer = send_file(BytesIO(row["content"]), row["media_type"], as_attachment=True, download_name=row["name"])
    answer.headers["Content-Security-Policy"] = "sandbox; default-src 'none'"
    return answer


class _Pass:
    """One way of handing a question on."""

    def __init__(self, desk: Desk, here: Visitor, identifier: str, way: str) -> None:
        self._desk = desk
        self._here = here
        self._id = identifier
        self._way = way
        self._said = PASSING[way]

    def page(self, wrong: Mapping[str, str]) -> ResponseReturnValue:
        """Show whom it can be handed to: those who are likely, or who were searched for."""
        here, handed = self._here, self._said.to == "to"
        search = text.clean(request.values.get("who", ""), LONGEST_COMMENT)
        now, works = self._desk.engine.clock(), self._desk.works
        with self._desk.engine.reading() as connection:
            approval = keep.read(asked.one_of(connection, here.trust, here.actor, self._id))
        if search:
            nearby.count_search(self._desk.engine, here.actor)
        with self._desk.engine.reading() as connection:
            found = colleagues.found(connection, approval, here.actor, search, now, handed=handed, works=works)
        if self._said.trigger not in self._desk.able(here.actor, approval):
            flash("This is not yours to hand on now.")
            return redirect(url_for(".question", id=self._id, **carried()), 303)
        known = {"approval": approval, "way": self._way, "said": self._said, "found": found, "search": search}
        more = {"typed": request.form, "problems": wrong, "carried": carried(), "most": colleagues.MOST}
        page = render_template("engine/worklist_pass.html", **known, **more, longest_comment=LONGEST_COMMENT)
        return page, 422 if wrong else 200

    def sent(self) -> ResponseReturnValue:
        """Hand it on."""
        said, here = self._said, self._here
        words = text.clean_lines(request.form.get("words", ""), LONGEST_COMMENT)
        wrong = self._to_nobody()
        if said.needed and not words:
            wrong["words"] = "Write what you want to know."
        if wrong:
            return self.page(wrong)
        try:
            self._desk.fire(here, self._id, said.trigger, {said.to: request.form["to"], said.words: words})
        except (Refused, Invalid) as refusal:
            return self.page({"to": refusal.sentence})
        except OVERTAKEN:
            return self._desk.overtaken(here, self._id)
        flash(said.done)
        return _back(self._desk, here, self._id)

    def _to_nobody(self) -> dict[str, str]:
        """Say what is wrong where nobody is chosen, or somebody to whom this page would hand nothing on."""
        chosen = request.form.get("to")
        if not chosen:
            return {"to": "Choose somebody, or search for a name first."}
        here, engine = self._here, self._desk.engine
        with engine.reading() as connection:
            approval = keep.read(asked.one_of(connection, here.trust, here.actor, self._id))
            if self._said.to == "to" and self._said.trigger in self._desk.able(here.actor, approval):
                try:
                    colleagues.require(connection, approval, here.actor, chosen, engine.clock(), self._desk.works)
                except Invalid as refusal:
                    return {"to": refusal.sentence}
        return {}

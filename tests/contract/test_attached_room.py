"""How much may come with one question, and files whose bytes were erased, on both databases."""

from dataclasses import replace

import pytest
from sqlalchemy import update

from engine import settings
from engine.approvals import attachments
from engine.approvals.approval import Trigger
from engine.approvals.tables import attachment_files
from engine.errors import Invalid, Missing, SettingError
from engine.settings import Room
from engine.storage import database
from tests import approvals
from tests.approvals import ask, does
from tests.databases import close
from tests.trial import TRUST, WARD_HOLDER


@pytest.fixture
def engine(database_url, clock):
    built = approvals.engine_on(database_url, clock)
    yield built
    close(built.database)


def comes(engine, question, *contents):
    """Attach files in one commit with a comment."""
    with engine.transaction(WARD_HOLDER) as tx:
        files = [attachments.store(tx.connection, TRUST, "a.txt", one).as_facts() for one in contents]
        tx.fire(approvals.named(question), Trigger.COMMENT, {"comment": "", "attachments": files})


def there(engine, question):
    with engine.reading() as connection:
        return [row["id"] for row in attachments.of(connection, TRUST, [question])]


def held(engine, question, file):
    with engine.reading() as connection:
        return attachments.content(connection, TRUST, question, file)["content"]


def test_a_question_has_room_for_so_many_files_and_no_more(engine):
    engine = replace(engine, room=Room(files=3))
    question, other = ask(engine), ask(engine, "pat")
    comes(engine, question, b"1", b"2")

    with pytest.raises(Invalid, match="at most 3 files of 50 MB altogether; this one has 2"):
        comes(engine, question, b"3", b"4")
    comes(engine, question, b"3")
    comes(engine, other, b"3", b"4")

    assert (len(there(engine, question)), len(there(engine, other))) == (3, 2)


def test_and_for_so_many_bytes(engine):
    engine = replace(engine, room=Room(megabytes=1))
    question = ask(engine)
    comes(engine, question, b"x" * 600_000)

    with pytest.raises(Invalid, match=r"this one has 1 of 0\.6 MB"):
        comes(engine, question, b"y" * 600_000)
    does(engine, WARD_HOLDER, question, Trigger.COMMENT, comment="Without it, then.")

    assert len(there(engine, question)) == 1


def test_the_same_file_comes_back_after_its_bytes_were_erased_and_the_erased_one_stays_so(engine):
    question = ask(engine)
    comes(engine, question, b"The rota.")
    (erased,) = there(engine, question)
    with database.writing(engine.database) as connection:
        connection.execute(update(attachment_files).values(content=b""))

    comes(engine, question, b"The rota.")
    comes(engine, question, b"The rota.")

    assert [held(engine, question, one) for one in there(engine, question) if one != erased] == [b"The rota."] * 2
    with pytest.raises(Missing, match="was erased"):
        held(engine, question, erased)


def test_the_room_is_a_setting():
    assert settings.read({}).room == Room(files=20, megabytes=50)
    assert settings.read({"PRECEPTOR_ATTACHMENTS": "5 10"}).room == Room(files=5, megabytes=10)


@pytest.mark.parametrize("said", ["20", "a b", "-1 5", "1 2 3", "20000 1", ""])
def test_a_room_that_is_none_stops_the_start(said):
    with pytest.raises(SettingError, match="PRECEPTOR_ATTACHMENTS must be files and megabytes"):
        settings.read({"PRECEPTOR_ATTACHMENTS": said})

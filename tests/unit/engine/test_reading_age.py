"""How old a reader has to be: near enough for a hint, and never where there is too little to judge."""

from engine.wording import notices, reading_age, rendering

PLAIN = (
    "You have a place on the course. Come to room three at nine. Bring your badge and a pen. We will see you there. "
)
DENSE = (
    "Notwithstanding aforementioned organisational considerations, participants necessitating accommodation "
    "modifications should communicate individual requirements electronically, facilitating appropriate preparatory "
    "administrative interventions by the responsible departmental coordination personnel beforehand."
)


def test_plain_words_in_short_sentences_read_young_and_the_opposite_old():
    assert reading_age.age(PLAIN * 2) < 9
    assert reading_age.age(DENSE * 2) > 18


def test_a_dense_text_gets_a_hint_and_a_plain_or_short_one_none():
    [hint] = reading_age.hints(DENSE * 2)

    assert hint.level == "warning"
    assert "shorter sentences" in hint.sentence
    assert reading_age.hints(PLAIN * 2) == reading_age.hints("Notwithstanding considerations.") == []


def test_addresses_of_pages_are_not_words():
    assert reading_age.age("https://learn.northshire.example/enrolments/withdraw " * 40) is None


def test_what_is_shipped_reads_as_the_service_manual_asks():
    for name in notices.names():
        notice = notices.notice(name)
        rendered = rendering.compiled(notice, notice.source).render(notice.samples[notices.USUAL])

        assert reading_age.hints(rendered.text) == []

"""The demo's courses are whole SCORM 1.2 packages that need nothing from outside."""

import re
from collections.abc import Iterator
from html.parser import HTMLParser
from io import BytesIO
from zipfile import ZipFile

import pytest
from defusedxml.ElementTree import fromstring

from workflows.demo import courses

IMSCP = "{http://www.imsproject.org/xsd/imscp_rootv1p1p2}"
ADLCP = "{http://www.adlnet.org/xsd/adlcp_rootv1p2}"
EVERY_COURSE = pytest.mark.parametrize("name", courses.names())


class Page(HTMLParser):
    """The tags of a page in order, each with its attributes."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))

    def having(self, attribute: str) -> Iterator[str]:
        return (value for _, attrs in self.tags if (value := attrs.get(attribute)))


def opened(name: str) -> ZipFile:
    return ZipFile(BytesIO(courses.build(name)))


def manifest_of(name: str):
    return fromstring(opened(name).read("imsmanifest.xml"))


def page_of(name: str) -> Page:
    return Page(opened(name).read("index.html").decode())


def test_the_demo_has_its_two_courses():
    assert courses.names() == ("information-governance", "moving-and-handling")


def test_a_course_that_does_not_exist_is_refused():
    with pytest.raises(KeyError, match="shared"):
        courses.build("shared")


@EVERY_COURSE
def test_building_a_course_twice_gives_the_same_bytes(name):
    first, second = courses.build(name), courses.build(name)

    assert first == second


@EVERY_COURSE
def test_a_course_is_a_sound_zip_with_its_manifest_first_and_no_trace_of_the_time(name):
    archive = opened(name)

    assert archive.testzip() is None
    assert archive.namelist()[0] == "imsmanifest.xml"
    assert len(set(archive.namelist())) == len(archive.namelist())
    assert {entry.date_time for entry in archive.infolist()} == {(1980, 1, 1, 0, 0, 0)}


@EVERY_COURSE
def test_the_manifest_declares_scorm_1_2_and_one_sco(name):
    manifest = manifest_of(name)

    resources = manifest.findall(f"{IMSCP}resources/{IMSCP}resource")

    assert manifest.findtext(f"{IMSCP}metadata/{IMSCP}schema") == "ADL SCORM"
    assert manifest.findtext(f"{IMSCP}metadata/{IMSCP}schemaversion") == "1.2"
    assert [r.get("href") for r in resources if r.get(f"{ADLCP}scormtype") == "sco"] == ["index.html"]


@EVERY_COURSE
def test_the_manifest_lists_every_file_of_the_package_and_no_other(name):
    listed = [file.get("href") for file in manifest_of(name).iter(f"{IMSCP}file")]

    assert sorted([*listed, "imsmanifest.xml"]) == sorted(opened(name).namelist())


@EVERY_COURSE
def test_every_reference_in_the_manifest_leads_somewhere(name):
    manifest = manifest_of(name)

    identifiers = [node.get("identifier") for node in manifest.iter() if node.get("identifier")]
    references = {node.get("identifierref") for node in manifest.iter() if node.get("identifierref")}
    default = manifest.find(f"{IMSCP}organizations").get("default")

    assert len(set(identifiers)) == len(identifiers)
    assert references | {default} <= set(identifiers)


@pytest.mark.parametrize(("name", "mastery"), [("information-governance", "80"), ("moving-and-handling", None)])
def test_one_course_leaves_the_verdict_to_the_system_and_one_gives_its_own(name, mastery):
    assert manifest_of(name).findtext(f".//{ADLCP}masteryscore") == mastery


@EVERY_COURSE
def test_every_file_that_a_page_refers_to_is_in_the_package(name):
    page = page_of(name)
    anchors = {f"#{identifier}" for identifier in page.having("id")}

    references = {*page.having("src"), *page.having("href")}

    assert references <= anchors | set(opened(name).namelist())


@EVERY_COURSE
def test_nothing_in_a_course_comes_from_another_host(name):
    archive = opened(name)

    texts = (archive.read(member).decode() for member in archive.namelist() if member != "imsmanifest.xml")
    addresses = {address for text in texts for address in re.findall(r"\w+://[^\s\"'<>]*", text)}

    assert addresses <= {"http://www.w3.org/2000/svg"}


@EVERY_COURSE
def test_no_page_has_an_inline_handler_or_style(name):
    attributes = {attribute for _, attrs in page_of(name).tags for attribute in attrs}

    assert not {attribute for attribute in attributes if attribute == "style" or attribute.startswith("on")}


@EVERY_COURSE
def test_a_course_has_the_controls_by_which_it_is_played(name):
    identifiers = list(page_of(name).having("id"))

    controls = {"next", "previous", "resume", "restart", "quiz", "submit-quiz", "retry", "connection", "position"}

    assert len(set(identifiers)) == len(identifiers)
    assert controls <= set(identifiers)


@EVERY_COURSE
def test_each_question_has_its_right_answer_among_its_choices(name):
    page = page_of(name)

    answers = [attrs["data-correct"] for tag, attrs in page.tags if tag == "fieldset"]
    choices = {(attrs["name"], attrs["value"]) for tag, attrs in page.tags if attrs.get("type") == "radio"}

    assert len(answers) in {5, 6}
    assert {(f"q{number}", answer) for number, answer in enumerate(answers, start=1)} <= choices
    assert {question for question, _ in choices} == {f"q{number}" for number in range(1, len(answers) + 1)}

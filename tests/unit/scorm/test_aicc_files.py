"""AICC course files as tools write them: what is read, what is put up with, and what is refused."""

from __future__ import annotations

import pytest

from scorm.packaging import aicc_files, package
from scorm.packaging.manifest import Item, Manifest
from tests import aicc


def parsed(files: dict[str, bytes]) -> Manifest:
    found = aicc_files.found(files)
    assert found is not None
    return aicc_files.parse({end: files[name] for end, name in found.files.items()}, tuple(files), found)


def unit(files: dict[str, bytes]) -> Item:
    manifest = parsed(files)
    assert manifest.reasons == ()
    return manifest.scos[0]


def with_unit(column: str, value: str) -> dict[str, bytes]:
    return aicc.course(au=f"System_ID,File_Name,{column}\nA1,fire/start.html,{value}\n".encode())


def test_a_course_is_read_from_its_files():
    manifest = parsed(aicc.course())

    (found,) = manifest.scos
    assert (manifest.standard, manifest.edition, manifest.title) == ("AICC", "AICC 4.0", "Fire safety")
    assert (found.identifier, found.title, found.kind) == ("A1", 'Fire, smoke and "doors"', "au")
    assert (found.path, found.suffix) == ("fire/start.html", "?mode=full")
    assert (found.mastery_score, found.max_time_allowed, found.time_limit_action) == (
        "80",
        "01:30:00",
        "exit,no message",
    )
    assert found.launch_data == "pages=9, quiz"
    assert (manifest.warnings, manifest.reasons) == ((), ())


def test_names_of_files_groups_keys_and_columns_may_be_written_in_any_case():
    files = {name.upper(): data.replace(b"System_ID", b"SYSTEM_id") for name, data in aicc.course().items()}
    files["FIRE.CRS"] = b"[COURSE]\ncourse_TITLE = Shouting\n"

    manifest = parsed(files)

    assert (manifest.title, manifest.scos[0].path) == ("Shouting", "FIRE/START.HTML")


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "cp1252"])
def test_a_file_may_be_encoded_as_tools_do(encoding):
    title = "Où est le café"

    manifest = parsed(aicc.course(crs=f"[Course]\r\nCourse_Title={title}\r\n".encode(encoding)))

    assert manifest.title == title


@pytest.mark.parametrize("break_", ["\n", "\r", "\r\n"])
def test_lines_may_end_as_on_any_system(break_):
    files = {name: data.replace(b"\r\n", break_.encode()) for name, data in aicc.course().items()}

    manifest = parsed(files)

    assert (manifest.title, manifest.reasons, len(manifest.scos)) == ("Fire safety", (), 1)


@pytest.mark.parametrize(
    ("url", "opened", "suffix"),
    [
        ("https://learning.example/a b/start.html", "https://learning.example/a%20b/start.html", ""),
        ("https://learning.example?m=1#top", "https://learning.example/", "?m=1#top"),
        ("https://learning.example:8443/x", "https://learning.example:8443/x", ""),
    ],
)
def test_a_unit_at_another_server_is_hosted_elsewhere(url, opened, suffix):
    found = unit(aicc.hosted_elsewhere(url))

    assert (found.url, found.suffix, found.path) == (opened, suffix, "")


def test_an_address_that_is_not_encrypted_is_warned_of():
    assert "not encrypted" in parsed(aicc.hosted_elsewhere("http://learning.example/x")).warnings[0]


@pytest.mark.parametrize(
    "url",
    [
        "javascript:alert(1)",
        "file:///etc/passwd",
        "//learning.example/x",
        "https://user:secret@learning.example/x",
        "https://learning.example:port/x",
        "https://lęarning.example/x",
        "https://learning.example/" + "x" * 2000,
    ],
)
def test_an_address_that_nobody_should_open_is_refused(url):
    assert "none that can be opened" in parsed(aicc.hosted_elsewhere(url)).reasons[0]


@pytest.mark.parametrize(
    ("said", "read"),
    [
        ("Exit,Message", "exit,message"),
        ("no message;continue", "continue,no message"),
        ("E,M", "exit,message"),
        ("C N", "continue,no message"),
        ("", ""),
    ],
)
def test_a_time_limit_action_is_read_in_words_or_letters(said, read):
    assert unit(with_unit("Time_Limit_Action", f'"{said}"')).time_limit_action == read


@pytest.mark.parametrize(("column", "value"), [("Mastery_Score", "101"), ("Max_Time_Allowed", "soon")])
def test_what_is_not_legal_is_left_out_with_a_warning(column, value):
    manifest = parsed(with_unit(column, value))

    assert column.lower() in manifest.warnings[0]
    assert (manifest.scos[0].mastery_score, manifest.scos[0].max_time_allowed) == ("", "")


def test_several_units_are_read_as_a_tree():
    manifest = parsed(
        {
            **aicc.course(
                au=b"System_ID,File_Name\nA1,fire/start.html\nA2,fire/start.html\nA3,fire/start.html\n",
                des=b"System_ID,Title\nB1,The basics\nA2,Doors\n",
                cst=b"Block,Member,Member\nroot,B1,a3\nB1,A1,A2\n",
            ),
            "fire.pre": b"Structure_Element,Prerequisite\nA2,a1\nb1,~A3=failed\nA3,b1\nA3,A2=p\n",
            "fire.cmp": b"Structure_Element,Requirement,Result\nB1,A1,completed\n",
            "fire.ort": b"Course_Element,Member\nA1,J1\n",
        }
    )

    block, last = manifest.items
    assert (block.title, block.kind, [one.identifier for one in block.items]) == ("The basics", "", ["A1", "A2"])
    assert (block.prerequisites, block.items[1].prerequisites) == ('~"A3"="failed"', '"A1"')
    assert (last.identifier, last.prerequisites) == ("A3", '("B1")&("A2"="p")')
    assert manifest.reasons == ()
    assert [one.partition(":")[0] for one in manifest.warnings] == [
        "The file 'fire.cmp' is not used",
        "The file 'fire.ort' is not used",
    ]


@pytest.mark.parametrize(
    ("structure", "warning"),
    [
        (b"Block,Member\nroot,A1,A9\n", "'A9' and it is neither a unit nor a block"),
        (b"Block,Member\nroot,A1,A1\n", "'A1' more than once"),
        (b"Block,Member\nroot,B1\nB1,B1,A1\n", "'B1' more than once"),
        (b"Block,Member\nroot,B1\nB1,\n", "The structure lacks A1"),
        (b"Block,Member\nB1,A1\n", None),
        (None, "There is no .cst file"),
    ],
)
def test_a_structure_that_slips_is_put_up_with(structure, warning):
    manifest = parsed(aicc.course(cst=structure))

    assert ([one.identifier for one in manifest.scos], manifest.reasons) == (["A1"], ())
    assert manifest.warnings == () if warning is None else warning in manifest.warnings[0]


def test_a_structure_without_end_is_refused():
    rows = "".join(f"B{n},B{n + 1}\n" for n in range(50))

    manifest = parsed(aicc.course(cst=f"Block,Member\nroot,B0\n{rows}B50,A1\n".encode()))

    assert "more than 40 levels" in manifest.reasons[0]


def test_all_that_is_wrong_is_said_at_once():
    files = aicc.course(
        crs=b"Course_Title=Lost\n",
        au=b"System_ID,File_Name\nA1,\nA1,x.html\n,x.html\nA2,gone.html\n",
        des=b'System_ID,Title\nA1,"open\n',
        cst=b'root,"A1\n',
    )

    reasons = parsed(files | {"second.crs": b"[Course]"}).reasons

    assert [reason[:30] for reason in reasons] == [
        "The zip has 2 AICC files that ",
        "The file 'fire.crs' has no gro",
        "The file 'fire.des' cannot be ",
        "Unit 'A1' has no file_name, so",
        "The .au file has a unit 'A1' t",
        "The .au file has a unit '' tha",
        "The page 'gone.html' of unit '",
        "The file 'fire.cst' cannot be ",
    ]


@pytest.mark.parametrize(
    ("end", "data", "reason"),
    [
        ("crs", None, "There is no .crs file"),
        ("au", None, "There is no .au file"),
        ("au", b"System_ID,Type\nA1,Lesson\n", "has no column file_name"),
        ("au", b"System_ID,File_Name\n", "Nothing in this package can be launched"),
        ("au", b"System_ID,File_Name\n" + b"A" * 251 + b",fire/start.html\n", "that has no id of its own"),
    ],
)
def test_what_lacks_a_file_or_a_column_is_refused(end, data, reason):
    assert reason in parsed(aicc.course(**{end: data})).reasons[0]


def test_a_zip_with_such_files_is_judged_as_a_package(tmp_path):
    files = {f"outer/{name}": data for name, data in aicc.course().items()}

    verdict = package.examine(aicc.zipped(tmp_path / "course.zip", files))

    assert (verdict.accepted, verdict.standard, verdict.launch) == (True, "AICC", "outer/fire/start.html")
    assert "'outer/'" in verdict.warnings[0]


def test_a_file_that_is_damaged_or_too_large_is_a_reason(tmp_path):
    path = aicc.zipped(tmp_path / "course.zip", aicc.course())
    path.write_bytes(path.read_bytes().replace(b"[Course]", b"[Curses]"))

    assert "is damaged" in package.examine(path).reasons[0]
    limits = package.Limits(manifest=50)
    assert "larger than 50 bytes" in package.examine(path, limits).reasons[0]


def test_a_package_with_a_manifest_is_played_by_it(tmp_path, course):
    verdict = package.examine(aicc.zipped(tmp_path / "course.zip", course | aicc.course()))

    assert verdict.standard == "SCORM"

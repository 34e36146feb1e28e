"""Manifests as the standard has them, and as tools write them."""

from __future__ import annotations

import json

import pytest

from scorm.packaging import imsmanifest
from scorm.packaging.manifest import Manifest

NAMES = ["imsmanifest.xml", "index.html", "media/Fire Alarm.mp4", "shared/launch.html", "100% safe.html"]
CP = 'xmlns="http://www.imsproject.org/xsd/imscp_rootv1p1p2"'
ADLCP = 'xmlns:adlcp="http://www.adlnet.org/xsd/adlcp_rootv1p2"'
VERSION = "<metadata><schema>ADL SCORM</schema><schemaversion>1.2</schemaversion></metadata>"
ITEM = '<item identifier="i" identifierref="r"><title>Begin</title></item>'
ORGANISATION = (
    f'<organizations default="o"><organization identifier="o"><title>Fire</title>{ITEM}</organization></organizations>'
)
RESOURCE = '<resource identifier="r" type="webcontent" adlcp:scormtype="sco" href="index.html"/>'


def written(*, version=VERSION, organisation=ORGANISATION, resources=RESOURCE, spaces=f"{CP} {ADLCP}", attributes=""):
    return (
        f'<?xml version="1.0"?><manifest identifier="m" {spaces} {attributes}>{version}{organisation}'
        f"<resources>{resources}</resources></manifest>"
    ).encode()


def parse(xml=None, names=NAMES, folder="", **changes):
    return imsmanifest.parse(xml or written(**changes), names, folder)


def resource(href, more=""):
    return f'<resource identifier="r" adlcp:scormtype="sco" href="{href}" {more}/>'


def item(inside="", attributes='identifierref="r"'):
    return (
        '<organizations default="o"><organization identifier="o"><title>Fire</title>'
        f'<item identifier="i" {attributes}><title>Begin</title>{inside}</item></organization></organizations>'
    )


def test_a_plain_manifest_says_what_is_launched():
    found = parse()

    assert found.reasons == found.warnings == ()
    assert (found.standard, found.edition, found.identifier, found.title) == ("SCORM", "1.2", "m", "Fire")
    assert [(sco.identifier, sco.title, sco.kind, sco.path) for sco in found.scos] == [
        ("i", "Begin", "sco", "index.html")
    ]


def test_what_adlcp_says_of_an_item_is_kept_as_text():
    found = parse(
        organisation=item(
            "<adlcp:masteryscore> 80 </adlcp:masteryscore><adlcp:maxtimeallowed>01:00:00</adlcp:maxtimeallowed>"
            "<adlcp:timelimitaction>exit,no message</adlcp:timelimitaction>"
            "<adlcp:datafromlms>theme=dark</adlcp:datafromlms><adlcp:prerequisites>a|b</adlcp:prerequisites>"
        )
    )

    sco = found.scos[0]
    assert (sco.mastery_score, sco.max_time_allowed, sco.time_limit_action) == ("80", "01:00:00", "exit,no message")
    assert (sco.launch_data, sco.prerequisites) == ("theme=dark", "a|b")


@pytest.mark.parametrize(
    "said",
    [
        "<adlcp:masteryscore>eighty</adlcp:masteryscore>",
        "<adlcp:masteryscore>101</adlcp:masteryscore>",
        "<adlcp:maxtimeallowed>1 hour</adlcp:maxtimeallowed>",
        "<adlcp:timelimitaction>explode</adlcp:timelimitaction>",
        f"<adlcp:datafromlms>{'x' * 4097}</adlcp:datafromlms>",
    ],
)
def test_what_is_not_legal_is_left_out_with_a_warning(said):
    found = parse(organisation=item(said))

    assert found.reasons == ()
    assert "is left out" in found.warnings[0]
    assert found.scos[0].mastery_score == found.scos[0].launch_data == ""


def test_names_are_known_by_their_space_and_not_by_their_prefix():
    xml = (
        written(
            spaces='xmlns:a="http://www.imsproject.org/xsd/imscp_rootv1p1p2" xmlns:b="http://www.adlnet.org/xsd/adlcp_rootv1p2"'
        )
        .decode()
        .replace("adlcp:", "b:")
    )
    for tag in ("manifest", "metadata", "schema", "schemaversion", "organization", "organizations", "item", "title"):
        xml = (
            xml.replace(f"<{tag}>", f"<a:{tag}>").replace(f"<{tag} ", f"<a:{tag} ").replace(f"</{tag}>", f"</a:{tag}>")
        )
    for tag in ("resource", "resources"):
        xml = (
            xml.replace(f"<{tag}>", f"<a:{tag}>").replace(f"<{tag} ", f"<a:{tag} ").replace(f"</{tag}>", f"</a:{tag}>")
        )

    assert parse(xml.encode()).scos == parse().scos


def test_an_element_of_another_space_is_not_taken_for_ours():
    found = parse(organisation=item('<x:masteryscore xmlns:x="urn:other">80</x:masteryscore>'))

    assert found.scos[0].mastery_score == ""


@pytest.mark.parametrize(
    ("stated", "edition"),
    [
        ("2004 4th Edition", "2004 4th Edition"),
        ("2004 3rd Edition", "2004 3rd Edition"),
        ("CAM 1.3", "2004 2nd Edition"),
        ("2004", "2004 2nd Edition"),
    ],
)
def test_scorm_2004_is_recognised_by_its_edition_and_sequenced(stated, edition):
    found = parse(version=VERSION.replace("1.2", stated))

    assert (found.standard, found.edition, found.title) == ("SCORM", edition, "Fire")
    assert (found.reasons, [sco.path for sco in found.scos]) == ((), ["index.html"])
    assert found.course["root"]["children"][0]["identifier"] == found.scos[0].identifier


def test_scorm_2004_without_an_organisation_plays_its_only_page():
    found = parse(version=VERSION.replace("1.2", "2004 4th Edition"), organisation="")

    assert (found.reasons, found.course["root"]["settings"]["flow"]) == ((), True)
    assert found.course["root"]["children"][0]["identifier"] == found.scos[0].identifier == "r"


def test_an_activity_without_a_page_is_refused():
    missing = item(attributes='identifierref="gone"')
    found = parse(version=VERSION.replace("1.2", "2004 4th Edition"), organisation=missing)

    assert found.reasons == ("It means 'gone', which has no page to open.",)


@pytest.mark.parametrize(
    ("spaces", "edition"),
    [
        (f"{CP} {ADLCP}", "1.2"),
        (f'{CP} xmlns:adlcp="urn:none"', "1.2"),
        (
            'xmlns="http://www.imsglobal.org/xsd/imscp_v1p1" xmlns:adlcp="http://www.adlnet.org/xsd/adlcp_v1p3"',
            "2004 2nd Edition",
        ),
        ('xmlns="http://www.imsglobal.org/xsd/imscp_v1p1" xmlns:adlcp="urn:none"', "1.2"),
    ],
)
def test_without_a_version_the_spaces_tell(spaces, edition):
    found = parse(version="", spaces=spaces)

    assert found.edition == edition
    assert (found.reasons == ()) == bool(edition)


def test_a_version_that_is_not_scorm_is_refused_where_nothing_else_shows_one():
    found = parse(
        version=VERSION.replace("1.2", "7"), spaces="", resources='<resource identifier="r" href="index.html"/>'
    )

    assert found.reasons == ("The manifest does not say which version of SCORM this is, and nothing in it shows it.",)


@pytest.mark.parametrize("schema", ["IMS Common Cartridge", "IMS Thin Common Cartridge", "IMSQTI"])
def test_content_of_another_kind_is_named(schema):
    found = parse(version=VERSION.replace("ADL SCORM", schema))

    assert found.reasons[0].startswith("This is a")
    assert found.reasons[0].endswith("only SCORM and AICC courses can be played.")


def test_scorm_1_1_is_refused_with_what_to_export_instead():
    found = parse(
        version=VERSION.replace("1.2", "1.1"), spaces="", resources='<resource identifier="r" href="index.html"/>'
    )

    assert found.reasons == (imsmanifest.SCORM_11,)
    assert "as SCORM 1.2 or SCORM 2004" in found.reasons[0]


@pytest.mark.parametrize(
    ("stated", "edition"), [("SCORM 1.2", "1.2"), ("2004 (4th Edition)", "2004 4th Edition"), ("1.1", "1.2")]
)
def test_a_version_may_be_stated_in_other_words_or_wrongly(stated, edition):
    assert parse(version=VERSION.replace("1.2", stated)).edition == edition


@pytest.mark.parametrize(
    ("href", "path", "suffix", "warned"),
    [
        ("index.html", "index.html", "", False),
        ("./shared/../index.html", "index.html", "", False),
        ("/index.html", "index.html", "", False),
        ("index.html?lang=en#top", "index.html", "?lang=en#top", False),
        ("media/Fire%20Alarm.mp4", "media/Fire Alarm.mp4", "", False),
        ("100% safe.html", "100% safe.html", "", False),
        ("100%25 safe.html", "100% safe.html", "", False),
        ("shared%2Flaunch.html", "shared/launch.html", "", True),
        ("shared\\launch.html", "shared/launch.html", "", True),
        ("shared%5Claunch.html?a=1", "shared/launch.html", "?a=1", True),
        ("Shared/Launch.HTML", "shared/launch.html", "", True),
    ],
)
def test_an_href_is_found_however_it_is_written(href, path, suffix, warned):
    found = parse(resources=resource(href))

    assert found.reasons == ()
    assert (found.scos[0].path, found.scos[0].suffix) == (path, suffix)
    assert bool(found.warnings) is warned


@pytest.mark.parametrize(
    ("href", "parameters", "suffix"),
    [
        ("index.html", "?q=1", "?q=1"),
        ("index.html", "q=1&amp;r=2", "?q=1&r=2"),
        ("index.html?a=b", "?q=1", "?a=b&q=1"),
        ("index.html?a=b", "&amp;q=1", "?a=b&q=1"),
        ("index.html#top", "?q=1", "?q=1#top"),
        ("index.html", "#top", "#top"),
        ("index.html#end", "#top", "#end"),
        ("index.html", "?name=Ann &quot;Bee&quot;", "?name=Ann%20%22Bee%22"),
    ],
)
def test_parameters_follow_the_page(href, parameters, suffix):
    found = parse(
        resources=resource(href), organisation=item(attributes=f'identifierref="r" parameters="{parameters}"')
    )

    assert found.scos[0].suffix == suffix


@pytest.mark.parametrize(
    ("changes", "path"),
    [
        ({"attributes": 'xml:base="shared/"', "resources": resource("launch.html")}, "shared/launch.html"),
        ({"resources": resource("launch.html", 'xml:base="shared/"')}, "shared/launch.html"),
        (
            {"attributes": 'xml:base="sha"', "resources": resource("launch.html", 'xml:base="red/"')},
            "shared/launch.html",
        ),
    ],
)
def test_an_xml_base_comes_before_the_href(changes, path):
    assert parse(**changes).scos[0].path == path


def test_a_manifest_in_a_folder_means_the_files_of_that_folder():
    assert parse(names=["fire/index.html", "index.html"], folder="fire/").scos[0].path == "fire/index.html"


@pytest.mark.parametrize(
    ("href", "reason"),
    [
        ("missing.html", "Its page 'missing.html' is not in the zip."),
        ("https://example.org/a.html", "is on another server"),
        ("//example.org/a.html", "is on another server"),
    ],
)
def test_a_page_that_is_not_there_is_a_reason(href, reason):
    assert reason in parse(resources=resource(href)).reasons[0]


def test_names_that_differ_in_case_only_are_not_guessed_between():
    found = parse(names=["INDEX.html", "Index.html"])

    assert found.reasons[0] == "Its page 'index.html' is not in the zip."


def test_files_that_are_listed_and_missing_are_a_warning():
    found = parse(
        resources='<resource identifier="r" adlcp:scormtype="sco" href="index.html">'
        '<file href="index.html"/><file href="lost.png"/></resource>'
    )

    assert found.reasons == ()
    assert found.warnings == ("The manifest lists files that are not in the zip: lost.png.",)


def test_a_default_organisation_that_is_not_there_gives_way_to_the_first():
    found = parse(organisation=ORGANISATION.replace('default="o"', 'default="gone"'))

    assert found.title == "Fire"
    assert found.scos
    assert "the first is used" in found.warnings[0]


def test_the_default_organisation_is_the_one_that_counts():
    other = '<organization identifier="p"><title>Water</title></organization>'
    found = parse(
        organisation=ORGANISATION.replace('<organization identifier="o">', f'{other}<organization identifier="o">')
    )

    assert found.title == "Fire"
    assert found.warnings == ()


def test_without_an_organisation_the_only_sco_is_launched():
    found = parse(organisation="", resources=RESOURCE + '<resource identifier="s" href="shared/launch.html"/>')

    assert [sco.path for sco in found.scos] == ["index.html"]
    assert "no organisation" in found.warnings[0]


@pytest.mark.parametrize("version", ["1.2", "2004 3rd Edition"])
def test_without_an_organisation_several_scos_are_played_one_after_the_other(version):
    found = parse(
        organisation="",
        resources=RESOURCE + RESOURCE.replace('"r"', '"s"').replace("scormtype", "scormType"),
        version=VERSION.replace("1.2", version),
    )

    assert [sco.identifier for sco in found.scos] == ["r", "s"]
    assert found.reasons == ()
    assert "in the order of the manifest" in found.warnings[0]


def test_without_an_organisation_nothing_is_guessed_among_several_assets():
    asset = RESOURCE.replace('"sco"', '"asset"')
    found = parse(organisation="", resources=asset + asset.replace('"r"', '"s"'))

    assert found.reasons == ("The manifest has no organisation, so nothing says what is to be launched.",)


def test_several_parts_are_listed():
    second = '<item identifier="j" identifierref="r" isvisible="false"><title>Again</title></item>'
    found = parse(
        organisation=ORGANISATION.replace(ITEM, f'<item identifier="h"><title>One</title>{ITEM}{second}</item>')
    )

    assert [(sco.identifier, sco.visible) for sco in found.scos] == [("i", True), ("j", False)]
    assert found.items[0].path == ""
    assert found.reasons == ()


def test_parts_of_one_identifier_are_told_apart():
    found = parse(organisation=ORGANISATION.replace(ITEM, ITEM * 3))

    assert [sco.identifier for sco in found.scos] == ["i", "i#2", "i#3"]


def test_an_item_without_its_resource_cannot_be_launched():
    found = parse(organisation=item(attributes='identifierref="gone"'))

    assert found.reasons == ("Nothing in this package can be launched.",)
    assert "'gone', which does not exist" in found.warnings[0]


def test_a_resource_without_a_page_cannot_be_launched():
    assert parse(resources='<resource identifier="r"/>').reasons == ("Nothing in this package can be launched.",)


def test_an_asset_can_be_shown_but_will_never_report():
    found = parse(resources=RESOURCE.replace('"sco"', '"asset"'))

    assert found.reasons == ()
    assert "never reports" in found.warnings[0]


@pytest.mark.parametrize("kind", ["", 'adlcp:scormtype="SCORM"'])
def test_a_resource_of_no_kind_is_taken_as_a_sco(kind):
    found = parse(resources=f'<resource identifier="r" href="index.html" {kind}/>')

    assert found.scos[0].kind == "sco"
    assert "taken as a SCO" in found.warnings[0]


def test_items_nested_without_end_are_refused():
    deep = "<item identifier='x'>" * 60 + "</item>" * 60

    found = parse(organisation=ORGANISATION.replace(ITEM, ITEM + deep))

    assert found.reasons == ("The manifest nests its items more than 40 levels deep.",)


def test_a_title_is_one_line_without_tricks():
    found = parse(organisation=ORGANISATION.replace("Fire", "Fire\n  \u202esafety\ufeff " + "x" * 300, 1))

    assert found.title.startswith("Fire safety xxx")
    assert len(found.title) == 250


@pytest.mark.parametrize("before", [b"\xef\xbb\xbf", b"\n\n ", b"\xef\xbb\xbf\xef\xbb\xbf"])
def test_marks_and_blanks_before_the_manifest_do_no_harm(before):
    assert parse(before + written()).scos


def test_utf_16_is_read():
    assert parse(written().decode().replace('<?xml version="1.0"?>', "").encode("utf-16")).scos


def test_a_manifest_that_is_not_the_utf_8_it_says_is_read_as_windows_does():
    found = parse(written().replace(b"Fire", "Sécurité".encode("cp1252")))

    assert found.title == "Sécurité"
    assert "Windows-1252" in found.warnings[0]


@pytest.mark.parametrize(
    ("changed", "title", "warned"),
    [
        (lambda xml: xml.encode("utf-16"), "Sécurité", ""),
        (lambda xml: xml.encode("utf-16-be"), "Sécurité", "UTF-16 without a mark"),
        (lambda xml: b"\xef\xbb\xbf" + xml.encode("cp1252"), "Sécurité", "Windows-1252"),
        (
            lambda xml: xml.replace("?>", " encoding='utf-16'?>", 1).encode(),
            "Sécurité",
            "says it is utf-16 and is UTF-8",
        ),
        (lambda xml: xml.replace("?>", " encoding='utf-16'?>", 1).encode("cp1252"), "Sécurité", "Windows-1252"),
        (lambda xml: xml.replace("?>", " encoding='klingon'?>", 1).encode(), "Sécurité", "says it is klingon"),
        (lambda xml: xml.replace("?>", " encoding='ISO-8859-1'?>", 1).encode("latin-1"), "Sécurité", ""),
        (lambda xml: xml.replace("?>", " encoding='ISO-8859-1'?>", 1).encode(), "Sécurité", "and is UTF-8"),
        (lambda xml: xml.replace("?>", " encoding='rot13'?>", 1).encode(), "Sécurité", "says it is rot13"),
        (lambda xml: xml.replace("?>", " encoding='ascii'?>", 1).encode("cp1252"), "Sécurité", "Windows-1252"),
        (
            lambda xml: xml.replace("Sécurité", "安全").replace("?>", " encoding='gb2312'?>", 1).encode("gb2312"),
            "安全",
            "",
        ),
        (lambda xml: xml.replace("Sécurité", "S\x81").encode("latin-1"), "S", "Windows-1252"),
    ],
)
def test_a_manifest_is_read_in_the_encoding_that_it_plainly_has(changed, title, warned):
    found = parse(changed(written().decode().replace("Fire", "Sécurité")))

    assert (found.title, found.reasons) == (title, ())
    assert (warned in found.warnings[0]) if warned else (found.warnings == ())


@pytest.mark.parametrize(
    ("slip", "meant", "said"),
    [
        ("Fire & rescue", "Fire & rescue", "an & that is not written"),
        ("Fire &nbsp;&eacute; &unknown; &#233;", "Fire é &unknown; é", "an & that is not written"),
        ("Fire \x0b\x01", "Fire", "characters that XML does not allow"),
    ],
)
def test_slips_whose_meaning_is_plain_are_mended_and_said(slip, meant, said):
    found = parse(written().replace(b"Fire", slip.encode()))

    assert (found.title, found.reasons) == (meant, ())
    assert said in found.warnings[0]


@pytest.mark.parametrize(("version", "edition"), [("1.2", "1.2"), ("2004 3rd Edition", "2004 3rd Edition")])
def test_prefixes_that_are_not_explained_are_those_of_the_standard(version, edition):
    found = parse(spaces=CP, version=VERSION.replace("1.2", version))

    assert (found.edition, found.reasons, found.scos[0].kind) == (edition, (), "sco")
    assert "prefixes that it does not explain" in found.warnings[0]


def test_what_follows_the_end_of_a_manifest_is_left_out_where_it_is_no_markup():
    assert parse(written() + b"\x00\x00\x1a").reasons == ()
    assert "junk" in parse(written() + b"<more/>").reasons[0]


def test_a_namespace_of_nobody_is_taken_for_that_of_ims():
    found = parse(spaces=f'xmlns="http://example.org/imscp" {ADLCP}')

    assert (found.reasons, found.scos[0].path) == ((), "index.html")
    assert "'http://example.org/imscp' is none that is known" in found.warnings[0]


@pytest.mark.parametrize("version", ["1.2", "2004 4th Edition"])
@pytest.mark.parametrize(
    ("second", "why"),
    [
        ('<resource identifier="s" adlcp:scormtype="sco" href="gone/two.html?a=b"/>', "not in the zip"),
        ('<resource identifier="s" adlcp:scormtype="sco" href="https://example.org/two.html"/>', "on another server"),
    ],
)
def test_a_part_that_cannot_be_opened_stays_and_is_said(version, second, why):
    parts = ITEM + '<item identifier="j" identifierref="s"><title>More</title></item>'
    found = parse(
        organisation=ORGANISATION.replace(ITEM, parts),
        resources=RESOURCE + second,
        version=VERSION.replace("1.2", version),
    )

    assert found.reasons == ()
    assert [sco.identifier for sco in found.scos] == ["i", "j"]
    (warning,) = [one for one in found.warnings if one.startswith("Part 'More' cannot be opened")]
    assert why in warning


def test_all_pages_that_are_missing_are_told_at_once():
    second = '<item identifier="j" identifierref="s"><title>More</title></item>'
    found = parse(
        organisation=ORGANISATION.replace(ITEM, ITEM + second),
        resources=resource("a.html") + resource("b.html").replace('"r"', '"s"'),
    )

    assert found.reasons == ("Its page 'a.html' is not in the zip.", "Its page 'b.html' is not in the zip.")


def test_a_name_with_its_accents_taken_apart_is_the_same_file():
    apart = "cafe\u0301.html"
    found = parse(names=[apart], resources=resource("caf\u00e9.html"))

    assert found.scos[0].path == apart


@pytest.mark.parametrize("version", ["1.2", "2004 4th Edition"])
def test_a_default_organisation_that_is_not_there_is_said_in_every_version(version):
    found = parse(
        organisation=ORGANISATION.replace('default="o"', 'default="gone"'), version=VERSION.replace("1.2", version)
    )

    assert "No organisation is the default one 'gone'; the first is used." in found.warnings


@pytest.mark.parametrize(
    ("xml", "reason"),
    [
        (b"", "not well-formed"),
        (b"<manifest>", "not well-formed"),
        (written()[:-30], "not well-formed XML: unclosed token"),
        (written().replace(b"Fire", b"Fire & rescue")[:-30], "not well-formed"),
        (written().replace(b"<title>Begin</title>", b"<title>Begin"), "not well-formed XML: mismatched tag: line 1"),
        ("\ufeff<".encode("utf-16-le") + b"\x00\xd8\x00\x00", "begins as UTF-16"),
        ("<m".encode("utf-16-le") + b"\x00\xd8\x00\x00", "begins as UTF-16"),
        (b"<html/>", "its outermost element is 'html'"),
        (b"<!DOCTYPE manifest><manifest/>", "DOCTYPE"),
        (b'<!DOCTYPE m [<!ENTITY a "aaaa"><!ENTITY b "&a;&a;">]><manifest>&b;</manifest>', "DOCTYPE"),
        (b'<!DOCTYPE m SYSTEM "http://example.org/x.dtd"><manifest/>', "DOCTYPE"),
    ],
)
def test_xml_that_is_unsafe_or_unreadable_is_refused(xml, reason):
    found = imsmanifest.parse(xml, NAMES)

    assert reason in found.reasons[0]
    assert found.scos == ()


def test_a_manifest_survives_json():
    found = parse(organisation=item("<adlcp:masteryscore>80</adlcp:masteryscore>"), resources=resource("Index.html"))

    assert Manifest.recorded(json.loads(json.dumps(found.as_record()))) == found

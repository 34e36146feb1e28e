"""The values of SCORM 2004 4th Edition by type (RTE 4.1.1): what is legal, of another type, or out of range."""

from collections.abc import Sequence

from tests.scorm_sheet import LONG

Values = tuple[Sequence[str], Sequence[str], Sequence[str]]
"""Legal values, values of another type, values out of range."""

LANGUAGES = ("en", "eng", "EN-gb", "az-Arab", "sgn-BE-fr", "i-klingon", "x-own", "qaa", "mol")
NO_LANGUAGES = ("english", "xx", "frl", "en-", "en-a", "i", "i-", "en_GB", "ruq-JM", "en" + "-abcdefgh" * 14_445)
BROKEN = ("{lang=}Fine", "{lang=frl}x", "{lang=en", "{lang=en-}x")
TEXT: Values = (("", "page 3", "{x}", "é\n" * 2000, "x" * 129_999), (LONG,), ())
SPOKEN: Values = (("", "Fine\n", "{lang=en-GB}Fine", "{lang=en}", "{note}", "x" * 4000), (*BROKEN, LONG), ())
IDS = ("q1", "urn:x:a", "URN:a-1:b", "http://a/b?c=d#e", "caf\N{LATIN SMALL LETTER E WITH ACUTE}", "i%20d", "x" * 4000)
NO_IDS = ("", " ", "two words", "urn:", "urn:a", "urn:a:", "urn:-:b", "a[b", "i%2", "a\N{NO-BREAK SPACE}b", "a{b}")
IDENTIFIER: Values = (IDS, (*NO_IDS, LONG), ())
NO_REALS = ("", "one", "0x1", "1,5", "1e3", "1.2.3", " 1", "٣", "-", ".")
REAL: Values = (("1", "-0.5", "+7", "7.000099999887765544", "5.", ".5", "0" * 30), NO_REALS, ())
NOT_NEGATIVE: Values = (("0", "1", "99.5"), NO_REALS, ("-1", "-0.001"))
SCALED: Values = (("-1", "-1.0", "0", "1"), NO_REALS, ("-1.01", "1.0000001", "100"))
MEASURE: Values = (("0", "0.5", "1.0"), NO_REALS, ("-0.1", "1.1"))
INTERVAL: Values = (
    ("PT0S", "P1Y2M3DT4H5M6.78S", "P3M", "PT90M", "PT1.5S", "P0D"),
    ("", "P", "PT", "P1YT", "1Y", "P1S", "P1D1Y", "PT1.234S", "PT1,5S", "pt1s", "00:01:00", "P-1D"),
    (),
)
TIME: Values = (
    (
        *("1970", "2038-02", "2028-02-29", "2026-11-22T09", "2026-11-22T09:30", "2026-11-22T09:30:59"),
        *(
            "2026-11-22T09:30:59.5",
            "2026-11-22T09:30:59.05Z",
            "2026-11-22T09:30:59.0+01",
            "2026-11-22T09:30:59.0-05:30",
        ),
    ),
    (
        *("", "1969", "2039", "26", "2026-13", "2026-00", "2026-04-31", "2026-02-30", "2026-11-22T", "2026-11-22T24"),
        *("2026-11-22T09:60", "2026-11-22 09:30", "2026-11-22T09:30:59Z", "2026-11-22T09:30:59.123", "2026-11-22T09Z"),
        *("2026-11-22T09:30:59.0+24:00", "2026-11-22T09:30:59.0-05:60", "2026-1-1"),
    ),
    (),
)
COMPLETION: Values = (("completed", "incomplete", "not attempted", "unknown"), ("", "bogus", "Completed"), ())
SUCCESS: Values = (("passed", "failed", "unknown"), ("", "bogus"), ())
KINDS = (
    "true-false",
    "choice",
    "fill-in",
    "long-fill-in",
    "likert",
    "matching",
    "performance",
    "sequencing",
    "numeric",
)
NAVIGATION: Values = (
    (
        *("continue", "previous", "exit", "exitAll", "abandon", "abandonAll", "suspendAll", "_none_"),
        *("{target=i.2}choice", "{target=i2}jump"),
    ),
    (
        *("", "bogus", "choice", "{target=}choice", "{target=i}continue", "{target=a}{b}choice"),
        f"{{target={LONG[:4300]}}}jump",
    ),
    (),
)
STEPS = (
    "a[.]b",
    "[.]b",
    "a[.]",
    "a[.]two words[,]c[.]1[:]2",
    "[,]".join(f"{'x' * 250}[.]{'y' * 250}" for _ in range(250)),
)
NO_STEPS = ("", "a", "[.]", "[,]a[.]b", "a[.]b[,]", "a[.]b[.]c", "{}[.]", LONG[:64_999] + "[.]" + LONG[:65_000])
IDS_LISTED, NO_IDS_LISTED = ("a", "a[,]b", "b[,]a[,]c"), ("[,]", "a[,]", "a b", "a[.]b", "{a}", LONG)
PAIRS, NO_PAIRS = (
    ("a[.]b", "a[.]b[,]a[.]c"),
    ("", "a", "a[.]", "[.]b", "a[.]b[.]c", "a[.]b[,]", LONG[:64_999] + "[.]" + LONG[:65_000]),
)
PHRASES, NO_PHRASES = (
    ("", "two words", "a[,]b", "{lang=en}a[,]{lang=fr}b", "[,]", "a[.]b"),
    ("{lang=}a", "a[,]{lang=frl}b", LONG),
)
NO_MATTERS = ("{case_matters=maybe}a", "{case_matters=true}{case_matters=true}a", LONG)
RESPONSES: dict[str, Values] = {
    "true-false": (("true", "false"), ("", "t", "bogus"), ()),
    "choice": (("", *IDS_LISTED), ("a[,]a", *NO_IDS_LISTED), ()),
    "fill-in": (PHRASES, NO_PHRASES, ()),
    "long-fill-in": SPOKEN,
    "likert": IDENTIFIER,
    "matching": (PAIRS, NO_PAIRS, ()),
    "performance": (STEPS, NO_STEPS, ()),
    "sequencing": (("a[,]a", *IDS_LISTED), ("", *NO_IDS_LISTED), ()),
    "numeric": REAL,
    "other": TEXT,
}
PATTERNS: dict[str, Values] = {
    **RESPONSES,
    "fill-in": (
        (
            *PHRASES,
            "{case_matters=true}a",
            "{order_matters=false}{case_matters=true}a[,]b",
            "{case_matters=true}{order_matters=true}",
        ),
        (*NO_PHRASES, *NO_MATTERS, "{order_matters=x}a", "{order_matters=true}{lang=frl}a"),
        (),
    ),
    "long-fill-in": (
        (*SPOKEN[0], "{case_matters=false}{lang=fr}a", "{lang=fr}{case_matters=no}"),
        (*BROKEN, *NO_MATTERS),
        (),
    ),
    "performance": (("{order_matters=false}a[.]b", *STEPS), ("{order_matters=x}a[.]b", *NO_STEPS), ()),
    "numeric": (("1[:]2", "-5[:]-5", "[:]", "1.5[:]", "[:]2"), ("", "1", "2[:]1", "1[:]2[:]3", "a[:]b", "[:]b"), ()),
}

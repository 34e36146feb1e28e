"""The README's code map, made of the first sentence of every module: `python -m tests.code_map` writes it."""

import ast
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
README = ROOT / "README.md"
BEGIN, END = "<!-- code map: begin -->", "<!-- code map: end -->"
PACKAGES = ("engine", "scorm", "workflows", "tests")
WITHOUT_PYTHON = {
    "templates/email/": "One folder a notice: subject, text, HTML, and the tokens that it declares.",
    "engine/migrations/": "The schema's history (Alembic).",
    "scorm/model/": "The SCORM data model as a table that Python and the browser both read.",
    "scorm/static/": "The browser's half: API object, journal in IndexedDB, player.",
}
TESTS = ("unit", "spec", "contract", "stories", "browser", "rules", "campaigns")
ABOUT_TESTS = {
    "unit": "Pure functions, without a database.",
    "spec": "Tables of behaviour: every trigger in every state, every SCORM element.",
    "contract": "What a port promises, on SQLite and PostgreSQL.",
    "stories": "From end to end over HTTP and SMTP.",
    "browser": "In a real Chromium, with axe.",
    "rules": "The house style and the conventions, as tests.",
    "campaigns": "Longer seeded runs, as commands.",
}


def code_map() -> str:
    """Return the map as Markdown."""
    return "\n".join(line for package in PACKAGES for line in _package(package))


def written(readme: str) -> str:
    """Return the README with the map between its marks."""
    before, _, rest = readme.partition(BEGIN)
    after = rest.partition(END)[2]
    return f"{before}{BEGIN}\n{code_map()}\n{END}{after}"


def _package(package: str) -> Iterator[str]:
    yield f"\n**{package}/**: {_sentence(ROOT / package / '__init__.py')}\n"
    yield "| file | what it is for |"
    yield "|---|---|"
    if package == "tests":
        yield from (f"| `tests/{folder}/` | {ABOUT_TESTS[folder]} |" for folder in TESTS)
    for folder, sentence in WITHOUT_PYTHON.items():
        if folder.startswith(f"{package}/") or (package == "workflows" and folder.startswith("templates")):
            yield f"| `{folder}` | {sentence} |"
    depth = "*.py" if package == "tests" else "**/*.py"
    for module in sorted((ROOT / package).glob(depth)):
        if module.name != "__init__.py" and "migrations" not in module.parts:
            yield f"| `{module.relative_to(ROOT).as_posix()}` | {_sentence(module)} |"


def _sentence(module: Path) -> str:
    said = ast.get_docstring(ast.parse(module.read_text())) or ""
    opening = " ".join(said.partition("\n\n")[0].split()).removesuffix(" Pure.")
    return opening.replace("|", "\\|")


if __name__ == "__main__":
    README.write_text(written(README.read_text()))

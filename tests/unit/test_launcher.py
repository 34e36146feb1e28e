"""The launcher installs once, hands everything on, and says plainly what is missing (INTERFACES, The launcher)."""

import os
import shutil
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent.parent
# Installs by writing a Python that prints how it was called.
_FAKE_UV = """#!/bin/sh
case $1 in
  --version) exit 0 ;;
  venv) for last; do :; done; mkdir -p "$last/bin" ;;
  pip)
    sleep 0.2
    printf '%s\\n' "$*" >>"$RECORD"
    printf '#!/bin/sh\\nfor word; do printf "<%%s>" "$word"; done; printf " in %%s" "$PWD"\\n' >"$5"
    chmod +x "$5" ;;
esac
"""


class Checkout:
    """A copy of the launcher in a folder with a space, on a machine that has what the test put there."""

    def __init__(self, folder: Path) -> None:
        self.home = folder / "a checkout"
        self.machine = folder / "bin"
        self.record = folder / "record"
        self.home.mkdir()
        self.machine.mkdir()
        for name in ("preceptor", "pyproject.toml"):
            shutil.copy(ROOT / name, self.home / name)
        for tool in ("cat", "cksum", "dirname", "mkdir", "chmod", "readlink", "rm", "sed", "sh", "sleep", "python3"):
            (self.machine / tool).symlink_to(shutil.which(tool, path=os.defpath) or tool)

    def put(self, name: str, script: str) -> None:
        """Put a program on this machine's PATH."""
        program = self.machine / name
        program.unlink(missing_ok=True)
        program.write_text(script)
        program.chmod(0o755)

    def start(self, *arguments: str, path: Path | None = None, cwd: Path | None = None) -> subprocess.Popen[str]:
        """Start the launcher, by default under its own name and from its own folder."""
        return subprocess.Popen(
            [path or self.home / "preceptor", *arguments],
            cwd=cwd or self.home,
            env={"PATH": str(self.machine), "RECORD": str(self.record)},
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )

    def installations(self) -> list[str]:
        """Return what was installed, in order."""
        if not self.record.exists():
            return []
        return [line.rpartition(" ")[2] for line in self.record.read_text().splitlines()]


@pytest.fixture
def checkout(tmp_path: Path) -> Checkout:
    """Return a checkout on a machine with Python and uv."""
    checkout = Checkout(tmp_path)
    checkout.put("uv", _FAKE_UV)
    return checkout


def test_the_first_run_installs_and_later_runs_start_at_once(checkout):
    first = checkout.start("demo").communicate()

    second = checkout.start("demo").communicate()

    assert "installing" in first[1]
    assert second == (f"<-P><-m><workflows><demo> in {checkout.home}", "")
    assert checkout.installations() == ["."]


def test_arguments_and_the_folder_of_the_caller_are_handed_on(checkout, tmp_path):
    printed, _ = checkout.start("scorm", "check", "a file.zip", cwd=tmp_path).communicate()

    assert printed == f"<-P><-m><workflows><scorm><check><a file.zip> in {tmp_path}"


def test_it_finds_its_folder_through_links(checkout, tmp_path):
    (tmp_path / "elsewhere").mkdir()
    (tmp_path / "elsewhere" / "link").symlink_to("../a checkout/preceptor")
    (tmp_path / "p").symlink_to(tmp_path / "elsewhere" / "link")

    printed, _ = checkout.start("demo", path=tmp_path / "p", cwd=tmp_path).communicate()

    assert printed.startswith("<-P><-m><workflows><demo>")
    assert (checkout.home / ".venv").is_dir()


def test_testing_adds_what_tests_need(checkout):
    checkout.start("demo").communicate()

    printed, _ = checkout.start("test", "-k", "two words").communicate()

    assert printed.startswith("<-P><-m><tests.gate><-k><two words>")
    assert checkout.installations() == [".", ".[test]"]


def test_what_tests_need_is_enough_for_running(checkout):
    checkout.start("test").communicate()

    checkout.start("demo").communicate()

    assert checkout.installations() == [".[test]"]


def test_changed_dependencies_are_installed_again(checkout):
    checkout.start("demo").communicate()
    with (checkout.home / "pyproject.toml").open("a") as project:
        project.write("# another dependency\n")

    checkout.start("demo").communicate()

    assert checkout.installations() == [".", "."]


def test_two_first_runs_do_not_collide(checkout):
    both = [checkout.start("demo"), checkout.start("demo")]

    printed = [process.communicate()[0] for process in both]

    assert printed == [f"<-P><-m><workflows><demo> in {checkout.home}"] * 2
    assert checkout.installations() == ["."]


def test_the_version_is_told_without_installing(checkout):
    printed, _ = checkout.start("--version").communicate()

    assert printed.startswith("preceptor 0.")
    assert not (checkout.home / ".venv").exists()


def test_an_old_python_is_refused_in_one_sentence(checkout):
    checkout.put("python3", "#!/bin/sh\nexit 1\n")
    process = checkout.start("demo")

    _, said = process.communicate()

    assert process.returncode == 3
    assert said.startswith("preceptor: Python 3.11 or later is needed")


def test_a_failed_installation_starts_nothing_and_is_tried_again(checkout):
    checkout.put("uv", _FAKE_UV.replace("sleep 0.2", "exit 1"))
    failed = checkout.start("demo")
    _, said = failed.communicate()
    checkout.put("uv", _FAKE_UV)

    printed, _ = checkout.start("demo").communicate()

    assert failed.returncode == 3
    assert "Nothing was started" in said
    assert printed.startswith("<-P><-m><workflows><demo>")

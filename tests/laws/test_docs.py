"""The documents say what the code says."""

from __future__ import annotations

import ast
import importlib.metadata
import re
import runpy
import tomllib
from pathlib import Path

import pytest

from bnlab.lessons.presets import PRESETS
from bnlab.spec.settings import LimitSettings, Settings
from tests.server import ROOT

README = (ROOT / "README.md").read_text()
ARCHITECTURE = (ROOT / "ARCHITECTURE.md").read_text()
SOURCES = [ROOT / "app.py", *ROOT.glob("bnlab/**/*.py"), *ROOT.glob("pages/**/*.py")]
BNLAB = ROOT / "bnlab"
DOCUMENTS = {
    path.relative_to(ROOT).as_posix(): path.read_text()
    for path in (*ROOT.glob("*.md"), *ROOT.glob("docs/*.md"))
}


def _pins() -> dict[str, str]:
    lines = [
        line
        for name in ("requirements.txt", "requirements-dev.txt")
        for line in (ROOT / name).read_text().splitlines()
        if line and not line.startswith("#")
    ]
    return dict(re.fullmatch(r"([a-z0-9-]+)==(\S+)", line).groups() for line in lines)  # type: ignore[union-attr]


def test_the_readme_has_a_row_for_each_setting_as_the_code_describes_it() -> None:
    rows = re.findall(r"^\| `(BNLAB_[A-Z_]+)` \| (.*?) \| (.*?) \|$", README, flags=re.MULTILINE)
    assert sorted(rows) == sorted(
        (
            f"{kind.model_config['env_prefix']}{name}".upper(),
            field.title or _default(field.default),
            field.description,
        )
        for kind in (Settings, LimitSettings)
        for name, field in kind.model_fields.items()
    )


def _default(value: object) -> str:
    if not isinstance(value, int):
        return f"`{value}`"
    return f"{value:,}" if value < 10**9 else f"{value:.0e}".replace("e+0", "e").replace("e+", "e")


def test_only_the_module_of_settings_reads_the_environment() -> None:
    reading = re.compile(r"os\.(?:environ\.get|environ\[\"BNLAB|getenv)")
    found = {path.name for path in SOURCES if reading.search(path.read_text())}
    assert found <= {"labs.py", "process.py"}  # they write it, and hand it on to workers


@pytest.mark.parametrize("name", DOCUMENTS)
def test_every_file_that_a_document_names_is_there(name: str) -> None:
    named = re.findall(r"`([\w./-]+\.(?:py|js|md|txt|toml|yaml|css))`", DOCUMENTS[name])
    folders = re.findall(r"`([\w./-]+/)`", DOCUMENTS[name])
    missing = [path for path in (*named, *folders) if not (ROOT / path).exists()]
    assert missing == []


def test_every_make_target_that_a_document_names_is_there() -> None:
    targets = set(re.findall(r"^([a-z]+):", (ROOT / "Makefile").read_text(), flags=re.MULTILINE))
    for text in DOCUMENTS.values():
        assert set(re.findall(r"make ([a-z]+)(?=[`\s]*(?:$|#|`))", text, flags=re.M)) <= targets


def test_the_architecture_names_the_folders_of_the_contract_with_their_own_sentences() -> None:
    pyproject = tomllib.loads((ROOT / "pyproject.toml").read_text())
    floors = pyproject["tool"]["importlinter"]["contracts"][0]["layers"]
    folders = [name for floor in floors for name in floor.split(" | ") if (BNLAB / name).is_dir()]
    rows = dict(re.findall(r"^\| `bnlab/(\w+)/` \| (.+) \|$", ARCHITECTURE, flags=re.MULTILINE))
    assert sorted(rows) == sorted(folders)
    said = {
        name: ast.get_docstring(ast.parse(_text(BNLAB / name / "__init__.py"))) for name in rows
    }
    assert rows == {name: (text or "").partition("\n")[0] for name, text in said.items()}


def test_the_architecture_stays_short() -> None:
    assert len(ARCHITECTURE.encode()) <= 6_000


def test_every_requirement_is_pinned_to_what_is_tested() -> None:
    installed = {name: importlib.metadata.version(name).partition("+")[0] for name in _pins()}
    assert _pins() == installed


def test_the_package_and_the_app_ask_for_the_same() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())
    dynamic = project["tool"]["setuptools"]["dynamic"]
    assert dynamic["dependencies"] == {"file": ["requirements.txt"]}


def test_no_file_names_this_machine() -> None:
    files = [path for path in ROOT.glob("*") if path.is_file()] + [ROOT / ".ci/run", *SOURCES]
    absolute = re.compile(r"(?<![\w.])/(?:home|root|work|Users)/")
    assert [path.name for path in files if absolute.search(_text(path))] == []


@pytest.mark.parametrize("name", sorted(PRESETS))
def test_a_preset_is_complete(name: str) -> None:
    preset = PRESETS[name]
    assert preset.name == name
    assert all([preset.title, preset.story, preset.question, preset.why, preset.statement])


def _text(path: Path) -> str:
    return path.read_text(errors="replace")


def test_the_example_in_the_readme_runs(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (example,) = re.findall(r"```python\n(.*?)```", README, flags=re.DOTALL)
    script = tmp_path / "example.py"
    script.write_text(example)
    runpy.run_path(str(script))
    assert [line.split()[0] for line in capsys.readouterr().out.splitlines()] == ["none", "batch"]

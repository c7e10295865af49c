"""What the hosting service reads: workflows, forms for issues, the citation. It cannot run here, so it is read here."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest

from jndkit.version import VERSION

yaml = pytest.importorskip("yaml", reason="needs jndkit[docs]")

ROOT = Path(__file__).parents[1]
GITHUB = ROOT / ".github"
WORKFLOWS = sorted((GITHUB / "workflows").glob("*.yml"))
FORMS = sorted(path for path in (GITHUB / "ISSUE_TEMPLATE").glob("*.yml") if path.name != "config.yml")


def read(path: Path) -> dict[Any, Any]:
    loaded = yaml.safe_load(path.read_text(encoding="utf-8"))
    assert isinstance(loaded, dict)
    return loaded


def steps(path: Path) -> list[dict[str, Any]]:
    return [step for job in read(path)["jobs"].values() for step in job["steps"]]


@pytest.mark.parametrize("path", WORKFLOWS, ids=lambda path: path.name)
def test_workflows_are_whole(path: Path) -> None:
    workflow = read(path)
    assert workflow["name"]
    assert workflow[True]  # YAML 1.1 reads the key `on` as a truth value
    assert workflow["permissions"] == {"contents": "read"}, "a job that needs more says so itself"
    for name, job in workflow["jobs"].items():
        assert job["runs-on"], name
        assert set(job.get("needs", "").split()) <= set(workflow["jobs"])
        for step in job["steps"]:
            assert ("run" in step) != ("uses" in step), f"{name}: {step}"
            if "uses" in step:
                assert re.fullmatch(r"[\w-]+/[\w-]+@[\w./-]+", step["uses"])


def test_three_pythons_on_three_systems() -> None:
    matrix = read(GITHUB / "workflows" / "test.yml")["jobs"]["test"]["strategy"]["matrix"]
    assert [name.split("-")[0] for name in matrix["os"]] == ["ubuntu", "macos", "windows"]
    assert matrix["python"] == ["3.11", "3.12", "3.13"]


def test_workflows_run_commands_that_exist() -> None:
    import shlex

    from typer.main import get_group

    from jndkit.cli.app import app

    makefile = (ROOT / "Makefile").read_text(encoding="utf-8")
    targets = set(re.findall(r"^([a-z]+):", makefile, flags=re.M))
    extras = set(re.findall(r"^([\w-]+) = \[", (ROOT / "pyproject.toml").read_text(encoding="utf-8"), flags=re.M))
    ran = {"make": 0, "jnd": 0, "python": 0}
    for path in WORKFLOWS:
        for command in (line for step in steps(path) for line in step.get("run", "").splitlines()):
            program, *rest = shlex.split(command)
            assert program in ran, command
            ran[program] += 1
            if program == "make":
                assert set(rest) <= targets, command
            elif program == "jnd":
                assert rest[0] in get_group(app).commands, command
            for extra in re.findall(r"\[([\w,-]+)\]", command):
                assert set(extra.split(",")) <= extras, command
    assert all(ran.values())


def test_the_targets_that_make_promises_exist() -> None:
    makefile = (ROOT / "Makefile").read_text(encoding="utf-8")
    (promised,) = re.findall(r"^\.PHONY: (.*)$", makefile, flags=re.M)
    assert {"demo", "test", "docs", "package"} <= set(promised.split())
    assert set(promised.split()) <= set(re.findall(r"^([a-z]+):", makefile, flags=re.M))


@pytest.mark.parametrize("path", FORMS, ids=lambda path: path.name)
def test_forms_ask_something(path: Path) -> None:
    form = read(path)
    assert {"name", "description", "body"} <= form.keys()
    fields = [field for field in form["body"] if field["type"] != "markdown"]
    assert fields
    assert all(field["attributes"]["label"] for field in fields)
    names = [field["id"] for field in fields]
    assert len(set(names)) == len(names)
    assert any(field.get("validations", {}).get("required") for field in fields)


def test_there_is_a_form_for_each_reason_to_write() -> None:
    assert {path.stem for path in FORMS} == {"bug", "model-or-codec", "question"}
    assert (GITHUB / "PULL_REQUEST_TEMPLATE.md").exists()


def test_the_citation_is_of_this_version() -> None:
    citation = read(ROOT / "CITATION.cff")
    assert {"cff-version", "message", "title", "authors"} <= citation.keys()
    assert citation["cff-version"] == "1.2.0"
    assert citation["version"] == VERSION
    assert citation["license"] == "Apache-2.0"
    assert all("name" in author or "family-names" in author for author in citation["authors"])

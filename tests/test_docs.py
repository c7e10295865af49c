"""The site builds without a warning, is whole without a network, and says of the program what the program says."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import pytest

import jndkit
import site_pages as hooks
from tests import test_architecture as architecture

ROOT = Path(__file__).parents[1]
DOCS = ROOT / "docs"


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    pytest.importorskip("mkdocs", reason="needs jndkit[docs]")
    pytest.importorskip("material", reason="needs jndkit[docs]")
    folder = tmp_path_factory.mktemp("site")
    done = subprocess.run(
        [sys.executable, "-W", "ignore", "-m", "mkdocs", "build", "--strict", "--quiet", "--site-dir", str(folder)],
        cwd=ROOT,
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stderr
    return folder


@pytest.mark.slow
def test_the_site_has_every_page(site: Path) -> None:
    """`--strict` has already refused broken links, lost anchors and pages outside the navigation."""
    pages = {path.relative_to(DOCS).with_suffix(".html").as_posix() for path in DOCS.rglob("*.md")}
    pages |= {Path(page).with_suffix(".html").as_posix() for page in hooks.PAGES.values()}
    assert pages | {"reference/commands.html"} <= {path.relative_to(site).as_posix() for path in site.rglob("*.html")}


@pytest.mark.slow
def test_the_site_is_whole_without_a_network(site: Path) -> None:
    """No page asks another server for fonts, styles, scripts or pictures."""
    resource = re.compile(r"""<(?:script|link|img|iframe)[^>]+(?:src|href)=["']?(https?:)?//""")
    for path in site.rglob("*.html"):
        assert not resource.search(path.read_text(encoding="utf-8")), path
    for path in site.rglob("*.css"):
        assert not re.search(r"url\([\"']?https?:", path.read_text(encoding="utf-8")), path


@pytest.mark.slow
def test_the_reference_of_python_is_in_the_site(site: Path) -> None:
    page = (site / "reference" / "python.html").read_text(encoding="utf-8")
    for name in jndkit.__all__:
        if not name.startswith("__"):
            assert re.search(rf'id="jndkit\.(\w+\.)*{name}"', page), name


def test_the_reference_of_commands_has_every_command_and_option() -> None:
    from typer.main import get_group

    from jndkit.cli.app import app

    reference = hooks.command_reference(app)
    for name in ("encode", "evaluate noise", "datasets build"):
        assert f"\n## jnd {name}\n" in reference
    for name, command in get_group(app).commands.items():
        if not hasattr(command, "commands"):
            section = reference.split(f"\n## jnd {name}\n")[1].split("\n## ")[0]
            shown = [option for item in command.params if not getattr(item, "hidden", False) for option in item.opts]
            assert [option for option in shown if option.startswith("--") and option not in section] == [], name
    assert "Looks" not in reference.split("\n## ")[0]
    assert "FILE&#124;DIR&#124;-" in reference  # a bar would end the cell


def test_the_reference_of_python_has_every_name() -> None:
    listed = re.findall(r"^::: jndkit\.(\w+)$", hooks.python_reference(), flags=re.M)
    assert sorted(listed) == sorted(name for name in jndkit.__all__ if not name.startswith("__"))


def test_links_are_mended_from_where_the_file_lies_to_where_the_page_lies() -> None:
    assert hooks.relinked("[a](docs/how.md#x) ![b](docs/b.png)", "index.md") == "[a](how.md#x) ![b](b.png)"
    assert hooks.relinked("[a](../people.md)", "reference/visibility.md") == "[a](../people.md)"
    assert hooks.relinked("[a](../README.md#what)", "savings.md") == "[a](index.md#what)"
    assert hooks.relinked("![l](../examples/lake.png)", "gallery.md") == "![l](examples/lake.png)"
    assert hooks.relinked("[f](tests/fuzz/README.md)", "security.md") == "[f](fuzzing.md)"
    untouched = "[a](#here) [b](https://example.org/x.md)"
    assert hooks.relinked(untouched, "index.md") == untouched


def test_files_that_pages_link_to_come_along() -> None:
    files = hooks.linked_files()
    assert {"NOTICE", "CITATION.cff", "examples/lake.png"} <= set(files)
    assert all((ROOT / file).is_file() and not file.endswith(".md") for file in files)


def test_every_room_is_listed() -> None:
    listed = set(re.findall(r"^\| `(\w+)", hooks.rooms(), flags=re.M))
    package = Path(jndkit.__file__).parent
    assert {path.stem for path in package.glob("*.py") if not path.name.startswith("_")} <= listed
    assert {path.parent.name for path in package.glob("*/__init__.py")} <= listed


def test_every_page_begins_with_its_title() -> None:
    pages = sorted(DOCS.rglob("*.md"))
    assert len(pages) > 20
    assert [str(page) for page in pages if not page.read_text(encoding="utf-8").startswith("# ")] == []


def test_every_local_link_of_every_page_leads_somewhere() -> None:
    """In the repository, where pages are read before they are a site."""
    for page in sorted(DOCS.rglob("*.md")):
        for target in re.findall(r"\]\((?!\w+:|#)([^)#\s]+)", page.read_text(encoding="utf-8")):
            assert (page.parent / target).exists(), f"{page}: {target}"


def test_the_order_of_rooms_is_that_of_the_architecture() -> None:
    package = Path(jndkit.__file__).parent
    places = {name: package / name.replace(".", "/") for name in architecture.ORDER}
    rooms = [name for name, place in places.items() if place.is_dir() or place.with_suffix(".py").exists()]
    guide = (ROOT / "CONTRIBUTING.md").read_text(encoding="utf-8")
    shown = re.findall(r"```text\n(.*?)```", guide, flags=re.S)[0]
    assert re.findall(r"[\w.]+", shown) == rooms, f"CONTRIBUTING.md should list: {', '.join(rooms)}"


def test_every_module_and_file_of_rows_that_pages_name_exists() -> None:
    """By its path in the repository, in the package, or among the rows."""
    homes = (ROOT, ROOT / "src" / "jndkit", ROOT / "benchmarks" / "rows")
    for page in (*sorted(DOCS.rglob("*.md")), *(ROOT / source for source in hooks.PAGES)):
        if page.name in {"CONTRIBUTING.md", "CHANGELOG.md"}:  # what is to be added, and what was
            continue
        text = re.sub(r"```.*?```", "", page.read_text(encoding="utf-8"), flags=re.S)
        for name in re.findall(r"`([\w-]+/[\w./-]+\.(?:py|jsonl|json|toml))`", text):
            assert any((home / name).exists() for home in homes), f"{page}: {name}"
        for name in re.findall(r"python ((?:benchmarks|tools|tests)/[\w./]+\.py)", text):
            assert (ROOT / name).exists(), f"{page}: {name}"


def test_arguments_of_a_docstring_become_a_list() -> None:
    pytest.importorskip("griffe", reason="needs jndkit[docs]")
    import site_docstrings

    docstring = (
        "One line.\n\nfirst: of\n    two lines.  second, third: more: a colon.\nRaises UsageError.\n\nThe end: no list."
    )
    assert site_docstrings.listed(docstring).split("\n") == [
        *("One line.", "", "- `first`: of two lines.", "- `second, third`: more: a colon.", ""),
        *("Raises UsageError.", "", "The end: no list."),
    ]

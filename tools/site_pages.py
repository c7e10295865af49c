"""What MkDocs asks for while it builds the site: pages that lie outside docs/, and pages made from the program itself.

    make docs      builds the site into build/site

README.md, CONTRIBUTING.md and others are pages of the site too, with links that work in both places. The command line
reference comes from the commands, the list of Python names from `jndkit.__all__`, the list of rooms from their
docstrings: nothing is written twice.
"""

from __future__ import annotations

import ast
import html
import inspect
import posixpath
import re
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from mkdocs.config.defaults import MkDocsConfig
    from mkdocs.structure.files import Files
    from mkdocs.structure.pages import Page

ROOT = Path(__file__).resolve().parents[1]
# Files of the repository that are pages, and what they are called in the site.
PAGES = {
    "README.md": "index.md",
    "CONTRIBUTING.md": "contributing.md",
    "SECURITY.md": "security.md",
    "CHANGELOG.md": "changelog.md",
    "benchmarks/README.md": "benchmarks.md",
    "tools/README.md": "tools.md",
    "examples/README.md": "examples.md",
    "examples/plugin/README.md": "plugin.md",
    "tests/pixelwise/published/README.md": "published-maps.md",
    "tests/fuzz/README.md": "fuzzing.md",
}
SOURCES = {page: source for source, page in PAGES.items()}
COMMANDS = "reference/commands.md"
PARAGRAPH = "\n\n"
_LINK = re.compile(r"(?<=\]\()(?!\w+:|#)([^)\s#]+)(#[^)\s]*)?(?=\))")

_FIGURE = re.compile(r"<td>(?=[-+]?\d[^<a-z]{0,40}</td>)")


def on_files(files: Files, config: MkDocsConfig) -> Files:
    """Add the pages and files that are not in docs/."""
    from mkdocs.structure.files import File

    for source, page in PAGES.items():
        files.append(File.generated(config, page, content=(ROOT / source).read_text(encoding="utf-8")))
    for path in linked_files():
        files.append(File.generated(config, path, content=(ROOT / path).read_bytes()))
    from jndkit.cli.app import app

    files.append(File.generated(config, COMMANDS, content=command_reference(app)))
    return files


def on_page_markdown(markdown: str, page: Page, config: MkDocsConfig, files: Files) -> str:
    """Fill in what is made from the program, and mend links that leave docs/."""
    uri = page.file.src_uri
    if uri == "reference/python.md":
        markdown = markdown.replace("<!-- names -->", python_reference())
    if uri == "architecture.md":
        markdown = markdown.replace("<!-- rooms -->", rooms())
    return relinked(markdown, uri)


def on_page_content(content: str, page: Page, config: MkDocsConfig, files: Files) -> str:
    """Mark the cells of tables that hold a figure, which must not break before its interval."""
    return _FIGURE.sub('<td class="figure">', content)


def linked_files() -> list[str]:
    """The files of the repository, outside docs/, that pages link to as they are: sources, licences, pictures."""
    docs = [path.relative_to(ROOT).as_posix() for path in (ROOT / "docs").rglob("*.md")]
    targets = {
        _target(link[1], source)
        for source in (*docs, *PAGES)
        for link in _LINK.finditer((ROOT / source).read_text(encoding="utf-8"))
    }
    outside = {target for target in targets if target not in PAGES and not target.startswith("docs/")}
    return sorted(target for target in outside if (ROOT / target).is_file())


def _target(link: str, source: str) -> str:
    """Where a link in a file of the repository leads, from its root."""
    return posixpath.normpath(posixpath.join(posixpath.dirname(source), link))


def relinked(markdown: str, uri: str) -> str:
    """The page with links as they are in the site; in the repository they are relative to where the file lies."""
    source = SOURCES.get(uri, f"docs/{uri}")

    def mended(link: re.Match[str]) -> str:
        target = _target(link[1], source)
        place = PAGES.get(target) or target.removeprefix("docs/")
        return posixpath.relpath(place, posixpath.dirname(uri) or ".") + (link[2] or "")

    return _LINK.sub(mended, markdown)


def command_reference(app: Any) -> str:
    """Markdown of every command of a Typer application: its sentence, usage, arguments and options."""
    from typer.main import get_command

    lines = [
        "# Command line",
        "",
        "`jnd COMMAND --help` prints the same. Data goes to stdout, everything else to stderr.",
    ]
    for path, command in _leaves(get_command(app), ("jnd",)):
        context = command.make_context(" ".join(path), [], resilient_parsing=True)
        lines += [
            "",
            f"## {' '.join(path)}",
            "",
            html.escape(inspect.cleandoc(command.help or "").replace("\b\n", ""), quote=False),
            "",
        ]
        lines += ["```text", " ".join((*path, *command.collect_usage_pieces(context))), "```", ""]
        lines += ["| | |", "|---|---|"]
        for parameter in command.get_params(context):
            record = parameter.get_help_record(context)
            if record is not None:
                name = (
                    (parameter.metavar or parameter.name.upper())
                    if parameter.param_type_name == "argument"
                    else record[0]
                )
                lines.append(f"| <code>{_cell(name)}</code> | {_cell(record[1])} |")
    return "\n".join(lines) + "\n"


def _leaves(command: Any, path: tuple[str, ...]) -> list[tuple[tuple[str, ...], Any]]:
    """Every command that does something, with the words that call it."""
    if not hasattr(command, "commands"):
        return [(path, command)]
    return [
        leaf for name, child in command.commands.items() if not child.hidden for leaf in _leaves(child, (*path, name))
    ]


def _cell(text: str) -> str:
    return html.escape(" ".join(text.split()), quote=False).replace("|", "&#124;").replace("*", "&#42;")


def python_reference() -> str:
    """Markdown that asks mkdocstrings for every public name: functions, what they take and return, errors."""
    import jndkit

    groups: dict[str, list[str]] = {"Functions": [], "Classes": [], "Errors": []}
    for name in jndkit.__all__:
        item = getattr(jndkit, name)
        if inspect.isclass(item) and issubclass(item, Exception):
            groups["Errors"].append(name)
        elif inspect.isfunction(item):
            groups["Functions"].append(name)
        elif not name.startswith("__"):
            groups["Classes"].append(name)
    lines: list[str] = []
    for title, names in groups.items():
        lines += ["", f"## {title}"] + [line for name in names for line in ("", f"::: jndkit.{name}")]
    return "\n".join(lines)


def rooms() -> str:
    """A table of the rooms of the package, in alphabetical order, by the first paragraph of their docstrings."""
    package = ROOT / "src" / "jndkit"
    lines = ["| room | what it does |", "|---|---|"]
    for path in sorted(package.iterdir(), key=lambda path: path.stem):
        source = path / "__init__.py" if path.is_dir() else path
        if path.name.startswith("_") or source.suffix != ".py" or not (source.exists() or path.is_dir()):
            continue
        text = ast.get_docstring(ast.parse(source.read_text(encoding="utf-8"))) if source.exists() else None
        if text:
            name = f"{path.name}{'/' if path.is_dir() else ''}"
            lines.append(f"| `{name}` | {_cell(text.partition(PARAGRAPH)[0])} |")
    return "\n".join(lines)

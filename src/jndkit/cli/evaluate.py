"""jnd evaluate"""

from __future__ import annotations

from collections.abc import Generator, Sequence
from contextlib import closing
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Protocol, TypeVar

import typer

from jndkit.cli import options, printing
from jndkit.errors import UsageError

if TYPE_CHECKING:
    from jndkit.batch import Found
    from jndkit.evaluation.noise.rows import NoiseRow, Settings


class Kept(Protocol):
    """A row that goes into a file."""

    error: dict[str, str] | None

    def to_json(self) -> str: ...


Row = TypeVar("Row", bound=Kept)


def noise(
    pictures: options.Folders = None,
    model: Annotated[
        list[str] | None,
        typer.Option(
            metavar="NAME", help="One of the models or baselines; may be repeated.", show_default="all of them"
        ),
    ] = None,
    psnr: Annotated[float, typer.Option(metavar="DB", help="The equal noise.")] = 26.65,
    jnd: Annotated[float, typer.Option(metavar="JND", help="The equal visibility.")] = 1.0,
    seed: options.Seed = 0,
    border: options.Border = "reflect",
    viewing: options.Display = "desktop",
    observer: options.Observer = "cvvdp",
    protocol: options.Protocol = "aic",
    rows: options.Rows = None,
    plot: options.Plot = None,
    recursive: options.Recursive = False,
    jobs: options.Jobs = None,
    force: Annotated[bool, typer.Option("--force", "-f", help="Replace an existing plot.")] = False,
    max_pixels: options.MaxPixels = options.MAX_PIXELS,
    json: options.Json = False,
) -> int:
    """Compare the JND maps by the noise they hide: visibility at equal noise, noise at equal visibility.

    Prints a table in Markdown, or with --json the rows. Without a folder, of the rows in the file of --rows alone.
    """
    from jndkit.evaluation.noise.plots import check_plot, write_plot
    from jndkit.evaluation.noise.rows import Settings
    from jndkit.evaluation.noise.tables import markdown

    if not pictures and rows is None:
        raise UsageError("say which folder of pictures to evaluate, or with --rows a file of rows")
    if plot is not None:
        check_plot(plot)
        if Path(plot).exists() and not force:
            raise UsageError(f"{plot}: the file exists; use --force to replace it")
    chosen = {"models": tuple(dict.fromkeys(model))} if model else {}
    settings = Settings(
        psnr=psnr,
        jnd=jnd,
        seed=seed,
        border=border,
        viewing=viewing,
        observer=observer,
        protocol=protocol,
        max_pixels=max_pixels,
        **chosen,
    )
    kept = _read(rows)
    made = _run(named_pictures(pictures, recursive), settings, kept, rows, jobs, json) if pictures else kept
    if json and not pictures:
        show(made)
    if any(row.error is None for row in made):
        if plot is not None:
            write_plot(made, plot, force=force)
        if not json:
            print(markdown(made))
    return 1 if any(row.error is not None for row in made) else 0


def hvssd(
    pictures: Annotated[list[str], typer.Argument(metavar="FOLDER", help="Folders of pictures, or pictures.")],
    output: Annotated[str, typer.Option("--output", "-o", metavar="DIR", help="Where the noisy pictures go.")],
    strength: Annotated[float, typer.Option(metavar="FACTOR", help="The map times this factor.")] = 1.0,
    seed: options.Seed = 0,
    variant: options.Variant = "code",
    border: options.Border = "reflect",
    recursive: options.Recursive = False,
    force: options.Force = False,
    max_pixels: options.MaxPixels = options.MAX_PIXELS,
    json: options.Json = False,
) -> int:
    """Add noise in the shape of the HVS-SD JND map of each colour, and print the PSNR of R, G, B and all together.

    The published test of the model. Prints a table in Markdown, or with --json the rows.
    """
    from jndkit.evaluation.hvssd.rows import Settings, distort, markdown

    settings = Settings(strength, seed, variant, border, max_pixels)
    rows = []
    for path, name, target in _targets(pictures, recursive, Path(output)):
        rows.append(distort(path, name, target, settings, force=force))
        if json:
            print(rows[-1].to_json(), flush=True)
        if (error := rows[-1].error) is not None:
            printing.complain(error["message"])
    if not json and any(row.error is None for row in rows):
        print(markdown(rows))
    return 1 if any(row.error is not None for row in rows) else 0


def _targets(sources: list[str], recursive: bool, folder: Path) -> list[tuple[Path, str, Path]]:
    """Each picture, its name in the rows, and the PNG made of it. Raises UsageError where two would be one file."""
    from jndkit.batch import gather

    found, makers = [], dict[Path, Path]()
    for each in gather(sources, recursive=recursive, without=folder):
        target = folder / each.within / f"{each.path.stem}.png"
        if (other := makers.setdefault(target, each.path)) != each.path:
            raise UsageError(f"{other} and {each.path} would both become {target}")
        if target.exists() and target.samefile(each.path):
            raise UsageError(f"{target}: the output would be the input itself")
        found.append((each.path, _named(each), target))
    return found


def _run(
    pictures: list[tuple[Path, str]],
    settings: Settings,
    kept: list[NoiseRow],
    file: str | None,
    jobs: int | None,
    json: bool,
) -> list[NoiseRow]:
    """Do what is left, keep and print each row as it comes; all rows, in the order of pictures and models."""
    from jndkit.batch import jobs_wanted, ledger as store, run
    from jndkit.evaluation.noise import rows as test
    from jndkit.evaluation.noise.tables import checked

    wanted = jobs_wanted(jobs)
    checked([*(row for row in kept if row.error is None), settings.row("", settings.models[0])])
    todo = test.jobs(pictures, settings, kept)
    left = {(job.name, model) for job in todo for model in job.models}
    done = [row for row in kept if row.error is None and (row.input, row.model) not in left]
    follow(run(todo, wanted), len(left), done, file, json)
    order = list(settings.models)
    done.sort(key=lambda row: (row.input, order.index(row.model) if row.model in order else len(order), row.model))
    if file is not None:
        store.rewrite(file, (row.to_json() for row in done))
    return done


def follow(made: Generator[Row, None, None], count: int, done: list[Row], file: str | None, json: bool) -> None:
    """Add each row to `done` as it comes, keep and print it; say once why some failed.

    made: the rows that are left, `count` of them.  done: those that are there, which are kept and printed first.
    """
    from jndkit.batch import ledger as store

    if file is not None:
        store.rewrite(file, (row.to_json() for row in done))
    if json:
        show(done)
    progress = printing.Progress(count)
    told: set[str] = set()
    with closing(made):
        for row in made:
            progress.clear()
            done.append(row)
            if file is not None:
                store.append(file, row.to_json())
            if json:
                show([row])
            if row.error is not None and row.error["message"] not in told:
                told.add(row.error["message"])
                printing.complain(row.error["message"])
            progress.advance()


def show(rows: Sequence[Kept]) -> None:
    """Print rows, one a line."""
    for row in rows:
        print(row.to_json(), flush=True)


def _read(file: str | None) -> list[NoiseRow]:
    from jndkit.batch import ledger as store
    from jndkit.evaluation.noise.rows import NoiseRow

    return [NoiseRow.from_json(row) for row in store.read(file)] if file is not None else []


def named_pictures(sources: list[str], recursive: bool) -> list[tuple[Path, str]]:
    """Each picture with the name its rows give it. Raises UsageError where two pictures would have one name."""
    from jndkit.batch import gather

    found = [(each.path, _named(each)) for each in gather(sources, recursive=recursive)]
    names: dict[str, Path] = {}
    for path, name in found:
        if names.setdefault(name, path) != path:
            raise UsageError(f"{names[name]} and {path} would both be called {name} in the rows")
    return found


def _named(found: Found) -> str:
    """kodak/kodim01.png for a picture found in a folder, wherever that is; the name as given for any other."""
    if not found.searched:
        return found.path.as_posix()
    top = found.path.parents[len(found.within.parts)]
    return (Path(top.resolve().name) / found.within / found.path.name).as_posix()

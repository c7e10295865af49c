"""The table of verbs, and what becomes of everything they raise."""

from __future__ import annotations

import errno
import os
import sys
import traceback
from collections.abc import Callable, Sequence
from functools import wraps
from typing import Annotated, Any

import typer

# Verbs import what they need when they are called: `jnd --help` loads nothing heavy.
from jndkit.cli import (
    compare,
    datasets,
    decode,
    encode,
    importing,
    inject,
    label,
    listing,
    maps,
    predict,
    report,
    serve,
    train,
)
from jndkit.cli.evaluate import codecs, hvssd, noise, observers, picturewise
from jndkit.cli.printing import complain
from jndkit.cli.study import fit as study_fit, make as study_make, serve as study_serve
from jndkit.errors import JndError, OutputError
from jndkit.version import VERSION

INTERRUPTED = 130  # what a shell reports of a program that Ctrl-C ended
_UNWRITABLE = {errno.ENOSPC, errno.EFBIG, errno.EIO, errno.EBADF}  # what writing to stdout may meet
_BROKEN_PIPE = 141  # what a shell reports of a program that a closed pipe ended

# Rich help takes twice as long to start as all the rest.
app = typer.Typer(
    name="jnd",
    add_completion=False,
    no_args_is_help=True,
    rich_markup_mode=None,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100},
)


def run(arguments: Sequence[str] | None = None) -> int:
    """Run the command and return its exit code; nothing it raises passes through."""
    _open_streams()
    for stream in (sys.stdout, sys.stderr):
        if hasattr(stream, "reconfigure"):
            stream.reconfigure(errors="backslashreplace")  # names of files are bytes and need not be text
    try:
        # Else Typer would end the process itself, with its own words and codes.
        code = app(args=None if arguments is None else list(arguments), standalone_mode=False, prog_name="jnd")
        return int(code or 0)
    except _MISUSE as error:
        error.show()
        return 2
    except (KeyboardInterrupt, typer.Abort):
        return INTERRUPTED
    except Exception as error:  # of a verb nothing arrives here, but help and version are printed outside of all verbs
        return _explained(error)


def _open_streams() -> None:
    """Make up for standard streams that the caller closed: a file opened later would take their place."""
    for number in range(3):
        try:
            os.fstat(number)
        except OSError:
            os.open(os.devnull, os.O_RDWR)
    for name in ("stdout", "stderr"):
        if getattr(sys, name) is None:
            setattr(sys, name, os.fdopen(os.open(os.devnull, os.O_WRONLY), "w"))


# The base of all errors in a command line; where it is imported from differs between versions of Typer.
_MISUSE: Any = typer.BadParameter.__mro__[2]


def reported(verb: Callable[..., int]) -> Callable[..., int]:
    """The verb with every exception turned into a sentence and an exit code."""

    @wraps(verb)
    def guarded(*args: Any, **kwargs: Any) -> int:
        try:
            code = verb(*args, **kwargs)
            # A full disk or a closed pipe shows here, while there is still somebody to say so.
            sys.stdout.flush()
            return code
        except KeyboardInterrupt:
            complain("interrupted")
            return INTERRUPTED
        except Exception as error:
            return _explained(error)

    return guarded


def _explained(error: Exception) -> int:
    """The exit code of an error, after its sentence on stderr."""
    if isinstance(error, JndError):
        complain(str(error))
        return error.exit_code
    if isinstance(error, BrokenPipeError):
        _discard_stdout()
        return _BROKEN_PIPE
    if isinstance(error, OSError) and error.errno in _UNWRITABLE:  # all other files are written where OutputError is
        _discard_stdout()
        reason = "the disk is full" if error.errno == errno.ENOSPC else os.strerror(error.errno)
        complain(f"stdout: it cannot be written: {reason}")
        return OutputError.exit_code
    if os.environ.get("JND_DEBUG"):
        traceback.print_exception(error)
    complain(f"{type(error).__name__}: {error}; this is a bug; run with JND_DEBUG=1 for the traceback")
    return 1


def _discard_stdout() -> None:
    """Whatever is still buffered would raise again when the interpreter closes stdout."""
    nowhere = os.open(os.devnull, os.O_WRONLY)
    os.dup2(nowhere, sys.stdout.fileno())
    os.close(nowhere)


def _version(wanted: bool) -> None:
    if wanted:
        typer.echo(f"jnd {VERSION}")
        raise typer.Exit


@app.callback()
def _jnd(
    version: Annotated[
        bool, typer.Option("--version", callback=_version, is_eager=True, help="Show the version and exit.")
    ] = False,
) -> None:
    """Make the smallest file that looks the same, and say how sure that is."""


for _name, _function in (
    ("encode", encode.encode),
    ("decode", decode.decode),
    ("predict", predict.predict),
    ("compare", compare.compare),
    ("report", report.report),
    ("serve", serve.serve),
    ("map", maps.map_),
    ("inject", inject.inject),
    ("label", label.label),
    ("train", train.train),
    ("import", importing.import_),
    ("models", listing.models),
    ("doctor", listing.doctor),
):
    app.command(_name)(reported(_function))

_evaluations = typer.Typer(rich_markup_mode=None, no_args_is_help=True, help="Compare models in tables of rows.")
_evaluations.command("noise")(reported(noise.noise))
_evaluations.command("picturewise")(reported(picturewise.picturewise))
_evaluations.command("codecs")(reported(codecs.codecs))
_evaluations.command("observers")(reported(observers.observers))
_evaluations.command("hvssd")(reported(hvssd.hvssd))
app.add_typer(_evaluations, name="evaluate")

_datasets = typer.Typer(help="Make and check training sets.", no_args_is_help=True, rich_markup_mode=None)
_datasets.command("build")(reported(datasets.build))
_datasets.command("check")(reported(datasets.check))
_datasets.command("list")(reported(datasets.list_))
app.add_typer(_datasets, name="datasets")

_studies = typer.Typer(help="Ask people in the browser what they see.", no_args_is_help=True, rich_markup_mode=None)
_studies.command("make")(reported(study_make.make))
_studies.command("serve")(reported(study_serve.serve))
_studies.command("fit")(reported(study_fit.fit))
app.add_typer(_studies, name="study")

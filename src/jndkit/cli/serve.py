"""jnd serve"""

from __future__ import annotations

import importlib.util
from typing import Annotated

import typer

from jndkit.cli import options
from jndkit.errors import MissingError
from jndkit.limits import MAX_BYTES

_INSTALL = "pip install 'jndkit[serve]'"
_NEEDED = ("fastapi", "prometheus_client", "python_multipart", "uvicorn")


def serve(
    host: Annotated[
        str, typer.Option(metavar="ADDRESS", help="Listen here; what others can reach needs --token.")
    ] = "127.0.0.1",
    port: Annotated[int, typer.Option(metavar="N", help="0 takes a free one.")] = 8040,
    token: Annotated[
        str | None,
        typer.Option(
            metavar="SECRET", envvar="JND_TOKEN", help="What every request must bring, at least 16 characters."
        ),
    ] = None,
    allow_origin: Annotated[
        list[str] | None,
        typer.Option(metavar="ORIGIN", help="Pages from here may ask, such as https://example.org; may be repeated."),
    ] = None,
    open_page: Annotated[bool, typer.Option("--open/--no-open", help="Open the page in a browser.")] = True,
    jobs: Annotated[
        int | None,
        typer.Option(
            "--jobs", "-j", metavar="N", help="How many pictures to work on at once.", show_default="the processors"
        ),
    ] = None,
    queue: Annotated[int, typer.Option(metavar="N", help="How many more may wait.")] = 64,
    max_bytes: Annotated[int, typer.Option(metavar="N", help="Refuse larger files.")] = MAX_BYTES,
    max_pixels: options.MaxPixels = options.MAX_PIXELS,
    max_seconds: Annotated[float, typer.Option(metavar="N", help="End work on one picture that takes longer.")] = 300.0,
    max_memory: Annotated[
        int | None,
        typer.Option(
            metavar="MB", help="End work that takes more memory.", show_default="half of the machine's, shared"
        ),
    ] = None,
) -> int:
    """Show the page, and answer requests over HTTP, until Ctrl-C.

    The page and the service work without a network. SIGTERM and Ctrl-C let what is worked on finish.
    """
    if not all(importlib.util.find_spec(module) for module in _NEEDED):
        raise MissingError("the server", _INSTALL)
    from jndkit.server.access import Access
    from jndkit.server.limits import Limits
    from jndkit.server.serving import serve as run

    memory = None if max_memory is None else max_memory * 1_000_000
    limits = Limits(jobs, queue, max_bytes, max_pixels, max_seconds, memory)
    run(limits, Access(host, token, tuple(allow_origin or ())), port=port, show=open_page)
    return 0

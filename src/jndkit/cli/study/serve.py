"""jnd study serve"""

from __future__ import annotations

import importlib.util
from pathlib import Path
from typing import Annotated

import typer

from jndkit.errors import MissingError

_INSTALL = "pip install 'jndkit[study]'"
_NEEDED = ("fastapi", "uvicorn")


def serve(
    folder: Annotated[Path, typer.Argument(metavar="DIR", help="What `jnd study make` wrote; answers are kept there.")],
    host: Annotated[
        str, typer.Option(metavar="ADDRESS", help="Listen here; what others can reach needs --token.")
    ] = "127.0.0.1",
    port: Annotated[int, typer.Option(metavar="N", help="0 takes a free one.")] = 8041,
    token: Annotated[
        str | None,
        typer.Option(metavar="SECRET", envvar="JND_TOKEN", help="What viewers must bring, at least 16 characters."),
    ] = None,
    open_page: Annotated[bool, typer.Option("--open/--no-open", help="Open the page in a browser.")] = True,
) -> int:
    """Show the page of a study, and keep the answers, until Ctrl-C.

    The page works without a network. Send viewers on other machines the address with #token=SECRET at its end.
    """
    if not all(importlib.util.find_spec(module) for module in _NEEDED):
        raise MissingError("the server", _INSTALL)
    from jndkit.server.access import Access
    from jndkit.study.sittings.serving import serve as run

    run(folder, Access(host, token), port=port, show=open_page)
    return 0

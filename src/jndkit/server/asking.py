"""What a request asks for: the service it goes to, settings, the pictures it brings."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request

from jndkit.picture import check_damaged
from jndkit.server.service import Service
from jndkit.server.uploads import NAME, Upload, received
from jndkit.server.work import Named
from jndkit.settings import Settings


@dataclass(frozen=True)
class Sent:
    """Pictures that came with a request, by the names of their fields, in a folder of their own."""

    folder: Path
    pictures: dict[str, Upload]

    def work(self, field: str, beside: str, max_pixels: int, damaged: str) -> dict[str, Any]:
        """The arguments that all work on such pictures has. field, beside: those of the picture, and of another one."""
        about = picture_arguments(self.pictures[field], max_pixels, damaged)
        other = self.pictures.get(beside)
        return about | {"beside": None if other is None else Named(str(other.path), other.name)}


def picture_arguments(upload: Upload, max_pixels: int, damaged: str) -> dict[str, Any]:
    """The arguments that all work on a picture has."""
    return {
        "path": str(upload.path),
        "name": upload.name,
        "max_pixels": max_pixels,
        "damaged": check_damaged(damaged),
    }


def service_of(request: Request) -> Service:
    service: Service = request.app.state.service
    return service


async def settings_of(given: dict[str, Any], service: Service) -> Settings:
    """The settings of a request, within what this server takes on. Raises what `Settings` does."""
    bounded = given | {"max_pixels": min(given["max_pixels"], service.limits.pixels)}
    # In a thread: a codec that is asked for the first time is imported.
    settings: Settings = await run_in_threadpool(lambda: Settings(**bounded))
    return settings


async def sent(request: Request, wanted: tuple[str, ...] = (NAME,), also: tuple[str, ...] = ()) -> Sent:
    """The pictures of a request. wanted, also: as of `received`.

    Raises what `received` does, QueueError and EndingError before it.
    """
    service = service_of(request)
    await service.check_room(request)
    folder = service.storage.new()
    with service.dropping(folder):
        return Sent(folder, await received(request, folder, service.limits.bytes, wanted, also))

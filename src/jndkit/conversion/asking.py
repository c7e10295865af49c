"""What an encode asks for, and a prediction."""

from __future__ import annotations

from dataclasses import fields
from typing import Any

from jndkit.batch.requests import Request
from jndkit.codecs import versions
from jndkit.conversion.outputs import suffixes_of
from jndkit.conversion.responsive import MANIFEST, Variants
from jndkit.observers import OBSERVERS, observer as named_observer
from jndkit.pixelwise import model_package
from jndkit.provenance import told
from jndkit.settings import Settings
from jndkit.version import VERSION


def encoding(settings: Settings, variants: Variants | None = None) -> Request:
    """The files of these settings."""
    asked = _asked(settings, frozenset({"encode"}))
    suffixes = list(suffixes_of(settings))
    if variants is not None:
        asked |= {"variants": str(variants)}
        suffixes = [MANIFEST]
    specs = settings.codec_specs if variants is None else variants.codecs
    return Request(
        {"settings": asked, "marks": told(settings), "suffixes": suffixes, "versions": _versions(settings, specs)}
    )


def predicting(settings: Settings) -> Request:
    """The decisions without the files."""
    asked = {"predict": True, **_asked(settings, frozenset({"force", "min_saving"}))}
    return Request({"settings": asked, "suffixes": [], "versions": _versions(settings, settings.codec_specs)})


def _asked(settings: Settings, without: frozenset[str]) -> dict[str, Any]:
    values = {field.name: getattr(settings, field.name) for field in fields(settings)}
    return {name: _plain(value) for name, value in values.items() if name not in without}


def _versions(settings: Settings, specs: tuple[str, ...]) -> dict[str, str]:
    observer = named_observer(settings.observer)
    used = {"jndkit": VERSION, observer.name: observer.version, **OBSERVERS.package(settings.observer)}
    for spec in specs:
        used |= versions(spec)
    if settings.prefilter is not None:
        used |= model_package(settings.prefilter)
    return used


def _plain(value: Any) -> Any:
    return value if value is None or isinstance(value, bool | int | float | str) else str(value)

"""What is installed, what is missing, what is broken, and how to mend it. Data only; the command line prints it."""

from __future__ import annotations

import importlib
import importlib.metadata
import importlib.util
import platform
import re
from dataclasses import dataclass
from typing import Any

from jndkit.cards import Plugin
from jndkit.codecs import CODECS, Card as Codec
from jndkit.registry import plugins
from jndkit.version import VERSION


@dataclass(frozen=True)
class Part:
    """One library, codec, extra or plug-in.

    trouble: "missing" or "broken" where it is not present.  install: the command that mends that.
    note: what to know of it.
    """

    name: str
    present: bool
    version: str = ""
    install: str = ""
    note: str = ""
    trouble: str = "missing"


# Modules that are not called what the distribution is.
_MODULES = {"opencv-python-headless": "cv2", "pillow": "PIL"}
_NOTES = {
    "pillow-heif": "contains x265 (GPL); HEVC is patent-encumbered",
    "imageio-ffmpeg": "brings a GPL build of ffmpeg, run as a program",
    "ajpegli": "jpegli, another encoder of JPEG",
    "pyvips": "MozJPEG, another encoder of JPEG, and libwebp's sharp chroma; libvips around them is LGPL",
    "openvino": "runs the networks faster than onnxruntime",
    "torch": "only to train",
    "matplotlib": "plots of jnd evaluate",
}
_FOR_DEVELOPERS = {"dev", "docs", "fuzz", "parity"}
_WITH_CONSTRAINTS = {"train"}  # without them pip takes a build of torch of several gigabytes


def doctor() -> list[Part]:
    """The interpreter and base libraries, then the codecs, the extras, and what other packages add."""
    offered = plugins()
    base, extras = _requirements()
    parts = [Part("python", True, platform.python_version()), Part("jndkit", True, VERSION)]
    parts += [_distribution(requirement, f"pip install '{requirement}'") for requirement in base]
    parts += [_codec(card) for card in CODECS.values()]
    parts += [_distribution(requirement, install) for requirement, install in extras]
    parts += [_plugin(plugin) for plugin in offered]
    return parts


def _requirements() -> tuple[list[str], list[tuple[str, str]]]:
    """What jndkit says it needs: of the base installation, and of each extra with the command that installs it."""
    try:
        declared = importlib.metadata.requires("jndkit") or []
    except importlib.metadata.PackageNotFoundError:  # run from its sources, which are not installed
        declared = []
    base: list[str] = []
    extras: dict[str, str] = {}  # of a requirement that several extras share the first is named
    for line in declared:
        requirement, _, marker = (part.strip() for part in line.partition(";"))
        extra = re.search(r"extra == ['\"]([^'\"]+)", marker)
        if extra is None:
            base.append(requirement)
        elif extra[1] not in _FOR_DEVELOPERS:
            constraints = "-c constraints.txt " if extra[1] in _WITH_CONSTRAINTS else ""
            extras.setdefault(requirement, f"pip install {constraints}'jndkit[{extra[1]}]'")
    return sorted(base), list(extras.items())


def _distribution(requirement: str, install: str) -> Part:
    name = re.split(r"[^A-Za-z0-9._-]", requirement)[0]
    module = _MODULES.get(name, name.replace("-", "_"))
    note = _NOTES.get(name, "")
    if importlib.util.find_spec(module) is None:
        return Part(name, False, "", install, note)
    try:
        version = importlib.metadata.version(name)
    except importlib.metadata.PackageNotFoundError:
        # The same module comes from other distributions too, such as opencv-python.
        version = str(getattr(importlib.import_module(module), "__version__", "unknown"))
    return Part(name, True, version, install, note)


def _codec(card: Codec, package: str = "") -> Part:
    """package: the other package that offers it, with its version."""
    if card.missing:
        return Part(card.name, False, "", card.install, card.summary)
    try:
        libraries = [f"{library} {version}" for library, version in card.versions().items()]
    # Installed but broken: a build without the encoder, a missing system library, another package's mistake.
    except Exception as error:
        return Part(card.name, False, "", _upgrade(card.install), f"{card.summary}; {_said(error)}", "broken")
    return Part(card.name, True, ", ".join([*([package] if package else []), *libraries]), "", card.summary)


def _plugin(plugin: Plugin[Any]) -> Part:
    package = f"{plugin.package} {plugin.version}".strip()
    if plugin.card is None:
        cure = f"pip install --upgrade {plugin.package}, or pip uninstall {plugin.package}"
        return Part(plugin.name, False, "", cure, f"{plugin.what} of {package}: {plugin.reason}", "broken")
    if isinstance(plugin.card, Codec):
        return _codec(plugin.card, package)
    return Part(plugin.name, True, package, "", f"{plugin.what}: {plugin.card.summary}")


def _upgrade(install: str) -> str:
    """The command that brings a newer build of what a command installs."""
    return install if " --" in install else install.replace("pip install", "pip install --upgrade", 1)


def _said(error: Exception) -> str:
    return f"it does not work: {' '.join(str(error).split()) or type(error).__name__}"

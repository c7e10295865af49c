"""The card of a codec: all that the other rooms know of it by its name."""

from __future__ import annotations

import importlib.util
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from jndkit import cards
from jndkit.codecs.contract import Codec
from jndkit.picture import Picture

Reader = Callable[[bytes, Path, int], Picture]
"""Opens a file's bytes, which may come from anywhere: (data, path for messages, largest width times height).

Raises InputError for what it cannot open, MissingError where something has to be installed first.
"""


def needs(*modules: str) -> Callable[[], bool]:
    """Whether modules are there, asked whenever the answer is wanted: installing them takes no new start."""
    return lambda: all(importlib.util.find_spec(module) is not None for module in modules)


def _always() -> bool:
    return True


def _no_versions() -> dict[str, str]:
    return {}


@dataclass(frozen=True, kw_only=True)
class Card(cards.Card):
    """One codec.

    codec: its class; `codec(**words)` configures it by the words its `grammar` reads from a spec.
    suffix: of the files it writes.  also: other suffixes that mean the same format.
    install: the command that brings what it needs.  present: whether that is there.
    versions: library -> version of all that decides its bytes, where it is present.
    spec_versions: the same of a spec, where its options choose between libraries.
    pace: seconds for a megapixel, encoded and decoded, on two processors.
    auto: whether `--codec auto` may choose it: a format that programs open. Of those that come along alone.
    preferred: the word of an option that pictures held to a goal are coded with, where a spec sets none of that option.
    rivals: specs of its other encoders that `auto` tries beside it; at best effort they are among the codec's options.
    learned: whether a network codes.  sweep: settings that read about 4 to 0.3 JND on photographs at the desktop
        display, worst fidelity first, for `jnd evaluate codecs`; see `codecs.sweep` for a codec without.
    jpeg_mode: the spec of its mode that carries a JPEG file so that it comes back bit for bit, where it has one.
    jpeg_again: the spec of its mode that rounds the coefficients of a JPEG file further, where it has one.
    prefilter: the form of `--prefilter` that saves most before it; see `picturewise.prefilter`.
    magic: what its files begin with, where `jndkit.picture` does not know the format.  read: opens such a file.
    seal: makes the checksums of a file true again after its mark was written into, where the format has any.
    """

    codec: type[Codec]
    suffix: str
    also: tuple[str, ...] = ()
    install: str = "pip install --upgrade jndkit"
    present: Callable[[], bool] = _always
    versions: Callable[[], dict[str, str]] = _no_versions
    spec_versions: Callable[[str], dict[str, str]] | None = None
    pace: float = 0.1
    auto: bool = False
    preferred: str = ""
    rivals: Callable[[], tuple[str, ...]] = tuple
    learned: bool = False
    sweep: tuple[float, ...] = ()
    jpeg_mode: str = ""
    jpeg_again: str = ""
    prefilter: str = "overlapped"
    magic: bytes = b""
    read: Reader | None = None
    seal: Callable[[bytes], bytes] | None = None

    def __post_init__(self) -> None:
        for suffix in (self.suffix, *self.also):
            if not suffix.startswith(".") or suffix != suffix.lower():
                raise ValueError(f"{suffix!r} is not a suffix of files: write it in lower case, with its dot")

    @property
    def missing(self) -> str:
        """The command that installs what it needs; "" where that is there."""
        return "" if self.present() else self.install

    def opens(self, start: bytes) -> bool:
        """Whether it reads files that begin so."""
        return self.read is not None and bool(self.magic) and start.startswith(self.magic)

    def writes(self, suffix: str) -> bool:
        """Whether files of that suffix, in lower case, are in its format."""
        return suffix in (self.suffix, *self.also)

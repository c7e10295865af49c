"""Codecs: encode and decode, one binding a file. `codec("avif:s6,444")` configures one by its spec."""

from __future__ import annotations

from collections.abc import Callable

from jndkit.cards import Registry
from jndkit.codecs.card import Card, Reader
from jndkit.codecs.contract import Codec, Knob, checked, full_spec
from jndkit.errors import MissingError, UsageError

__all__ = [
    "CODECS",
    "Card",
    "Codec",
    "Knob",
    "automatic",
    "available",
    "by_suffix",
    "card",
    "codec",
    "full_spec",
    "parse",
    "preferred",
    "reader",
    "sweep",
    "versions",
]

# Named, not imported: a codec whose library is missing or broken is in nobody's way.
CODECS = Registry(
    Card,
    "codec",
    "jndkit.codecs",
    {
        "jpeg": "jndkit.codecs.jpeg:CARD",
        "webp": "jndkit.codecs.pillow:WEBP",
        "avif": "jndkit.codecs.pillow:AVIF",
        "heic": "jndkit.codecs.heic:CARD",
        "jxl": "jndkit.codecs.jxl:CARD",
        "vvc": "jndkit.codecs.vvc:CARD",
        "bpg": "jndkit.codecs.bpg:CARD",
        "jndlic": "jndkit.codecs.jndlic:CARD",
        "png": "jndkit.codecs.pillow:PNG",
    },
    reserved=("auto",),
)

_SWEEP = 7  # settings, where a card names none


def card(name: str) -> Card:
    """The card of a codec, ours or another package's. Raises UsageError for a name that is none."""
    return CODECS.find(name)


def parse(spec: str) -> tuple[Codec, float | None]:
    """The codec a spec describes, and the setting it names, if any: `jpeg:420,q75` -> (JPEG 4:2:0, 75.0).

    Raises UsageError for unknown names, options and settings; MissingError where the codec is not installed.
    """
    name, colon, rest = spec.partition(":")
    made_by = _present(name).codec
    # `jpeg:` has one word, the empty one, which no grammar knows.
    words, written = made_by.grammar.read(rest.split(",") if colon else [])
    configure: Callable[..., Codec] = made_by
    built = configure(**words)
    if written is None:
        return built, None
    if len(built.knob.grid) == 1:
        raise UsageError(f"{built.spec} has one setting only, and {spec!r} names another")
    return built, checked(name, built.knob, float(written))


def preferred(spec: str) -> str:
    """A spec with the option that serves a goal best, where it leaves that open: `jpeg:444` -> `jpeg:tuned,444`.

    Raises UsageError for an unknown name.
    """
    name, colon, rest = spec.partition(":")
    word = card(name).preferred
    words = rest.split(",") if colon else []
    rivals = next((option.words for option in card(name).codec.grammar.options if word in option.words), ())
    if not word or any(other in rivals for other in words):
        return spec
    return f"{name}:{','.join([word, *words])}"


def codec(spec: str) -> Codec:
    """The codec a spec describes: `jpeg`, `jpeg:444`, `webp:m6`, `avif:s6,444`, `jxl:lossless`.

    Raises UsageError for unknown names and options, and for a spec that names a setting; MissingError where the codec
    is not installed.
    """
    built, value = parse(spec)
    if value is not None:
        raise UsageError(f"{spec!r} names a setting, and only a codec is wanted here: write {built.spec}")
    return built


def available() -> dict[str, str]:
    """Name of each codec that comes along -> "" where it can be used, else the command that installs what it needs."""
    return {name: card.missing for name, card in CODECS.items()}


def automatic(*, rivals: bool = False) -> tuple[str, ...]:
    """What `auto` chooses from: those that come along, can be used, and write what programs open.

    rivals: with the specs of other encoders of the same formats.
    """
    cards = [card for card in CODECS.values() if card.auto and not card.missing]
    return tuple(spec for card in cards for spec in (card.name, *(card.rivals() if rivals else ())))


def by_suffix(suffix: str) -> str:
    """The codec that writes files of a suffix such as ".jpg". Raises UsageError where none does."""
    wanted = suffix.lower()
    known = []
    for card in CODECS.everything():
        if card.writes(wanted):
            return card.name
        known.append(card.suffix)
    raise UsageError(f"no codec writes {suffix or 'files without a suffix'}: choose {', '.join(known)}")


def reader(start: bytes) -> Reader | None:
    """What opens the files of a codec that begin so, for formats that `jndkit.picture` does not know; or None."""
    return next((card.read for card in CODECS.everything() if card.opens(start)), None)


def sweep(codec: Codec) -> tuple[float, ...]:
    """Settings from clearly visible to invisible, worst fidelity first: its card's, else some evenly spread ones."""
    if card(codec.name).sweep:
        return card(codec.name).sweep
    grid = codec.knob.grid
    # Neither end: the one is ruin, the other often costs more bytes than no loss at all.
    return tuple(dict.fromkeys(grid[len(grid) * part // (_SWEEP + 1)] for part in range(1, _SWEEP + 1)))


def versions(spec: str) -> dict[str, str]:
    """Library -> version of all that decides a codec's bytes. spec: or its name, which means its usual options.

    Raises UsageError and MissingError as `codec` does.
    """
    name = spec.partition(":")[0]
    found = _present(name)
    own = found.versions() if found.spec_versions is None else found.spec_versions(spec)
    return own | CODECS.package(name)


def _present(name: str) -> Card:
    card = CODECS.find(name)
    if card.missing:
        raise MissingError(f"the codec {name}", card.missing)
    return card

"""What `jnd encode` returns of a picture, as an answer in a row."""

from __future__ import annotations

from jndkit.errors import MissingError, TargetError
from jndkit.observers import observer as named_observer
from jndkit.picture import Picture
from jndkit.picturewise.prediction import NETWORK, TYPICAL
from jndkit.pipeline import encode
from jndkit.viewing import DISPLAYS
from jndkit.weights import find

OBSERVER = "cvvdp"
"""By whose readings a search decides where nobody else is named."""

Answer = dict[str, float | int | str | None]
"""What a codec or a method came to for one share of viewers."""


def search(
    picture: Picture, codec: str, share: str, protocol: str, viewing: str, ppd: float, observer: str = OBSERVER
) -> Answer:
    """What `jnd encode --codec CODEC --viewers SHARE` does: codec, value, bytes, jnd and encodes, or error.

    share: per cent.  viewing, ppd: name and pixels per degree of the display, as rows tell them.  observer: who judges.
    Raises CodecError.
    """
    display = display_of(viewing, ppd)
    try:
        row = encode(
            # Whatever it saves, and also where the picture is a file of ours: a row wants an answer.
            picture, codec=codec, viewers=float(share), observer=observer, protocol=protocol, viewing=display,
            min_saving=0.0, force=True,
        ).row  # fmt: skip
    except TargetError as error:
        return {"value": None, "error": str(error)}
    value = row.knob["value"] if row.knob else None
    return {"codec": row.codec, "value": value, "bytes": row.bytes, "jnd": row.jnd, "encodes": row.encodes}


def display_of(viewing: str, ppd: float) -> str | float:
    """What `viewing()` and protocols call the display of a row: by its name, or where it has none by its ppd."""
    return viewing if viewing in DISPLAYS else ppd


def prediction_source() -> str:
    """What predicts the knob here and now: the name of the weights, or of the typical curve without them."""
    try:
        return find(NETWORK).card.name
    except MissingError:
        return TYPICAL


def observer_source(name: str) -> str:
    """An observer with its version."""
    observer = named_observer(name)
    return f"{observer.name} {observer.version}"


def search_source(observer: str = OBSERVER) -> str:
    """Who decides a search here and now, and what it starts from."""
    return f"{observer_source(observer)} from {prediction_source()}"

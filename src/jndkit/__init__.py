"""How much a picture may change before anyone sees it, and the smallest file that stays below that."""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

from jndkit.version import VERSION as __version__

if TYPE_CHECKING:
    from jndkit.cards import Card
    from jndkit.comparison import compare
    from jndkit.errors import (
        CodecError,
        DamagedError,
        FormatError,
        InputError,
        JndError,
        LimitError,
        MissingError,
        OutputError,
        SizeError,
        TargetError,
        UsageError,
    )
    from jndkit.evidence import Row
    from jndkit.injection import Injected, InjectionRow, inject
    from jndkit.observers import Box, Reading, Witness
    from jndkit.opening import load
    from jndkit.picture import GainMap, GainMapMetadata, JpegCoding, Picture, Source
    from jndkit.pipeline import Encoded, encode, predict
    from jndkit.pixelwise import jnd_map
    from jndkit.registry import models
    from jndkit.viewing import Viewing

__all__ = [
    "Box",
    "Card",
    "CodecError",
    "DamagedError",
    "Encoded",
    "FormatError",
    "GainMap",
    "GainMapMetadata",
    "Injected",
    "InjectionRow",
    "InputError",
    "JndError",
    "JpegCoding",
    "LimitError",
    "MissingError",
    "OutputError",
    "Picture",
    "Reading",
    "Row",
    "SizeError",
    "Source",
    "TargetError",
    "UsageError",
    "Viewing",
    "Witness",
    "__version__",
    "compare",
    "encode",
    "inject",
    "jnd_map",
    "load",
    "models",
    "predict",
]

# Where each name comes from; the errors come from `jndkit.errors`.
_WHERE = {
    "Box": "jndkit.observers",
    "Card": "jndkit.cards",
    "Encoded": "jndkit.pipeline",
    "GainMap": "jndkit.picture",
    "GainMapMetadata": "jndkit.picture",
    "Injected": "jndkit.injection",
    "InjectionRow": "jndkit.injection",
    "JpegCoding": "jndkit.picture",
    "Picture": "jndkit.picture",
    "Reading": "jndkit.observers",
    "Row": "jndkit.evidence",
    "Source": "jndkit.picture",
    "Viewing": "jndkit.viewing",
    "Witness": "jndkit.observers",
    "compare": "jndkit.comparison",
    "encode": "jndkit.pipeline",
    "inject": "jndkit.injection",
    "jnd_map": "jndkit.pixelwise",
    "load": "jndkit.opening",
    "models": "jndkit.registry",
    "predict": "jndkit.pipeline",
}


def __getattr__(name: str) -> Any:
    """The public names, loaded on use: `import jndkit` alone loads no library."""
    if name not in __all__:
        raise AttributeError(f"module 'jndkit' has no attribute {name!r}")
    item = getattr(importlib.import_module(_WHERE.get(name, "jndkit.errors")), name)
    globals()[name] = item  # the next time Python finds it without asking here
    return item


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})

"""How much a picture may change before anyone sees it, and the smallest file that stays below that."""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

from jndkit.version import VERSION as __version__

if TYPE_CHECKING:
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
        TargetError,
        UsageError,
    )
    from jndkit.evidence import Row
    from jndkit.injection import inject
    from jndkit.observers import Reading
    from jndkit.opening import load
    from jndkit.picture import Picture
    from jndkit.pipeline import encode, predict
    from jndkit.pixelwise import jnd_map
    from jndkit.registry import models

__all__ = [
    "CodecError",
    "DamagedError",
    "FormatError",
    "InputError",
    "JndError",
    "LimitError",
    "MissingError",
    "OutputError",
    "Picture",
    "Reading",
    "Row",
    "TargetError",
    "UsageError",
    "__version__",
    "compare",
    "encode",
    "inject",
    "jnd_map",
    "load",
    "models",
    "predict",
]

_WHERE = {
    "Picture": "jndkit.picture",
    "Row": "jndkit.evidence",
    "Reading": "jndkit.observers",
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
    found = getattr(importlib.import_module(_WHERE.get(name, "jndkit.errors")), name)
    globals()[name] = found
    return found


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})

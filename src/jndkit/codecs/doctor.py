"""What is installed, what is missing, and how to get it. Data only; the command line prints it."""

from __future__ import annotations

import importlib.metadata
import importlib.util
import platform
from dataclasses import dataclass

from PIL import features

from jndkit.codecs import CODECS, available
from jndkit.errors import JndError


@dataclass(frozen=True)
class Part:
    """One library, codec or extra. install: how to get it or bring it up to date.  note: what to know before."""

    name: str
    present: bool
    version: str
    install: str
    note: str = ""


_LIBRARIES = (
    ("constriction", "constriction", "pip install 'constriction>=0.5'"),
    ("numpy", "numpy", "pip install 'numpy>=2.0'"),
    ("onnxruntime", "onnxruntime", "pip install 'onnxruntime>=1.20'"),
    ("opencv-python-headless", "cv2", "pip install 'opencv-python-headless>=4.10'"),
    ("pillow", "PIL", "pip install 'pillow>=13'"),
    ("typer", "typer", "pip install 'typer>=0.16'"),
)
_RUNTIMES = {"cuda": "onnxruntime-gpu"}  # distributions that are not called what the runtime is
_EXTRAS = (
    ("pillow-heif", "pillow_heif", "pip install 'jndkit[codecs]'", "contains x265 (GPL); HEVC is patent-encumbered"),
    ("imagecodecs", "imagecodecs", "pip install 'jndkit[codecs]'", ""),
    ("imageio-ffmpeg", "imageio_ffmpeg", "pip install 'jndkit[vvc]'", "brings a GPL build of ffmpeg, run as a program"),
    ("openvino", "openvino", "pip install 'jndkit[fast]'", "runs the networks faster than onnxruntime"),
    ("torch", "torch", "pip install -c constraints.txt 'jndkit[train]'", "only to train"),
    ("matplotlib", "matplotlib", "pip install 'jndkit[plot]'", "plots of jnd evaluate"),
)


def doctor() -> list[Part]:
    """The interpreter and base libraries, then the codecs, then the extras."""
    parts = [Part("python", True, platform.python_version(), "")]
    parts += [_distribution(name, module, install) for name, module, install in _LIBRARIES]
    parts += [_codec(name, install) for name, install in available().items()]
    parts += [_distribution(name, module, install, note) for name, module, install, note in _EXTRAS]
    return parts


def libraries(name: str) -> dict[str, str]:
    """Library -> version of all that decides an installed codec's bytes."""
    if name == "heic":
        return _heic()
    if name == "jxl":
        return _jxl()
    if name == "vvc":
        return _vvc()
    if name == "jndlic":
        return _jndlic()
    found = {"pillow": importlib.metadata.version("pillow")}
    if name == "jpeg":
        turbo = features.version("libjpeg_turbo")
        found["libjpeg-turbo" if turbo else "libjpeg"] = turbo or features.version("jpg") or "unknown"
    elif name == "webp":
        found["libwebp"] = features.version("webp") or "unknown"
    elif name == "avif":
        found["libavif"] = features.version("avif") or "unknown"
        found.update(_avif_coders())
    elif name == "png":
        found["zlib"] = features.version("zlib") or "unknown"
    return found


def _avif_coders() -> dict[str, str]:
    """libaom's version, from a list such as "dav1d [dec]:1.5.3, aom [enc]:3.14.1"."""
    from PIL import _avif

    for part in str(_avif.codec_versions()).split(","):
        coder, _, version = part.strip().partition(":")
        if "enc" in coder:
            return {coder.split(" ")[0].replace("aom", "libaom"): version}
    return {}


def _heic() -> dict[str, str]:
    import pillow_heif

    found = {"pillow-heif": importlib.metadata.version("pillow-heif"), "libheif": pillow_heif.libheif_version()}
    described = str(pillow_heif.libheif_info()["encoders"].get("x265", ""))
    if "(" in described:
        found["x265"] = described.partition("(")[2].rstrip(")")
    return found


def _jxl() -> dict[str, str]:
    import imagecodecs

    libjxl = str(imagecodecs.jpegxl_version()).removeprefix("libjxl ")
    return {"imagecodecs": importlib.metadata.version("imagecodecs"), "libjxl": libjxl}


def _vvc() -> dict[str, str]:
    from jndkit.codecs import ffmpeg, vvc

    return {"ffmpeg": ffmpeg.version(), "libvvenc": vvc.encoder_version()}


def _jndlic() -> dict[str, str]:
    from jndkit.codecs.jndlic import model
    from jndkit.inference import default_runtime

    found = model.find(model.current())
    runtime = default_runtime()
    versions = {name: importlib.metadata.version(name) for name in ("constriction", _RUNTIMES.get(runtime, runtime))}
    return {"weights": f"{found.name} ({found.digest.hex()})", **versions}


def _distribution(name: str, module: str, install: str, note: str = "") -> Part:
    if importlib.util.find_spec(module) is None:
        return Part(name, False, "", install, note)
    try:
        version = importlib.metadata.version(name)
    except importlib.metadata.PackageNotFoundError:
        # The same module comes from other distributions too, such as opencv-python.
        version = str(getattr(importlib.import_module(module), "__version__", "unknown"))
    return Part(name, True, version, install, note)


def _codec(name: str, install: str) -> Part:
    summary = CODECS[name].summary
    if install:
        return Part(name, False, "", install, summary)
    try:
        described = ", ".join(f"{library} {version}" for library, version in libraries(name).items())
    except (JndError, ImportError, OSError) as error:
        # Installed but broken: a build without the encoder, a missing system library.
        extra = CODECS[name].extra
        install = f"pip install --upgrade 'jndkit[{extra}]'" if extra else "pip install --upgrade pillow"
        return Part(name, False, "", install, f"{summary}; it does not work: {error}")
    return Part(name, True, described, "", summary)

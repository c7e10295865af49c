"""BPG: HEVC intra by x265 in ffmpeg. x265 is GPL and HEVC is patent-encumbered, so this is an extra."""

from __future__ import annotations

import re
from functools import cache
from hashlib import sha256
from pathlib import Path

import numpy as np

from jndkit.codecs import ffmpeg
from jndkit.codecs.bpg import container, parameters, planes, stream
from jndkit.codecs.bpg.container import Contents
from jndkit.codecs.bpg.parameters import Frame, Tools
from jndkit.codecs.bpg.planes import LAYOUTS, Layout, Samples
from jndkit.codecs.card import Card, needs
from jndkit.codecs.contract import Knob, checked
from jndkit.codecs.encoding import check_size, failing, samples, tiff_block
from jndkit.codecs.spec import Grammar, Option
from jndkit.errors import CodecError, DamagedError
from jndkit.limits import MAX_PIXELS
from jndkit.picture import Picture, Pixels, Source, from_raster
from jndkit.picture.metadata import exif
from jndkit.picture.metadata.xmp import mark_xmp
from jndkit.picture.raster import Raster, divided

_SIDE = 16384
_SMALLEST = 16  # pixels a side that ffmpeg hands to x265
_PIXEL_FORMATS = {0: "gray", 1: "yuv420p", 2: "yuv422p", 3: "yuv444p"}
_QP_OF_X265 = 1
"""What bpgenc adds to its -q for x265, which codes intra pictures three below the QP it is given."""
_QP_MOST = 51  # of x265
_QPS = tuple(float(qp) for qp in range(2, 51))  # at both ends x265 clips the QP to the range of HEVC
_INTRA = "keyint=1:min-keyint=1:open-gop=0:slices=1:repeat-headers=1:aud=0:info=0:hrd=0:hash=3:amp=1:rect=1"
# Full chroma has four times the samples, and the QP of HEVC makes no allowance for it: as fine as luma they would cost
# more than they show.
_FULL_CHROMA = ":cbqpoffs=6:crqpoffs=6"
# x265 codes other bytes with no pool of threads than with one, and the same with one of any size.
_THREADS = "pools=2:frame-threads=1:wpp=1"


class Bpg:
    """BPG. Grey pictures are written as one plane; alpha is coded as a second one at the quality of the colour."""

    grammar = Grammar("bpg", (Option("chroma", ("420", "444"), "420"), Option("bits", ("10bit",), "")), "qp")

    def __init__(self, chroma: str = "420", bits: str = "") -> None:
        self.name = "bpg"
        self.suffix = ".bpg"
        self.spec = self.grammar.spec(chroma=chroma, bits=bits)
        self.chroma = chroma
        self.bits = 10 if bits else 8
        self.knob = Knob("qp", 0, 51, 1, False, values=_QPS)
        self.carries = frozenset({"alpha", "icc", "exif", "xmp", "grey"})
        others = (other for other in ("420", "444") if other != chroma)
        self.options: tuple[str, ...] = tuple(self.grammar.spec(chroma=other, bits=bits) for other in others)
        self.lossless: str | None = None
        self.block_limit: int | None = None

    def encode(self, picture: Picture, value: float) -> bytes:
        qp = int(checked(self.name, self.knob, value))
        check_size(self.name, picture, _SIDE)
        with failing(self.name, "encoder"):
            pixels = samples(picture, self.carries)
            layout = container.GREY if pixels.ndim == 2 or pixels.shape[2] == 2 else container.FULL
            if layout == container.FULL and self.chroma == "420":
                layout = container.H420
            colours, alpha = (pixels, None) if picture.alpha is None else (pixels[..., :-1], pixels[..., -1])
            if layout == container.GREY and colours.ndim == 3:
                colours = colours[..., 0]
            coded = [] if alpha is None else [self._coded(alpha, container.GREY, qp)]
            coded.append(self._coded(colours, layout, qp))
            return container.pack(
                Contents(
                    picture.width,
                    picture.height,
                    layout,
                    self.bits,
                    _interleaved(coded),
                    transparent=alpha is not None,
                    blocks=_blocks(picture),
                )
            )

    def decode(self, data: bytes) -> Picture:
        with failing(self.name, "decoder"):
            return read(data)

    def _coded(self, pixels: Pixels, layout: int, qp: int) -> tuple[Tools, list[bytes]]:
        """One HEVC picture. pixels: uint8 (H, W, 3), or (H, W) for GREY."""
        # The smallest blocks, to whose multiples pictures are extended, are as small as the encoder takes the picture.
        block = 8 if min(pixels.shape[:2]) > 8 else _SMALLEST
        given = planes.to_planes(pixels, layout, self.bits, block)
        height, width = given[0].shape
        frame = Frame(width, height, LAYOUTS[layout].chroma, self.bits)
        options = f"qp={min(qp + _QP_OF_X265, _QP_MOST)}:min-cu-size={block}:{_INTRA}:{_THREADS}"
        if layout == container.FULL:
            options += _FULL_CHROMA
        arguments = ["-f", "rawvideo", "-pixel_format", _pixel_format(frame), "-video_size", f"{width}x{height}"]
        arguments += ["-framerate", "1", "-i", "pipe:0", "-frames:v", "1", "-c:v", "libx265", "-preset", "slow"]
        arguments += ["-tune", "ssim", "-x265-params", options, "-f", "hevc", "pipe:1"]
        data = b"".join(plane.tobytes() for plane in given)
        nals = stream.split(ffmpeg.run(arguments, data, 60 + 40e-6 * width * height)[0])
        return _tools(nals, frame, pixels.shape[:2]), stream.first_picture(nals, 0)


def _tools(nals: list[bytes], frame: Frame, shape: tuple[int, ...]) -> Tools:
    """What a BPG header says of an encoder's stream. Raises CodecError where no header can say it.

    shape: rows and columns of the picture.
    """
    try:
        (sps,) = [nal for nal in nals if stream.kind(nal) == parameters.SPS]
        tools, coded = parameters.read_sps(sps)
    except ValueError as error:
        raise CodecError(f"x265 wrote a stream that BPG cannot hold: {error}") from error
    # ffmpeg converts without a word where an encoder wants another format, and readers follow from the size of the
    # picture and of the smallest blocks how much was coded.
    if coded != frame or [tools.coded(side) for side in shape] != [frame.height, frame.width]:
        raise CodecError("x265 did not code the planes it was given")
    return tools


def _interleaved(coded: list[tuple[Tools, list[bytes]]]) -> bytes:
    """Headers and NAL units, those of alpha before those of the colours they belong to."""
    headers = [parameters.header(tools) for tools, _ in coded]
    last = len(coded) - 1  # the colours are in layer 0, and alpha, where there is one, in layer 1
    units = [[stream.in_layer(nal, last - n) for nal in nals] for n, (_, nals) in enumerate(coded)]
    if len({tuple(map(stream.kind, nals)) for nals in units}) != 1:
        raise CodecError("x265 coded colour and alpha in different units")
    pairs = [nal for pair in zip(*units, strict=True) for nal in pair]
    # The first start code is left out.
    data = stream.joined(pairs).removeprefix(stream.START)
    return b"".join(container.ue7(len(header)) + header for header in headers) + data


def _blocks(picture: Picture) -> dict[int, bytes]:
    blocks = {
        container.EXIF: tiff_block(picture.exif),
        container.ICC: picture.icc,
        container.XMP: mark_xmp(picture.xmp, picture.mark),
    }
    return {kind: block for kind, block in blocks.items() if block}


def read(data: bytes, path: str | Path | None = None, max_pixels: int = MAX_PIXELS) -> Picture:
    """The picture in a BPG file, which may come from anywhere: ffmpeg decodes it under limits of time and memory.

    path: named in errors and in `source`.
    Raises FormatError, LimitError, DamagedError, MissingError.
    """
    contents = container.unpack(data, path, max_pixels)
    container.check_bits(contents.bits, path)
    layout = LAYOUTS[contents.layout]
    headers, nals = _units(contents, path)
    alpha = None
    if contents.planes == 2:
        (second,) = _decoded(contents, headers[0], stream.first_picture(nals, 1), LAYOUTS[container.GREY], path)
        alpha = planes.depth_8(second[: contents.height, : contents.width], contents.bits)
    coded = _decoded(contents, headers[-1], stream.first_picture(nals, 0), layout, path)
    pixels = planes.to_rgb(
        coded, contents.width, contents.height, layout, contents.bits, contents.colour, contents.limited
    )
    blocks = contents.blocks
    raster = Raster(
        pixels, icc=blocks.get(container.ICC), exif=_exif(blocks.get(container.EXIF)), xmp=blocks.get(container.XMP)
    )
    if contents.inked and alpha is not None:
        cover = alpha if pixels.ndim == 2 else alpha[..., None]
        raster.pixels = np.rint(pixels * (cover / np.float32(255))).astype(np.uint8)
        raster.icc = None  # it would be one of four inks
        raster.notes.append("its four inks are turned into RGB without their profile")
    elif alpha is not None:
        raster.pixels = divided(pixels, alpha, 255) if contents.premultiplied else pixels
        raster.alpha = alpha
    if raster.exif is not None:
        raster.orientation = exif.orientation(raster.exif) or 1
    if contents.bits > 8:
        raster.note_bits(contents.bits)
    if contents.animated:
        raster.notes.append("the file is an animation; its first picture is taken")
    return from_raster(raster, Source(None if path is None else str(path), "BPG", len(data), sha256(data).hexdigest()))


def _exif(block: bytes | None) -> bytes | None:
    """From its TIFF header on, before which early versions of bpgenc left a zero."""
    return None if block is None else (tiff_block(block) or b"").lstrip(b"\0") or None


def _units(contents: Contents, path: str | Path | None) -> tuple[list[Tools], list[bytes]]:
    """The headers, that of the second plane first, and the NAL units."""
    data, headers = contents.stream, []
    try:
        for _ in range(contents.planes):
            length, at = container.read_ue7(data, 0)
            headers.append(parameters.read_header(data[at : at + length]))
            data = data[at + length :]
    except (IndexError, ValueError) as error:
        reason = str(error) if isinstance(error, ValueError) else "it ends too early"
        raise DamagedError(path, f"the header of its HEVC stream is damaged: {reason}") from None
    return headers, stream.split(data)


def _decoded(
    contents: Contents, tools: Tools, nals: list[bytes], layout: Layout, path: str | Path | None
) -> list[Samples]:
    """The planes of one HEVC picture, as they are coded."""
    if not stream.is_key_picture(nals):
        raise DamagedError(path, "it holds no HEVC picture that can be decoded by itself")
    width, height = tools.coded(contents.width), tools.coded(contents.height)
    frame = Frame(width, height, layout.chroma, contents.bits)
    try:
        stated = stream.picture_hash(nals)
        data = _decode(stream.joined([*parameters.parameter_sets(tools, frame), *nals]), frame)
    except ValueError:
        raise DamagedError(path, "the hash of the HEVC picture is cut off") from None
    except CodecError as error:
        raise DamagedError(path, f"the HEVC stream cannot be decoded: {error}") from error
    if len(data) != planes.size(width, height, layout, contents.bits):
        raise DamagedError(path, "the decoded planes are not those that the file declares")
    decoded = planes.cut(data, width, height, layout, contents.bits)
    if stated is not None and not stream.agrees(decoded, *stated):
        raise DamagedError(path, "the decoded planes do not match the hash in the HEVC stream")
    return decoded


def _decode(data: bytes, frame: Frame) -> bytes:
    pixels = frame.width * frame.height
    # The decoder counts the margins of its buffers as pixels.
    most = (frame.width + 256) * (frame.height + 256)
    arguments = ["-err_detect", "explode", "-xerror", "-max_pixels", str(most), "-threads", "1", "-f", "hevc"]
    arguments += ["-i", "pipe:0", "-frames:v", "1", "-f", "rawvideo", "-pix_fmt", _pixel_format(frame), "pipe:1"]
    return ffmpeg.run(arguments, data, 30 + 40e-6 * pixels, (2 << 30) + 64 * pixels)[0]


def _pixel_format(frame: Frame) -> str:
    """ffmpeg's name of planes as they are coded, so that it converts nothing."""
    return _PIXEL_FORMATS[frame.chroma] + (f"{frame.bits}le" if frame.bits > 8 else "")


@cache
def encoder_version() -> str:
    """The version of x265 inside the ffmpeg program."""
    # The library names itself in the log of an encode alone, so the smallest picture is coded.
    arguments = ["-f", "rawvideo", "-pixel_format", "gray", "-video_size", "16x16", "-i", "pipe:0", "-frames:v", "1"]
    _, log = ffmpeg.run([*arguments, "-c:v", "libx265", "-f", "hevc", "pipe:1"], bytes(256), 30)
    version = re.search(r"HEVC encoder version (\S+)", log)
    return version[1] if version else "unknown"


def versions() -> dict[str, str]:
    """Of the ffmpeg program and of x265 inside it."""
    return {"ffmpeg": ffmpeg.version(), "x265": encoder_version()}


CARD = Card(
    name="bpg",
    codec=Bpg,
    summary="BPG by x265 in ffmpeg (a GPL build, run as a program; HEVC is patent-encumbered)",
    licence="GPL-2.0 (x265), in a GPL build of ffmpeg",
    suffix=".bpg",
    install=ffmpeg.INSTALL,
    present=needs("imageio_ffmpeg"),
    versions=versions,
    pace=1.2,
    sweep=(40, 36, 33, 30, 27, 24, 21),
    magic=container.MAGIC,
    read=read,
)

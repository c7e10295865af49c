"""Files that mean harm, or are broken: some three hundred, made from one small picture and a fixed seed.

`everything()` gives them all. Every file has a stem of its own, so that they can lie in one folder.
"""

from __future__ import annotations

import gzip
import importlib.util
import io
import struct
import zipfile
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import cv2
import numpy as np
from PIL import Image, ImageCms

from jndkit.picture import Pixels
from tests.cli.conftest import photograph as drawn

WIDTH, HEIGHT = 80, 72
SIGNATURE = b"\x89PNG\r\n\x1a\n"
_TIFF_SIZES = {1: 1, 2: 1, 3: 2, 4: 4, 11: 4, 12: 8}


@dataclass(frozen=True)
class Case:
    """One file.

    group: its line in the table.  expects: "picture" (one that looks like `photograph()`), "odd" (a picture of another
        kind), "any" (a picture or an error), "error" (any of our errors), or the names of errors, with | between them.
    says: a part of the error's message.  codec: what the command is asked for.
    """

    name: str
    data: bytes
    group: str
    expects: str = "any"
    says: str = ""
    codec: str = "jpeg"


def photograph(width: int = WIDTH, height: int = HEIGHT) -> Pixels:
    """What most of the files hold."""
    return drawn(7, width, height)


def everything() -> list[Case]:
    """Every file, each with another stem."""
    sound = _sound()
    cases = [Case(name, data, _group(name), "picture") for name, data in sound.items()]
    cases += _mutated(sound)
    for maker in (
        _jpeg,
        _png,
        _metadata,
        _webp,
        _avif,
        _tiff,
        _bmp,
        _pnm,
        _boxed,
        _strangers,
        _misnamed,
        _odd,
        _painted_over,
    ):
        cases += maker()
    stems = [case.name.rpartition(".")[0].lower() for case in cases]
    if len(set(stems)) != len(stems):
        raise ValueError(f"names occur twice: {sorted({stem for stem in stems if stems.count(stem) > 1})}")
    return cases


def _group(name: str) -> str:
    return {"jpg": "JPEG", "png": "PNG", "webp": "WebP", "avif": "AVIF", "tif": "TIFF", "bmp": "BMP"}.get(
        name.rpartition(".")[2], {"heic": "HEIC", "jxl": "JPEG XL"}.get(name.rpartition(".")[2], "PNM")
    )


# --- the sound files -------------------------------------------------------------------------------------------------


def written(image: np.ndarray | Image.Image, kind: str, **options: Any) -> bytes:
    """The bytes of a picture in one of Pillow's formats."""
    out = io.BytesIO()
    (image if isinstance(image, Image.Image) else Image.fromarray(image)).save(out, kind, **options)
    return out.getvalue()


def _sound() -> dict[str, bytes]:
    photo = photograph()
    image = Image.fromarray(photo)
    deep = photo[..., ::-1].astype(np.uint16) * 257
    opaque = np.dstack([photo, np.full(photo.shape[:2], 255, np.uint8)])
    files = {
        "baseline.jpg": written(photo, "JPEG", quality=92),
        "restarts.jpg": written(photo, "JPEG", quality=92, restart_marker_blocks=2),
        "progressive.jpg": written(photo, "JPEG", quality=92, progressive=True),
        "cmyk.jpg": written(image.convert("CMYK"), "JPEG", quality=95),
        "plain.png": written(photo, "PNG"),
        "alpha.png": written(opaque, "PNG"),
        "palette.png": written(image.quantize(200), "PNG", transparency=bytes([255] * 200)),
        "deep.png": cv2.imencode(".png", deep)[1].tobytes(),
        "interlaced.png": _interlaced(photo),
        "lossy.webp": written(photo, "WEBP", quality=90),
        "lossless.webp": written(photo, "WEBP", lossless=True),
        "alpha.avif": written(opaque, "AVIF", quality=90),
        "plain.avif": written(photo, "AVIF", quality=90),
        "raw.tif": written(photo, "TIFF"),
        "lzw.tif": written(photo, "TIFF", compression="tiff_lzw"),
        "deflate.tif": written(photo, "TIFF", compression="tiff_adobe_deflate"),
        "packbits.tif": written(photo, "TIFF", compression="packbits"),
        "inner jpeg.tif": written(photo, "TIFF", compression="jpeg", quality=92),
        "deep.tif": cv2.imencode(".tiff", deep)[1].tobytes(),
        "tiles.tif": _tiled(photo),
        "plain.bmp": written(photo, "BMP"),
        "palette.bmp": written(image.quantize(200), "BMP"),
        "raw.ppm": written(photo, "PPM"),
        "text.ppm": b"P3\n# words\n%d %d 255\n" % (WIDTH, HEIGHT) + b" ".join(b"%d" % v for v in photo.ravel()),
        "deep.ppm": b"P6 %d %d 65535\n" % (WIDTH, HEIGHT) + (photo.astype(">u2") * 257).tobytes(),
    }
    if importlib.util.find_spec("pillow_heif"):
        import pillow_heif

        out = io.BytesIO()
        pillow_heif.from_pillow(image).save(out, quality=92)
        files["plain.heic"] = out.getvalue()
    if importlib.util.find_spec("imagecodecs"):
        import imagecodecs

        files["plain.jxl"] = imagecodecs.jpegxl_encode(photo, lossless=True)
    return {f"{name.partition('.')[0]} {_group(name).lower()}.{name.partition('.')[2]}": d for name, d in files.items()}


def _chunk(kind: bytes, body: bytes) -> bytes:
    return struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))


def png(
    width: int = WIDTH,
    height: int = HEIGHT,
    *,
    depth: int = 8,
    colour: int = 2,
    interlaced: int = 0,
    packed: bytes | None = None,
    before: bytes = b"",
    after: bytes = b"",
) -> bytes:
    """A PNG file of these header fields. packed: the pixel data; before, after: chunks around it."""
    if packed is None:
        packed = zlib.compress(b"".join(b"\0" + row.tobytes() for row in photograph(width, height)))
    header = _chunk(b"IHDR", struct.pack(">IIBBBBB", width, height, depth, colour, 0, 0, interlaced))
    return SIGNATURE + header + before + _chunk(b"IDAT", packed) + after + _chunk(b"IEND", b"")


def _interlaced(photo: np.ndarray) -> bytes:
    steps = ((0, 0, 8, 8), (4, 0, 8, 8), (0, 4, 4, 8), (2, 0, 4, 4), (0, 2, 2, 4), (1, 0, 2, 2), (0, 1, 1, 2))
    rows = b"".join(b"\0" + row.tobytes() for x, y, dx, dy in steps for row in photo[y::dy, x::dx])
    return png(interlaced=1, packed=zlib.compress(rows))


def tiff(tags: dict[int, tuple[int, list[int]]], body: bytes = b"", *, after: int = 0) -> bytes:
    """A little-endian TIFF file: body first, from byte 8, then one directory. tags: number -> (type, values)."""
    at = 8 + len(body)
    table, extra = b"", b""
    room = at + 2 + 12 * len(tags) + 4
    for tag, (kind, values) in sorted(tags.items()):
        raw = b"".join(value.to_bytes(_TIFF_SIZES[kind], "little") for value in values)
        if len(raw) > 4:
            table += struct.pack("<HHII", tag, kind, len(values), room + len(extra))
            extra += raw
        else:
            table += struct.pack("<HHI", tag, kind, len(values)) + raw.ljust(4, b"\0")
    head = b"II*\0" + struct.pack("<I", at) + body
    return head + struct.pack("<H", len(tags)) + table + struct.pack("<I", after) + extra


def _rgb_tags(**changed: tuple[int, list[int]] | None) -> dict[int, tuple[int, list[int]]]:
    """The tags of an uncompressed RGB picture in one strip. changed: t258=(3, [8]) replaces, t258=None removes."""
    tags: dict[int, tuple[int, list[int]]] = {
        256: (4, [WIDTH]), 257: (4, [HEIGHT]), 258: (3, [8, 8, 8]), 259: (3, [1]), 262: (3, [2]), 273: (4, [8]),
        277: (3, [3]), 278: (4, [HEIGHT]), 279: (4, [WIDTH * HEIGHT * 3]),
    }  # fmt: skip
    for name, value in changed.items():
        tags.pop(int(name[1:]), None)
        if value is not None:
            tags[int(name[1:])] = value
    return tags


def _tiled(photo: np.ndarray, side: int = 32) -> bytes:
    padded = np.pad(photo, ((0, -HEIGHT % side), (0, -WIDTH % side), (0, 0)))
    tiles = [
        padded[y : y + side, x : x + side].tobytes()
        for y in range(0, padded.shape[0], side)
        for x in range(0, padded.shape[1], side)
    ]
    places = [8 + i * len(tiles[0]) for i in range(len(tiles))]
    tags = _rgb_tags(t273=None, t278=None, t279=None, t322=(3, [side]), t323=(3, [side]), t324=(4, places))
    return tiff({**tags, 325: (4, [len(tile) for tile in tiles])}, b"".join(tiles))


# --- bits flipped, ends cut off --------------------------------------------------------------------------------------

_SURE = ("jpg", "png", "webp", "avif", "bmp", "ppm", "heic", "jxl")


def _mutated(sound: dict[str, bytes]) -> Iterator[Case]:
    random = np.random.default_rng(11)
    for name, data in sound.items():
        stem, _, suffix = name.rpartition(".")
        group = _group(name)
        for share in (0.5, 0.9):
            expects = "error" if suffix in _SURE else "any"
            yield Case(f"{stem} cut at {share:.0%}.{suffix}", data[: int(len(data) * share)], group, expects)
        for turn in range(2):
            yield Case(f"{stem} flipped {turn}.{suffix}", _flipped(data, suffix, random), group)
        start = len(data) // 2
        holed = data[:start] + bytes(len(data) // 20) + data[start + len(data) // 20 :]
        yield Case(f"{stem} with a hole.{suffix}", summed(holed) if suffix == "png" else holed, group)
        header = bytearray(data)
        header[int(random.integers(8, 60))] ^= 1 << int(random.integers(0, 8))
        yield Case(f"{stem} flipped in the header.{suffix}", bytes(header), group)


def _flipped(data: bytes, suffix: str, random: np.random.Generator) -> bytes:
    """A few bits in the last two thirds, where the pixels are; in PNG files the checksums are set right again."""
    broken = bytearray(data)
    for _ in range(int(random.integers(1, 4))):
        broken[int(random.integers(len(data) // 3, len(data) - 16))] ^= 1 << int(random.integers(0, 8))
    return summed(bytes(broken)) if suffix == "png" else bytes(broken)


def summed(data: bytes) -> bytes:
    """The PNG file with right checksums."""
    out, at = [data[:8]], 8
    while at + 12 <= len(data):
        (length,) = struct.unpack_from(">I", data, at)
        out.append(_chunk(data[at + 4 : at + 8], data[at + 8 : at + 8 + length]))
        at += 12 + length
    return b"".join(out)


# --- damage that decoders paint over ---------------------------------------------------------------------------------


def _painted_over() -> Iterator[Case]:
    """Each decodes to a picture of the right size, a part of it wrong."""
    for name, data in _holed(photograph(480, 320)).items():
        yield Case(name, data, "damaged scans", "DamagedError", "--damaged keep takes it as it is")


def _holed(photo: np.ndarray) -> dict[str, bytes]:
    """Files with 4 KiB of their pixels zeroed, a JPEG also cut at 60 % with its end marker put back."""
    image = Image.fromarray(photo)
    sound = {
        "scan.jpg": written(photo, "JPEG", quality=92),
        "progressive scan.jpg": written(photo, "JPEG", quality=92, progressive=True),
        "scan with restarts.jpg": written(photo, "JPEG", quality=92, restart_marker_rows=1),
        "scan of cmyk.jpg": written(image.convert("CMYK"), "JPEG", quality=92),
        "scan of grey.jpg": written(image.convert("L"), "JPEG", quality=92),
        "lossy frame.webp": written(photo, "WEBP", quality=92),
        "lossless frame.webp": written(photo, "WEBP", lossless=True),
        "frame.avif": written(photo, "AVIF", quality=92),
        "strip of jpeg.tif": written(photo, "TIFF", compression="jpeg", quality=92),
    }
    if importlib.util.find_spec("pillow_heif"):
        import pillow_heif

        out = io.BytesIO()
        pillow_heif.from_pillow(image).save(out, quality=92)
        sound["slice.heic"] = out.getvalue()
    made = {}
    for name, data in sound.items():
        middle = len(data) // 2
        made[f"4 KiB of zeros in a {name}"] = data[:middle] + bytes(4096) + data[middle + 4096 :]
        if name.endswith(".jpg"):
            made[f"60 % and an end of a {name}"] = data[: len(data) * 6 // 10] + b"\xff\xd9"
    made["4 KiB of zeros in a strip of deflate.tif"] = _unseen(written(photo, "TIFF", compression="tiff_adobe_deflate"))
    return made


def _unseen(data: bytes) -> bytes:
    """4 KiB zeroed at the first of some places where Pillow decodes the file all the same."""
    for at in range(len(data) // 4, len(data) - 4096, len(data) // 32):
        broken = data[:at] + bytes(4096) + data[at + 4096 :]
        try:
            Image.open(io.BytesIO(broken)).load()
        except OSError:
            continue
        return broken
    raise ValueError("it is noticed everywhere")


# --- one format after the other --------------------------------------------------------------------------------------


def _resized(data: bytes, width: int, height: int) -> bytes:
    """A JPEG file whose header claims another size."""
    frame = next(data.index(mark) for mark in (b"\xff\xc0\0\x11\x08", b"\xff\xc2\0\x11\x08") if mark in data)
    return data[: frame + 5] + struct.pack(">HH", height, width) + data[frame + 9 :]


def _jpeg() -> Iterator[Case]:
    base, progressive = written(photograph(), "JPEG", quality=92), written(photograph(), "JPEG", progressive=True)
    scan = base.index(b"\xff\xda")
    frame = base.index(b"\xff\xc0")
    last = progressive.rindex(b"\xff\xda")

    def case(name: str, data: bytes, expects: str, says: str = "") -> Case:
        return Case(f"{name}.jpg", data, "JPEG", expects, says)

    yield case("65500 wide", _resized(base, 65500, 65500), "LimitError", "65500 x 65500")
    yield case("more pixels than bits", _resized(base, 9900, 9900), "DamagedError", "9900 x 9900")
    yield case("progressive with more pixels than bits", _resized(progressive, 9900, 9900), "DamagedError")
    yield case("no rows", _resized(base, 80, 0), "DamagedError", "80 x 0")
    yield case("no columns", _resized(base, 0, 80), "DamagedError", "0 x 80")
    yield case("narrower than it is", _resized(base, 72, 64), "any")
    yield case("higher than it is", _resized(base, 80, 144), "any")
    yield case("12 bits", base[: frame + 4] + b"\x0c" + base[frame + 5 :], "FormatError", "12 bits")
    yield case("lossless frame", base[: frame + 1] + b"\xc3" + base[frame + 2 :], "FormatError", "lossless")
    yield case("progressive mark on a baseline frame", base[: frame + 1] + b"\xc2" + base[frame + 2 :], "any")
    yield case("arithmetic mark", base[: frame + 1] + b"\xc9" + base[frame + 2 :], "any")
    yield case("two components", base[: frame + 9] + b"\x02" + base[frame + 10 :], "error")
    yield case("sampling of 15", base[: frame + 11] + b"\xff" + base[frame + 12 :], "any")
    yield case("sampling of nothing", base[: frame + 11] + b"\x00" + base[frame + 12 :], "error")
    yield case("no end", base[:-2], "DamagedError", "truncated")
    yield case("an end without pixels", base[: scan + 14] + b"\xff\xd9", "DamagedError")
    yield case("start and end", b"\xff\xd8\xff\xd9", "DamagedError")
    yield case("start alone", b"\xff\xd8\xff", "DamagedError")
    yield case("without huffman tables", base.replace(b"\xff\xc4", b"\xff\xee"), "picture")
    yield case("without quantisers", base.replace(b"\xff\xdb", b"\xff\xee"), "error")
    yield case("a segment of no length", base[:4] + b"\0\0" + base[6:], "error")
    yield case("a segment beyond the end", base[:4] + b"\xff\xff" + base[6:], "error")
    yield case("two starts", base[:2] + base, "any")
    yield case("two frames", base[:frame] + base[frame : frame + 19] + base[frame:], "any")
    yield case("rubbish behind", base + bytes(range(256)) * 40, "picture")
    yield case("twice in a row", base + base, "picture")
    yield case("10001 segments", base[:2] + b"\xff\xee\0\x02" * 10001 + base[2:], "LimitError", "segments")
    yield case("fill bytes", base[:2] + b"\xff" * 5000 + base[2:], "any")
    yield case("120 scans", progressive[:-2] + progressive[last:-2] * 120 + b"\xff\xd9", "LimitError", "scans")
    yield case("60 scans", progressive[:-2] + progressive[last:-2] * 60 + b"\xff\xd9", "any")
    yield case("ones in the scan", base[: scan + 14] + b"\xff\0" * 2000 + b"\xff\xd9", "any")
    yield case("restarts in the scan", base[: scan + 14] + b"\xff\xd0" * 2000 + b"\xff\xd9", "any")


def _png() -> Iterator[Case]:
    rows = b"".join(b"\0" + row.tobytes() for row in photograph())
    packed = zlib.compress(rows)
    frames = _chunk(b"acTL", struct.pack(">II", 2, 0))
    moving = _chunk(b"fcTL", struct.pack(">IIIIIHHBB", 0, WIDTH, HEIGHT, 0, 0, 1, 10, 0, 0))
    second = _chunk(b"fcTL", struct.pack(">IIIIIHHBB", 1, WIDTH, HEIGHT, 0, 0, 1, 10, 0, 0))
    second += _chunk(b"fdAT", struct.pack(">I", 2) + packed)
    tiny = _chunk(b"IDAT", b"")
    index = zlib.compress(b"".join(b"\0" + bytes([200] * WIDTH) for _ in range(HEIGHT)))

    def case(name: str, data: bytes, expects: str, says: str = "") -> Case:
        return Case(f"{name}.png", data, "PNG", expects, says)

    yield case("60000 wide", png(60000, 60000, packed=packed), "LimitError", "60000 x 60000")
    yield case("2 to the 31", png(2**31 - 1, 2**31 - 1, packed=packed), "LimitError")
    yield case("no size", png(0, 0, packed=packed), "DamagedError", "0 x 0")
    yield case("colour type 7", png(colour=7, packed=packed), "error")
    yield case("3 bits", png(depth=3, packed=packed), "error")
    yield case("16 bits announced", png(depth=16, packed=packed), "error")
    yield case("1 bit announced", png(depth=1, colour=0, packed=packed), "any")
    yield case("interlaced announced", png(interlaced=1, packed=packed), "error")
    yield case("interlace 7", png(interlaced=7, packed=packed), "any")
    yield case("pixels for more", png(packed=zlib.compress(rows + bytes(60_000_000))), "picture")
    yield case("pixels for less", png(packed=zlib.compress(rows[:-900])), "DamagedError")
    yield case("no row at all", png(packed=zlib.compress(b"")), "DamagedError")
    yield case("filter 9", png(packed=zlib.compress(rows.replace(b"\0", b"\x09", 1))), "error")
    yield case("not deflate", png(packed=b"no deflate at all" * 30), "DamagedError")
    yield case("wrong adler", png(packed=packed[:-4] + b"\0\0\0\0"), "any")
    yield case("deflate cut", png(packed=packed[:-500]), "DamagedError")
    yield case("without pixels", png().replace(b"IDAT", b"IDAX"), "error")
    yield case("without palette", png(colour=3, packed=packed), "error")
    yield case("palette too short", png(colour=3, packed=index, before=_chunk(b"PLTE", bytes(30))), "any")
    yield case("palette of no length", png(colour=3, packed=index, before=_chunk(b"PLTE", b"")), "any")
    yield case("two headers", png(before=_chunk(b"IHDR", struct.pack(">IIBBBBB", 9999, 9999, 8, 2, 0, 0, 0))), "any")
    yield case("a wrong checksum", png()[:-30] + b"\0" + png()[-29:], "DamagedError", "checksum")
    yield case("a chunk of 4 GB", png()[:33] + b"\xff\xff\xff\xff" + png()[37:], "DamagedError", "truncated")
    yield case("no end chunk", png()[:-12], "DamagedError", "truncated")
    yield case("moving", png(before=frames + moving, after=second), "LimitError", "animated")
    yield case("moving with one frame", png(before=_chunk(b"acTL", struct.pack(">II", 1, 0)) + moving), "picture")
    yield case("rubbish after the end", png() + b"\0" * 5000, "picture")
    yield case("empty chunks of pixels", png(before=tiny * 2000, after=tiny * 50), "picture")
    yield case("100001 chunks", png(before=_chunk(b"juNk", b"") * 100_001), "LimitError", "chunks")
    yield case("a private critical chunk", png(before=_chunk(b"JUNK", b"?")), "any")
    yield case("signature alone", SIGNATURE, "DamagedError")
    yield case("signature from a text transfer", png().replace(b"\r\n", b"\n"), "FormatError")


XMP = (
    '<x:xmpmeta xmlns:x="adobe:ns:meta/"><rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#">'
    '<rdf:Description rdf:about="" xmlns:tiff="http://ns.adobe.com/tiff/1.0/">%s</rdf:Description></rdf:RDF></x:xmpmeta>'
)


def xmp_of_unclosed_tags(count: int) -> bytes:
    """A packet with tags that look open to a search that knows no quotation marks."""
    return (XMP % ("<tiff:ImageWidth a='>'/>" * count)).encode()


def xmp_of_many_prefixes(count: int) -> bytes:
    """A packet that names one namespace in ever new ways."""
    bound = (f'<p{i}:a xmlns:p{i}="http://ns.adobe.com/tiff/1.0/"/>' for i in range(count))
    return (XMP % "".join(bound)).encode()


def profile_of_srgb() -> bytes:
    return ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()


def png_with_profile(profile: bytes) -> bytes:
    return png(before=_chunk(b"iCCP", b"name\0\0" + zlib.compress(profile)))


def _directory(entries: list[tuple[int, int, int, int]], after: int) -> bytes:
    packed = b"".join(struct.pack("<HHII", *entry) for entry in entries)
    return struct.pack("<H", len(entries)) + packed + struct.pack("<I", after)


def exif_of_many_tags(count: int, size: int) -> bytes:
    """A block whose tags all claim the same bytes, `size` each."""
    start = 8 + 2 + 12 * count + 4
    tags = [(0x0001 + i, 7, size, start) for i in range(count)]
    return b"II*\0" + struct.pack("<I", 8) + _directory(tags, 0) + bytes(size)


def exif_of_a_huge_thumbnail(count: int, size: int) -> bytes:
    """A block whose thumbnail directory claims the same bytes again and again."""
    second = 8 + 2 + 12 + 4
    start = second + 2 + 12 * count + 4
    first = _directory([(0x0112, 3, 1, 1)], second)
    return (
        b"II*\0"
        + struct.pack("<I", 8)
        + first
        + _directory([(i, 7, size, start) for i in range(count)], 0)
        + bytes(size)
    )


def _in_jpeg(block: bytes, mark: bytes = b"Exif\0\0") -> bytes:
    base = written(photograph(), "JPEG", quality=92)
    pieces = [mark + block[i : i + 65000] for i in range(0, len(block), 65000)]
    segments = b"".join(b"\xff\xe1" + struct.pack(">H", 2 + len(piece)) + piece for piece in pieces)
    (length,) = struct.unpack_from(">H", base, 4)
    return base[:2] + segments + base[4 + length :]  # without the JFIF segment: its density would be used instead


def _metadata() -> Iterator[Case]:
    bomb = zlib.compress(bytes(40_000_000), 9)
    profile = _chunk(b"iCCP", b"name\0\0" + zlib.compress(bytes(4_000_000), 9))
    loop = b"II*\0" + struct.pack("<I", 8) + _directory([(0x010F, 2, 4, 0x41414141), (0x8769, 4, 1, 8)], 8)
    turned = b"II*\0" + struct.pack("<I", 8) + _directory([(0x0112, 3, 1, 9999)], 0)

    def text(packet: bytes) -> bytes:
        return _chunk(b"iTXt", b"XML:com.adobe.xmp\0\0\0\0\0" + packet)

    def case(name: str, data: bytes, codec: str = "jpeg") -> Case:
        suffix = "jpg" if data[:2] == b"\xff\xd8" else "png" if data[:4] == SIGNATURE[:4] else "avif"
        return Case(f"{name}.{suffix}", data, "metadata", "picture", codec=codec)

    yield case("iccp bomb", png(before=_chunk(b"iCCP", b"name\0\0" + bomb)))
    yield case("ztxt bomb", png(before=_chunk(b"zTXt", b"Comment\0\0" + bomb)))
    yield case("itxt bomb", png(before=_chunk(b"iTXt", b"XML:com.adobe.xmp\0\1\0\0\0" + bomb)))
    yield case("software bomb", png(before=_chunk(b"iTXt", b"Software\0\1\0\0\0" + bomb)))
    yield case("2000 profiles", png(before=profile * 2000))
    yield case("a profile of rubbish", png(before=_chunk(b"iCCP", b"x\0\0" + zlib.compress(b"rubbish" * 100))))
    yield case("20000 bad profiles", png(before=_chunk(b"iCCP", b"x\0\0no") * 20_000))
    yield case("xmp of unclosed tags", png(before=text(xmp_of_unclosed_tags(60_000))))
    yield case("xmp of many prefixes", png(before=text(xmp_of_many_prefixes(40_000))))
    yield case("xmp deep down", png(before=text((XMP % ("<tiff:a>" * 90_000 + "</tiff:a>" * 90_000)).encode())))
    entities = '<!DOCTYPE x [<!ENTITY a "ha"><!ENTITY b "&a;&a;&a;&a;&a;&a;&a;&a;">]>' + XMP % "&b;"
    yield case("xmp of entities", png(before=text(entities.encode())))
    yield case("xmp of 9 MB", png(before=text((XMP % (" " * 9_000_000)).encode())))
    yield case("xmp in jpeg", _in_jpeg(xmp_of_unclosed_tags(2000), b"http://ns.adobe.com/xap/1.0/\0"))
    yield case("exif of many tags", png(before=_chunk(b"eXIf", exif_of_many_tags(4000, 1_000_000))), "webp")
    yield case("exif of many tags in jpeg", _in_jpeg(exif_of_many_tags(2000, 400_000)))
    yield case("exif of many tags for avif", png(before=_chunk(b"eXIf", exif_of_many_tags(2000, 500_000))), "avif")
    yield case("exif with a huge thumbnail", png(before=_chunk(b"eXIf", exif_of_a_huge_thumbnail(4000, 3_000_000))))
    yield case("exif in a circle", _in_jpeg(loop))
    yield case("exif in a circle for avif", png(before=_chunk(b"eXIf", loop)), "avif")
    yield case("orientation 9999", _in_jpeg(turned))
    yield case("exif of rubbish", _in_jpeg(bytes(range(256)) * 20))
    yield case("exif of rubbish in avif", written(photograph(), "AVIF", quality=90, exif=loop))
    yield case("exif too long for jpeg", png(before=_chunk(b"eXIf", loop[:4] + loop[4:] + bytes(200_000))))
    blocks = {
        "icc_profile": profile_of_srgb(),
        "exif": b"Exif\0\0" + turned,
        "xmp": (XMP % "<tiff:Make>x</tiff:Make>").encode(),
    }
    yield case("all metadata in jpeg", written(photograph(), "JPEG", quality=92, **blocks))
    yield case("all metadata in avif", written(photograph(), "AVIF", quality=90, **blocks))
    yield case("all metadata in png", written(photograph(), "PNG", exif=turned, icc_profile=blocks["icc_profile"]))
    half = b"\xff\xe2\0\x20ICC_PROFILE\0\x02\x05" + bytes(16)
    base = written(photograph(), "JPEG", quality=92)
    yield case("part 2 of 5 of a profile", base[:2] + half + base[2:])


def _webp() -> Iterator[Case]:
    data = written(photograph(), "WEBP", quality=90)
    body = data[12:]

    def case(name: str, data: bytes, expects: str, says: str = "") -> Case:
        return Case(f"{name}.webp", data, "WebP", expects, says)

    def extended(flags: int, width: int, height: int, rest: bytes) -> bytes:
        size = struct.pack("<I", width - 1)[:3] + struct.pack("<I", height - 1)[:3]
        chunks = b"VP8X" + struct.pack("<I", 10) + bytes([flags, 0, 0, 0]) + size + rest
        return b"RIFF" + struct.pack("<I", 4 + len(chunks)) + b"WEBP" + chunks

    placed = bytes(6) + struct.pack("<I", WIDTH - 1)[:3] + struct.pack("<I", HEIGHT - 1)[:3] + b"\x64\0\0\0" + body
    frame = b"ANMF" + struct.pack("<I", len(placed)) + placed
    started = b"ANIM" + struct.pack("<I", 6) + bytes(6)
    key = body.index(b"\x9d\x01\x2a") + 3
    yield case("moving webp", extended(2, WIDTH, HEIGHT, started + frame * 2), "LimitError", "animated")
    yield case("a canvas of 16384", extended(0, 16384, 16384, body), "error")
    yield case("a canvas of 16 million", extended(0, 1 << 24, 1 << 24, body), "error")
    yield case("a moving canvas of 60000", extended(2, 60000, 60000, started + frame), "error")
    yield case("a canvas smaller than its frame", extended(2, 40, 40, started + frame), "error")
    yield case("a canvas of other size", extended(0, 90, 90, body), "any")
    yield case("frame of 16383", data[:12] + body[:key] + b"\xff\x3f\xff\x3f" + body[key + 4 :], "error")
    yield case("riff length of 4 GB", data[:4] + b"\xff\xff\xff\xff" + data[8:], "any")
    yield case("riff length of 0", data[:4] + bytes(4) + data[8:], "error")
    yield case("chunk length of 4 GB", data[:16] + b"\xfe\xff\xff\xff" + data[20:], "error")
    yield case("riff alone", data[:12], "DamagedError")
    yield case("chunk of no length", data[:16] + bytes(4), "DamagedError")
    yield case("alpha announced", extended(0x10, WIDTH, HEIGHT, body), "picture")
    yield case("damaged alpha", extended(0x10, WIDTH, HEIGHT, b"ALPH\x08\0\0\0\1rubbish" + body), "any")


def _avif() -> Iterator[Case]:
    data = written(photograph(), "AVIF", quality=90)
    at = data.index(b"ispe") + 8
    config = data.index(b"av1C")
    still = [Image.fromarray(photograph()), Image.fromarray(photograph()[::-1].copy())]

    def case(name: str, data: bytes, expects: str, says: str = "") -> Case:
        return Case(f"{name}.avif", data, "AVIF", expects, says)

    yield case(
        "moving avif", written(still[0], "AVIF", save_all=True, append_images=still[1:]), "LimitError", "animated"
    )
    yield case(
        "ispe of 30000", data[:at] + struct.pack(">II", 30000, 30000) + data[at + 8 :], "LimitError|DamagedError"
    )
    yield case("ispe of 2 to the 32", data[:at] + b"\xff" * 8 + data[at + 8 :], "error")
    yield case("ispe of 0", data[:at] + bytes(8) + data[at + 8 :], "error")
    yield case("ispe of 90", data[:at] + struct.pack(">II", 90, 90) + data[at + 8 :], "any")
    yield case("without av1c", data[:config] + b"xxxx" + data[config + 4 :], "error")
    yield case("brand alone", data[: struct.unpack(">I", data[:4])[0]], "DamagedError")
    yield case("a brand and zeros", data[:32] + bytes(4000), "error")
    yield case("boxes of no length", data[:32] + (b"\0\0\0\x08meta") * 500, "error")
    yield case("mdat of zeros", data[: data.index(b"mdat") + 4] + bytes(len(data) - data.index(b"mdat") - 4), "error")
    item = data.index(b"iloc")
    yield case("iloc of ones", data[: item + 4] + b"\xff" * 24 + data[item + 28 :], "error")


def _tiff() -> Iterator[Case]:
    raw = photograph().tobytes()
    many = 70_000
    lzw = written(photograph(), "TIFF", compression="tiff_lzw")

    def case(name: str, expects: str, says: str = "", body: bytes = raw, after: int = 0, **changed: Any) -> Case:
        return Case(f"{name}.tif", tiff(_rgb_tags(**changed), body, after=after), "TIFF", expects, says)

    yield case("strips outside", "error", t273=(4, [500_000]))
    yield case("strips at the end of the world", "error", t273=(4, [2**32 - 1]))
    yield case("strip of 4 GB", "any", t279=(4, [2**32 - 1]))
    yield case("strip of no length", "any", t279=(4, [0]))
    yield case("a million wide", "LimitError", "1000000 x 1000000", t256=(4, [10**6]), t257=(4, [10**6]))
    yield case("higher than its strips", "error", t257=(4, [5000]), t278=(4, [5000]))
    yield case("not wide", "DamagedError", t256=(4, [0]))
    yield case("without width", "DamagedError", t256=None)
    yield case("without strips", "error", t273=None)
    yield case("without bits", "any", t258=None)
    yield case("64 bits", "error", t258=(3, [64, 64, 64]))
    yield case("bits of three kinds", "error", t258=(3, [8, 1, 16]))
    yield case("200 samples", "error", t277=(3, [200]))
    yield case("65535 samples", "error", t277=(3, [65535]))
    yield case("planes apart", "any", t284=(3, [2]))
    yield case("planes of kind 9", "any", t284=(3, [9]))
    yield case("compression 9999", "error", t259=(3, [9999]))
    yield case("lzw of rubbish", "error", t259=(3, [5]), t279=(4, [len(raw)]))
    yield case("deflate of rubbish", "error", t259=(3, [8]))
    yield case("jpeg of rubbish", "error", t259=(3, [7]))
    yield case("old jpeg of rubbish", "error", t259=(3, [6]))
    yield case("fax of rubbish", "any", t259=(3, [4]), t258=(3, [1]), t277=(3, [1]), t262=(3, [0]))
    yield case("deflate bomb", "any", body=zlib.compress(bytes(60_000_000)), t259=(3, [8]), t279=(4, [58_000]))
    yield case("photometric 77", "any", t262=(3, [77]))
    yield case("palette without colours", "any", t262=(3, [3]), t258=(3, [8]), t277=(3, [1]))
    yield case("tiles of 2 to the 31", "LimitError", t322=(4, [2**31]), t323=(4, [2**31]), t324=(4, [8]))
    yield case("tiles of nothing", "error", t322=(4, [0]), t323=(4, [0]), t324=(4, [8]))
    yield case("tiles of one pixel", "any", t322=(4, [1]), t323=(4, [1]), t324=(4, [8]), t325=(4, [3]))
    yield case("70000 strips", "any", t278=(4, [1]), t273=(4, [8] * many), t279=(4, [240] * many))
    yield case("a circle of pages", "DamagedError", "circle", after=8 + len(raw))
    yield case(
        "float of nothing", "any", t258=(3, [32]), t277=(3, [1]), t339=(3, [3]), t262=(3, [1]), body=b"\xff" * 23040
    )
    yield case("two masters", "any", t34665=(4, [8 + len(raw)]))
    claims = b"".join(struct.pack("<HHII", 60000 + i, 7, 500_000, 8) for i in range(2000))
    packed = b"II*\0" + struct.pack("<I", 500_008) + bytes(500_000) + struct.pack("<H", 2000) + claims + bytes(4)
    yield Case("tags that claim 1 GB.tif", packed, "TIFF", "error")
    yield Case(
        "lzw turned to deflate.tif",
        lzw.replace(struct.pack("<HHIHH", 259, 3, 1, 5, 0), struct.pack("<HHIHH", 259, 3, 1, 8, 0)),
        "TIFF",
        "error",
    )
    yield Case(
        "two pages.tif",
        written(Image.fromarray(photograph()), "TIFF", save_all=True, append_images=[Image.fromarray(photograph())]),
        "TIFF",
        "LimitError",
        "several pages",
    )
    yield Case("directory outside.tif", b"II*\0\xff\xff\xff\x7f" + bytes(100), "TIFF", "DamagedError")
    yield Case(
        "directory of 65535 tags.tif", b"II*\0\x08\0\0\0\xff\xff" + bytes(12 * 65535), "TIFF", "DamagedError", "65535"
    )
    yield Case("big endian header alone.tif", b"MM\0*\0\0\0\x08", "TIFF", "DamagedError")
    yield Case("bigtiff.tif", b"II+\0\x08\0\0\0" + bytes(60), "TIFF", "FormatError", "BigTIFF")
    yield Case("raw camera.tif", tiff(_rgb_tags(t50706=(1, [1, 4, 0, 0])), raw), "TIFF", "FormatError", "raw")


def _bmp() -> Iterator[Case]:
    data = written(photograph(), "BMP")
    table = bytes(v for i in range(256) for v in (i, i, i, 0))

    def with_field(offset: int, value: int, size: int = 4) -> bytes:
        return data[:offset] + (value % (1 << 8 * size)).to_bytes(size, "little") + data[offset + size :]

    def packed(body: bytes, kind: int = 1, bits: int = 8, width: int = WIDTH, height: int = HEIGHT) -> bytes:
        head = struct.pack("<IiiHHIIiiII", 40, width, height, 1, bits, kind, len(body), 0, 0, 256, 0)
        return b"BM" + struct.pack("<IHHI", 1078 + len(body), 0, 0, 1078) + head + table + body

    def case(name: str, data: bytes, expects: str, says: str = "") -> Case:
        return Case(f"{name}.bmp", data, "BMP", expects, says)

    grey = photograph()[..., 1][::-1]
    literal = b"".join(bytes([0, WIDTH]) + row.tobytes() + b"\0\0" for row in grey)
    yield case("run length", packed(literal + b"\0\1"), "picture")
    yield case("run length cut", packed(literal[:3000]), "error")
    yield case("run length beyond the row", packed(bytes([255, 7]) * 90 + b"\0\1"), "any")
    yield case("run length leaps", packed(b"\0\2\xff\xff" * 50 + b"\0\1"), "any")
    yield case("run length of 100 megapixels", packed(b"\0\2\xff\xff" * 50 + b"\0\1", width=9000, height=9000), "error")
    yield case("a run length of 17 MB", packed(b"\1\7" * 8_100_000), "LimitError", "run-length")
    yield case("bmp 60000 wide", data[:18] + struct.pack("<ii", 60000, 60000) + data[26:], "LimitError")
    yield case("bmp 9000 wide", data[:18] + struct.pack("<ii", 9000, 9000) + data[26:], "error")
    yield case("negative width", with_field(18, -80), "error")
    yield case("upside down", with_field(22, -72), "odd")
    yield case("lowest height", with_field(22, -(2**31)), "error")
    yield case("3 bits a pixel", with_field(28, 3, 2), "error")
    yield case("compression 99", with_field(30, 99), "error")
    yield case("jpeg inside", with_field(30, 4), "error")
    yield case("header of 3 bytes", with_field(14, 3), "error")
    yield case("header of 4 GB", with_field(14, 2**32 - 1), "error")
    yield case("pixels far away", with_field(10, 2**31), "error")
    yield case(
        "4 billion colours", packed(bytes(5760), kind=0).replace(struct.pack("<I", 256), b"\xff\xff\xff\xff", 1), "any"
    )
    yield case("bm alone", b"BM", "DamagedError")


def _pnm() -> Iterator[Case]:
    raw = photograph().tobytes()

    def case(name: str, data: bytes, expects: str, says: str = "") -> Case:
        return Case(f"{name}.ppm", data, "PNM", expects, says)

    yield case("header of a million", b"P6 1000000 1000000 255\n" + raw, "LimitError", "1000000 x 1000000")
    yield case("header of 5000", b"P6 5000 5000 255\n" + raw, "DamagedError", "truncated")
    yield case("plain of 5000", b"P3 5000 5000 255\n" + b"7 " * 500, "DamagedError", "truncated")
    yield case("numbers without end", b"P6 " + b"9" * 5000 + b" 3 255\n", "DamagedError")
    yield case("nothing white", b"P6 80 72 0\n" + raw, "DamagedError", "0 as its largest")
    yield case("white of 70000", b"P6 80 72 70000\n" + raw, "DamagedError", "70000")
    yield case("white of 9", b"P6 80 72 9\n" + raw, "DamagedError", "above its largest")
    yield case("white of 16 bits", b"P6 80 72 65535\n" + raw, "DamagedError", "truncated")
    yield case("negative sample", b"P3 2 1 255\n1 2 3 4 5 -6\n", "DamagedError")
    yield case("huge sample", b"P3 2 1 255\n1 2 3 4 5 " + b"9" * 400 + b"\n", "DamagedError")
    yield case("letters", b"P3 2 1 255\n1 2 3 4 5 six\n", "DamagedError")
    yield case("an endless comment", b"P6 #" + b"x" * 100_000, "DamagedError")
    yield case("comments alone", b"P6 " + b"#\n" * 40_000, "DamagedError")
    yield case("no size given", b"P6\n", "DamagedError")
    yield case("more than enough", b"P6 80 72 255\n" + raw * 3, "picture")
    yield case("a bitmap of sevens", b"P1 8 8\n" + b"7" * 64, "DamagedError")
    yield case("a pam", b"P7\nWIDTH 80\n", "FormatError", "PAM")


def _boxed() -> Iterator[Case]:
    """HEIC and JPEG XL that no encoder is needed for."""
    if importlib.util.find_spec("pillow_heif"):
        brand = b"\0\0\0\x18ftypheic\0\0\0\0mif1heic"
        yield Case("heic brand alone.heic", brand, "HEIC", "DamagedError")
        yield Case("heic of zeros.heic", brand + bytes(3000), "HEIC", "DamagedError")
        yield Case("heic of boxes in boxes.heic", brand + b"\0\0\x20\0meta" * 600, "HEIC", "DamagedError")
    if importlib.util.find_spec("imagecodecs"):
        yield Case("jxl start alone.jxl", b"\xff\x0a", "JPEG XL", "DamagedError")
        yield Case("jxl of zeros.jxl", b"\xff\x0a" + bytes(500), "JPEG XL", "error")
        yield Case("jxl of ones.jxl", b"\xff\x0a" + b"\xff" * 500, "JPEG XL", "error")
        container = b"\0\0\0\x0cJXL \r\n\x87\n"
        yield Case("jxl container alone.jxl", container, "JPEG XL", "DamagedError")
        yield Case("jxl boxes of no length.jxl", container + b"\0\0\0\x08jxlp" * 400, "JPEG XL", "error")


def _strangers() -> Iterator[Case]:
    """Files that are no pictures, or none we read, under the names of pictures."""
    archive = io.BytesIO()
    with zipfile.ZipFile(archive, "w") as file:
        file.writestr("photo.jpg", b"x" * 100)
    still = Image.fromarray(photograph()).quantize(64)
    page = b"<!DOCTYPE html><html><body>404 not found</body></html>"
    svg = b'<svg xmlns="http://www.w3.org/2000/svg"><image href="file:///etc/passwd"/></svg>'
    strangers: dict[str, tuple[bytes, str]] = {
        "svg.jpg": (svg, "SVG"),
        "svg with a prolog.png": (b'<?xml version="1.0"?>' + svg, "SVG"),
        "pdf.jpg": (b"%PDF-1.7\n1 0 obj<</JavaScript(app.alert(1))>>endobj", "PDF"),
        "html.jpg": (page, "a web page"),
        "exe.jpg": (b"MZ\x90\0" + bytes(60) + b"PE\0\0" + bytes(500), "no known"),
        "elf.png": (b"\x7fELF\x02\x01\x01" + bytes(500), "no known"),
        "script.png": (b"#!/bin/sh\nrm -rf ~\n", "no known"),
        "zip.jpg": (archive.getvalue(), "ZIP"),
        "gzip.png": (gzip.compress(b"x" * 1000), "gzip"),
        "photoshop.tif": (b"8BPS\0\1" + bytes(200), "Photoshop"),
        "jpeg 2000.jpg": (b"\0\0\0\x0cjP  \r\n\x87\n" + bytes(200), "JPEG 2000"),
        "icon.png": (written(still, "ICO"), "icon"),
        "still gif.png": (written(still, "GIF"), "GIF"),
        "moving gif.jpg": (written(still, "GIF", save_all=True, append_images=[still.rotate(90)]), "GIF"),
        "film.avif": (b"\0\0\0\x18ftypisom\0\0\0\0isomavc1" + bytes(900), "isom"),
        "a brand that steers.avif": (b"\0\0\0\x10ftyp\x1b[2J\0\0\0\0", "not a picture"),
        "words.bmp": (b"This is not a picture.\n" * 50, "no known"),
        "words in utf-16.webp": ("words".encode("utf-16") * 50, "no known"),
        "zeros.jpg": (bytes(4096), "no known"),
        "ones.png": (b"\xff" * 4096, "no known"),
        "one byte.webp": (b"\xff", "no known"),
        "noise.jpg": (np.random.default_rng(3).bytes(4096), "no known"),
        "pickle.png": (b"\x80\x04\x95" + b"cos\nsystem\n" * 20, "no known"),
    }
    for name, (data, says) in strangers.items():
        yield Case(name, data, "no picture", "FormatError", says)
    yield Case("nothing.png", b"", "no picture", "DamagedError", "empty")
    yield Case("nothing at all.jpg", b"", "no picture", "DamagedError", "empty")


def _misnamed() -> Iterator[Case]:
    photo = photograph()
    for inner, outer in (
        *(("JPEG", "png"), ("PNG", "jpg"), ("PNG", "heic"), ("WEBP", "avif"), ("AVIF", "jpeg"), ("TIFF", "bmp")),
        *(("BMP", "webp"), ("PPM", "tiff"), ("JPEG", "jxl")),
    ):
        yield Case(f"{inner} in a {outer}.{outer}", written(photo, inner), "misnamed", "picture")
    for name in ("dots...and..dots.png", " spaces .png", "новый 写真 ☃.png", "per%cent%s{x}.png", "back\\slash.png"):
        yield Case(name, png(), "misnamed", "picture")
    yield Case("'quotes\";$(touch x)&|.PNG", png(), "misnamed", "picture")
    yield Case("new\nline\ttab\x1b[31m.png", png(), "misnamed", "picture")
    yield Case("new\nline broken\x1b]0;title\x07.png", png()[:900], "misnamed", "DamagedError")
    yield Case("-o.png", png(), "misnamed", "picture")
    yield Case("--force --json.png", png(), "misnamed", "picture")
    yield Case("\u202egnp.exe.png", png(), "misnamed", "picture")


def _odd() -> Iterator[Case]:
    """Sound files that are hardly pictures."""

    def flat(width: int, height: int, *colour: int) -> np.ndarray:
        return np.full((height, width, len(colour)), colour, np.uint8)

    checks = np.indices((HEIGHT, WIDTH)).sum(0) % 2 * 255
    noise = np.random.default_rng(5).integers(0, 256, (HEIGHT, WIDTH, 3)).astype(np.uint8)
    for codec in ("jpeg", "webp", "avif"):
        yield Case(f"one pixel for {codec}.png", written(flat(1, 1, 9, 99, 199), "PNG"), "odd", "odd", codec=codec)
        yield Case(f"a line for {codec}.png", written(flat(1, 3000, 9, 99, 199), "PNG"), "odd", "any", codec=codec)
        clear = written(flat(WIDTH, HEIGHT, 9, 99, 199, 0), "PNG")
        yield Case(f"nothing to see for {codec}.png", clear, "odd", "any", codec=codec)
        yield Case(f"noise for {codec}.png", written(noise, "PNG"), "odd", "any", codec=codec)
    yield Case("black.png", written(flat(WIDTH, HEIGHT, 0, 0, 0), "PNG"), "odd", "odd")
    yield Case("white.bmp", written(flat(WIDTH, HEIGHT, 255, 255, 255), "BMP"), "odd", "odd")
    yield Case("checks.png", written(checks.astype(np.uint8), "PNG"), "odd", "any")
    yield Case("too wide for jpeg.png", written(flat(65501, 1, 9, 99, 199), "PNG"), "odd", "any", codec="jpeg")
    yield Case("too wide for webp.png", written(flat(16384, 1, 9, 99, 199), "PNG"), "odd", "any", codec="webp")
    yield Case("too wide for avif.png", written(flat(32769, 1, 9, 99, 199), "PNG"), "odd", "any", codec="avif")
    ours = _chunk(b"tEXt", b"Software\0jndkit 0.1.0")
    yield Case("marked as ours.png", png(before=ours), "odd", "skipped")

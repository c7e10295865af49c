"""Write the seeds: small sound files of every kind a reader knows. `python tests/fuzz/seeds.py` makes them anew."""

from __future__ import annotations

import io
import struct
import zlib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image

from jndkit.codecs.bpg import container as bpg_container, stream
from jndkit.codecs.jndlic import container
from jndkit.picture.colour import cicp
from jndkit.picture.formats import jpeg
from jndkit.picture.hdr.container import joined
from jndkit.picture.hdr.gain_map import GainMap
from jndkit.picture.hdr.gcontainer import announced
from jndkit.picture.hdr.metadata import ISO_NAME

HERE = Path(__file__).resolve().parent
Y, X = np.mgrid[0:9, 0:12]
DOTS = np.stack([X * 20, Y * 25, (X + Y) * 9], axis=-1).astype(np.uint8)
XMP = (
    b'<x:xmpmeta xmlns:x="adobe:ns:meta/"><rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#">'
    b'<rdf:Description rdf:about="" xmlns:tiff="http://ns.adobe.com/tiff/1.0/" tiff:Orientation="6"'
    b' xmlns:exif="http://ns.adobe.com/exif/1.0/" exif:GPSLatitude="1,2N"/></rdf:RDF></x:xmpmeta>'
)


def written(image: Image.Image, kind: str, **options: Any) -> bytes:
    out = io.BytesIO()
    image.save(out, kind, **options)
    return out.getvalue()


def exif() -> Image.Exif:
    block = Image.Exif()
    block[0x0112], block[0x010F] = 6, "Maker"
    block.get_ifd(0x8769).update({0xA002: 12, 0xA003: 9})
    block.get_ifd(0x8825).update({1: "N", 2: (1.0, 2.0, 3.0)})
    return block


def chunk(kind: bytes, body: bytes) -> bytes:
    return struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))


def pngs(image: Image.Image) -> Iterator[tuple[str, bytes]]:
    plain = written(image, "PNG")
    yield "plain", plain
    yield "alpha", written(image.convert("RGBA"), "PNG", exif=exif().tobytes())
    yield "palette", written(image.quantize(7), "PNG", transparency=bytes(range(7)))
    profile = zlib.compress(cicp.profile(12) or b"")
    text = b"XML:com.adobe.xmp\0\1\0\0\0" + zlib.compress(XMP)
    colours = [(b"gAMA", struct.pack(">I", 45455)), (b"sRGB", b"\0"), (b"cICP", bytes([12, 13, 0, 1]))]
    colours += [(b"cHRM", struct.pack(">8I", 31270, 32900, 64000, 33000, 30000, 60000, 15000, 6000))]
    extra = b"".join(chunk(kind, body) for kind, body in [(b"iCCP", b"n\0\0" + profile), (b"iTXt", text), *colours])
    yield "described", plain[:33] + extra + plain[33:]
    turned = b"Raw profile type exif\0\0" + zlib.compress(b"\nexif\n  8\n" + b"4d4d002a00000008\n")
    keyed = chunk(b"zTXt", turned) + chunk(b"tEXt", b"Software\0jndkit 0") + chunk(b"tRNS", struct.pack(">3H", 0, 0, 0))
    yield "keyed", plain[:33] + keyed + plain[33:]


def jxls() -> Iterator[tuple[str, bytes]]:
    """Headers alone: what follows them is libjxl's to read."""
    bare = b"\xff\x0a" + bytes([0x20, 0x08, 0x10]) + bytes(20)
    yield "bare", bare
    boxed = b"\0\0\0\x0cJXL \r\n\x87\n" + struct.pack(">I4s4sI4s", 20, b"ftyp", b"jxl ", 0, b"jxl ")
    for kind, body in ((b"Exif", bytes(4) + exif().tobytes()[6:]), (b"xml ", XMP), (b"brob", b"Exif?")):
        boxed += struct.pack(">I4s", 8 + len(body), kind) + body
    yield "boxed", boxed + struct.pack(">I4s", 8 + len(bare), b"jxlc") + bare
    yield "parts", boxed + struct.pack(">I4sI", 12 + len(bare), b"jxlp", 0) + bare
    try:
        import imagecodecs
    except ImportError:
        return
    yield "coded", imagecodecs.jpegxl_encode(DOTS, lossless=True)
    yield "alpha", imagecodecs.jpegxl_encode(np.dstack([DOTS, DOTS[..., 0]]), lossless=True)
    yield "deep", imagecodecs.jpegxl_encode(DOTS.astype(np.uint16) * 257, lossless=True)


def bpgs() -> Iterator[tuple[str, bytes]]:
    """Headers and NAL units whose slices say nothing: what is in them is ffmpeg's to read."""
    header, plain = b"\3\x92\x47\x40", (b"\x44\1\xc1\x71", b"\x28\1\xaf\x51", b"\x50\1\x84\x0d\2abcdefghijkl\x80")
    alpha = [stream.in_layer(nal, 1) for nal in plain]
    blocks = {1: exif().tobytes()[6:], 2: b"profile", 3: XMP}
    made = {
        "plain": bpg_container.Contents(12, 9, 1, 8, header + stream.joined(plain)[3:]),
        "alpha": bpg_container.Contents(
            300, 9, 3, 10, 2 * header + stream.joined([*alpha, *plain])[3:], transparent=True, blocks=blocks
        ),
        "described": bpg_container.Contents(
            12, 9, 0, 8, header + stream.joined(plain)[3:], animated=True, blocks={5: b"\0\1\x19"}
        ),
    }
    for name, contents in made.items():
        yield name, bpg_container.pack(contents)


def gain_maps() -> Iterator[tuple[str, bytes]]:
    """Two pictures in a file, the second a gain map of every kind."""
    image = Image.fromarray(DOTS)
    plain = written(image.convert("L"), "JPEG")
    rdf = XMP.index(b"<rdf:Description")
    gains = b'hdrgm:Version="1.0" hdrgm:GainMapMax="2" hdrgm:HDRCapacityMax="2"'
    said = b'<rdf:Description rdf:about="" xmlns:hdrgm="http://ns.adobe.com/hdr-gain-map/1.0/" ' + gains + b"/>"
    apple = b"<a:AuxiliaryImageType>urn:com:apple:photo:2020:aux:hdrgainmap</a:AuxiliaryImageType></rdf:Description>"
    apple = b'<rdf:Description rdf:about="" xmlns:a="http://ns.apple.com/pixeldatainfo/1.0/">' + apple
    iso = struct.pack(">HHB4IiIiIIIiIiI", 0, 0, 0x40, 0, 1, 2, 1, 0, 1, 2, 1, 1, 1, 1, 64, 1, 64)
    kinds = {
        "ultra-hdr": (jpeg.APP1, jpeg.XMP + XMP[:rdf] + said + XMP[rdf:]),
        "iso": (jpeg.APP2, ISO_NAME + iso),
        "apple": (jpeg.APP1, jpeg.XMP + XMP[:rdf] + apple + XMP[rdf:]),
    }
    for name, segment in kinds.items():
        data = plain[:2] + jpeg.segment(*segment) + plain[2:]
        gain_map = GainMap(data, (), announcement=bytes(4) if name == "iso" else None)
        packet = announced(XMP, "1.0", len(data)) if name == "ultra-hdr" else XMP
        yield name, joined(written(image, "JPEG", exif=exif(), xmp=packet), gain_map)


def everything() -> Iterator[tuple[str, str, bytes]]:
    """(target, name, bytes)."""
    image = Image.fromarray(DOTS)
    for name, data in pngs(image):
        yield "png", name, data
    block = exif()
    yield "tiff", "raw", written(image, "TIFF")
    for name in ("lzw", "deflate", "jpeg"):
        compression = name if name == "jpeg" else f"tiff_{name}"
        yield "tiff", name, written(image, "TIFF", compression=compression)
    yield "tiff", "described", written(image, "TIFF", exif=block)
    options: dict[str, dict[str, Any]] = {
        "baseline": {"exif": block, "xmp": XMP},
        "progressive": {"progressive": True, "comment": "jndkit 0"},
        "restarts": {"restart_marker_blocks": 1, "optimize": True},
    }
    for name, chosen in options.items():
        yield "jpeg", name, written(image, "JPEG", **chosen)
    grain = np.random.default_rng(2).normal(0, 20, (24, 40, 3))  # for words of every kind
    grained = Image.fromarray(np.clip(np.asarray(image.resize((40, 24))) + grain, 0, 255).astype(np.uint8))
    for name, chosen in {**options, "grey": {"progressive": True}}.items():
        plain = {key: value for key, value in chosen.items() if key in ("progressive", "restart_marker_blocks")}
        picture = grained.convert("L") if name == "grey" else grained
        yield "coefficients", name, written(picture, "JPEG", quality=85, **plain)
    yield "jpeg", "cmyk", written(image.convert("CMYK"), "JPEG")
    for name, data in gain_maps():
        yield "hdr", name, data
    for name, data in jxls():
        yield "jxl", name, data
    yield "xmp", "attributes", XMP
    yield "xmp", "elements", XMP.replace(b'"/>', b'"><tiff:ImageWidth>9</tiff:ImageWidth></rdf:Description>', 1)
    yield "xmp", "packet", b'<?xpacket begin="\xef\xbb\xbf"?>' + XMP + b'<?xpacket end="w"?>\n  '
    yield "exif", "plain", block.tobytes()
    yield "exif", "bare", block.tobytes()[6:]
    thumbnail = struct.pack(">2sHIHHHIHH", b"MM", 42, 8, 1, 0x0112, 3, 1, 6, 0)
    yield (
        "exif",
        "thumbnail",
        thumbnail + struct.pack(">IHHHIIHHIII", 26, 2, 0x201, 4, 1, 56, 0x202, 4, 1, 3, 0) + b"abc",
    )
    for primaries, curve in ((1, 13), (9, 16), (12, 13), (9, 1)):
        yield "cicp", f"nclx {primaries} {curve}", b"colrnclx" + struct.pack(">3HB", primaries, curve, 0, 128)
    yield "cicp", "profile", b"\0colrprof" + (cicp.profile(12) or b"")[:200]
    for kind, body in {
        "P1": b"3 2 101 010", "P2": b"3 2 9 1 2 3 4 5 6", "P3": b"1 2 # c\n99 1 2 3 4 5 6", "P4": b"9 2 abcd",
        "P5": b"3 2 255 abcdef", "P6": b"1 2 65535 abcdefghijkl",
    }.items():  # fmt: skip
        yield "pnm", kind, kind.encode() + b"\n" + body
    yield "heif", "avif", written(image, "AVIF", quality=40)
    yield "heif", "alpha avif", written(image.convert("RGBA"), "AVIF", quality=40)
    try:
        import pillow_heif
    except ImportError:
        pass
    else:
        out = io.BytesIO()
        pillow_heif.from_pillow(Image.fromarray(np.tile(DOTS, (4, 3, 1)))).save(out, quality=30)
        yield "heif", "heic", out.getvalue()
    busy = Image.fromarray(np.random.default_rng(1).integers(0, 256, (32, 32, 3), np.uint8))
    yield "webp", "lossy", written(busy, "WEBP", quality=60)
    clear = busy.copy()
    clear.putalpha(busy.convert("L"))
    yield "webp", "alpha", written(clear, "WEBP", quality=40)
    yield "webp", "lossless", written(image, "WEBP", lossless=True)
    contents = container.Contents(12, 9, 40, False, "made.v1", b"12345678", 77, {1: b"symbols", 4: b"exif"})
    yield "jlic", "whole", container.pack(contents)
    yield (
        "jlic",
        "grey",
        container.pack(container.Contents(1, 1, 0, True, "w", bytes(8), 0, {1: b"s", 2: b"a", 6: b"m"})),
    )
    for name, data in bpgs():
        yield "bpg", name, data
    for kind in ("PNG", "JPEG", "WEBP", "AVIF", "TIFF", "BMP", "PPM"):
        yield "sniff", kind, written(image, kind)[:64]


def main() -> None:
    for target, name, data in everything():
        folder = HERE / "seeds" / target
        folder.mkdir(parents=True, exist_ok=True)
        (folder / name.replace(" ", "-")).write_bytes(data)


if __name__ == "__main__":
    main()

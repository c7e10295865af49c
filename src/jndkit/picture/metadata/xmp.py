"""Editing of XMP packets as text, so that all we do not touch stays as it was.

Source: Adobe, XMP Specification Part 1 (ISO 16684-1), serialisation as RDF/XML.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from xml.parsers import expat

from jndkit.picture.metadata.mark import MARK

RDF = "http://www.w3.org/1999/02/22-rdf-syntax-ns#"
_TIFF = "http://ns.adobe.com/tiff/1.0/"
_EXIF = "http://ns.adobe.com/exif/1.0/"
_XMP = "http://ns.adobe.com/xap/1.0/"
_NOTE = "http://ns.adobe.com/xmp/note/"
HDRGM = "http://ns.adobe.com/hdr-gain-map/1.0/"
CONTAINER = "http://ns.google.com/photos/1.0/container/"
_OURS = "urn:jndkit:mark:1"

# What re-encoding makes false: sizes, previews, lengths of appended images, gain maps, motion photos.
_FALSE_AFTERWARDS = (
    (_TIFF, r"(?:ImageWidth|ImageLength)"),
    (_EXIF, r"Pixel[XY]Dimension"),
    (_XMP, r"Thumbnails"),
    (_NOTE, r"HasExtendedXMP"),
    (HDRGM, r"\w+"),
    (CONTAINER, r"Directory"),
    ("http://ns.google.com/photos/1.0/camera/", r"(?:MotionPhoto|MicroVideo)\w*"),
)
_MINIMAL = (
    '<?xpacket begin="\ufeff" id="W5M0MpCehiHzreSzNTczkc9d"?><x:xmpmeta xmlns:x="adobe:ns:meta/">'
    f'<rdf:RDF xmlns:rdf="{RDF}"></rdf:RDF></x:xmpmeta><?xpacket end="w"?>'
)
_NAME = r"[A-Za-z_][\w.-]*"
# The rest of a tag after its name; quoted values may hold ">". Taken for the tag's end, that would make a packet that
# never closes it cost hours. No two parts begin with the same character, so that there is one way to match, and time
# is linear; possessive quantifiers would say so, but match too little in the first releases of Python 3.11.
_PLAIN = r"""[^<>"'/]*"""
_REST = rf"""(?=[\s/>]){_PLAIN}(?:(?:"[^"<]*"|'[^'<]*'|/(?!>)){_PLAIN})*"""
_MOST_PREFIXES = 16  # of one namespace; writers use one


def _plain_parser(separator: str | None = None) -> expat.XMLParserType:
    """A parser that raises ValueError for declarations, as of entities, and for what hides tags from a text search.

    separator: put between namespace and name; names stay as they are written where it is None.
    """
    parser = expat.ParserCreate("utf-8", separator)

    def refuse(*_: object) -> None:
        raise ValueError("not the plain XML of XMP")

    def instruction(_: str, data: str) -> None:
        if "<" in data:
            refuse()

    parser.StartDoctypeDeclHandler = refuse
    parser.StartCdataSectionHandler = refuse
    parser.ProcessingInstructionHandler = instruction
    return parser


def _well_formed(text: str) -> bool:
    """Whether an XML parser takes `text`, which may declare no entities and hide no tags from a text search."""
    try:
        _plain_parser().Parse(text.encode("utf-8"), True)
    except (expat.ExpatError, ValueError):
        return False
    return True


def parsed(
    packet: bytes,
    start: Callable[[str, dict[str, str]], None],
    end: Callable[[str], None],
    characters: Callable[[str], object],
) -> bool:
    """Read a packet as XML, with names as "NAMESPACE NAME"; whether it could be read."""
    text = _text(packet)
    if text is None:
        return False
    parser = _plain_parser(" ")
    parser.StartElementHandler, parser.EndElementHandler = start, end
    parser.CharacterDataHandler = characters
    try:
        parser.Parse(text.encode("utf-8"), True)
    except (expat.ExpatError, ValueError):  # prefixes of no namespace
        return False
    return True


def _text(packet: bytes) -> str | None:
    try:
        text = packet.rstrip(b"\0").decode("utf-8").strip("\ufeff \t\r\n")
    except UnicodeDecodeError:
        return None
    if not _prefixes(text, RDF) or not _well_formed(text):
        return None
    namespaces = {RDF, _OURS, _TIFF, *(namespace for namespace, _ in _FALSE_AFTERWARDS)}
    if any(len(_prefixes(text, namespace)) > _MOST_PREFIXES for namespace in namespaces):
        return None
    return re.sub(r"<!--.*?-->", "", text, flags=re.DOTALL)


def _prefixes(text: str, namespace: str) -> list[str]:
    prefixes = re.findall(rf"""\bxmlns:({_NAME})\s*=\s*["']{re.escape(namespace)}["']""", text)
    return sorted(set(prefixes))


def _without(text: str, namespace: str, names: str) -> str:
    """`text` without the properties of `namespace` matching the expression `names`, as attribute or as element."""
    for prefix in _prefixes(text, namespace):
        name = rf"{re.escape(prefix)}:{names}"
        text = re.sub(rf"""\s{name}\s*=\s*(?:"[^"<]*"|'[^'<]*')""", "", text)
        text = re.sub(rf"<{name}{_REST}/>", "", text)
        text = re.sub(rf"<({name}){_REST}>.*?</\1\s*>", "", text, flags=re.DOTALL)
    return text


def _oriented(text: str, value: int) -> str:
    for prefix in _prefixes(text, _TIFF):
        name = rf"{re.escape(prefix)}:Orientation"
        text = re.sub(rf"""(\s{name}\s*=\s*["'])[^"'<]*(["'])""", rf"\g<1>{value}\g<2>", text)
        text = re.sub(rf"(<{name}{_REST}>)[^<]*(</{name}\s*>)", rf"\g<1>{value}\g<2>", text)
    return text


def _finished(text: str) -> bytes | None:
    return text.encode("utf-8") if _well_formed(text) else None


def _without_empty(text: str) -> str | None:
    """`text` without descriptions that say nothing of the picture; None where no other is left."""
    for prefix in _prefixes(text, RDF):
        about = rf"""(?:\s+(?:(?:{re.escape(prefix)}:)?about|xmlns:{_NAME})\s*=\s*["'][^"']*["'])*"""
        tag = rf"{re.escape(prefix)}:Description"
        text = re.sub(rf"<{tag}{about}\s*/>|<{tag}{about}\s*>\s*</{tag}\s*>", "", text)
        if re.search(rf"<{tag}\b", text):
            return text
    return None


def _unmarked(text: str) -> str:
    own = rf'<({_NAME}):Description \1:about="" xmlns:jndkit="{re.escape(_OURS)}" jndkit:Encoder="[^"<]*"/>'
    return _without(re.sub(own, "", text), _OURS, r"\w+")


def cleaned(packet: bytes) -> bytes | None:
    """The packet true of upright, re-encoded pixels and without our mark; None where nothing readable is left."""
    text = _text(packet)
    if text is None:
        return None
    for namespace, names in _FALSE_AFTERWARDS:
        text = _without(text, namespace, names)
    left = _without_empty(_oriented(_unmarked(text), 1))
    return None if left is None else _finished(left)


def orientation(packet: bytes) -> int | None:
    """tiff:Orientation, 1 to 8; None where there is none or the packet cannot be read."""
    text = _text(packet) or ""
    for prefix in _prefixes(text, _TIFF):
        name = rf"{re.escape(prefix)}:Orientation"
        attribute = re.search(rf"""\s{name}\s*=\s*["']\s*([1-8])\s*["']""", text)
        match = attribute or re.search(rf"<{name}{_REST}>\s*([1-8])\s*</{name}\s*>", text)
        if match is not None:
            return int(match[1])
    return None


def with_orientation(packet: bytes | None, value: int, *, add: bool = False) -> bytes | None:
    """The packet with tiff:Orientation of this value, 1 to 8, where it has one.

    add: say it in any case, if need be in a packet of that alone.
    None for none, and for one that cannot be read, unless `add`.
    """
    text = None if packet is None else _text(packet)
    if text is not None:
        text = _oriented(text, value)
    if add and (text is None or orientation(text.encode()) is None):
        said = f'xmlns:tiff="{_TIFF}" tiff:Orientation="{value}"'
        return _with_description(text or _MINIMAL, lambda rdf: f'<{rdf}:Description {rdf}:about="" {said}/>')
    return None if text is None else _finished(text)


def without_position(packet: bytes) -> bytes | None:
    """The packet without exif:GPS properties; None where the packet cannot be read."""
    text = _text(packet)
    return None if text is None else _finished(_without(text, _EXIF, r"GPS\w*"))


def marked(packet: bytes) -> bool:
    """Whether the packet carries our mark; to speak of it, in a caption say, is not enough."""
    text = packet.decode("utf-8", "replace")
    prefixes = _prefixes(text, _OURS)[:_MOST_PREFIXES]
    return any(re.search(rf"[\s<]{re.escape(prefix)}:Encoder[\s=>]", text) for prefix in prefixes)


def mark_xmp(packet: bytes | None, mark: str = MARK) -> bytes:
    """The packet, in UTF-8, with our mark in place of any earlier one.

    A minimal packet that holds only the mark where there is none, or none that can be read.
    """

    def ours(rdf: str) -> str:
        return f'<{rdf}:Description {rdf}:about="" xmlns:jndkit="{_OURS}" jndkit:Encoder="{mark}"/>'

    text = _MINIMAL if packet is None else _text(packet) or _MINIMAL
    return _with_description(_unmarked(text), ours)


def with_description(packet: bytes | None, described: Callable[[str], str]) -> bytes:
    """The packet with one more description; a minimal one with that alone where there is none that can be read.

    described: the prefix of RDF -> the element.
    """
    return _with_description(_MINIMAL if packet is None else _text(packet) or _MINIMAL, described)


def _with_description(text: str, described: Callable[[str], str]) -> bytes:
    for prefix in _prefixes(text, RDF):
        text = re.sub(rf"<({re.escape(prefix)}:RDF)(\s[^<>]*?)?/>", r"<\1\2></\1>", text)
        end = re.search(rf"</{re.escape(prefix)}:RDF\s*>", text)
        whole = None if end is None else _finished(text[: end.start()] + described(prefix) + text[end.start() :])
        if whole is not None:
            return whole
    return _with_description(_MINIMAL, described)

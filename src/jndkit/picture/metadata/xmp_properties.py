"""What an XMP packet says under one namespace, read as XML.

Source: Adobe, XMP Specification Part 1 (ISO 16684-1), section 7 (serialisation as RDF/XML).
"""

from __future__ import annotations

from jndkit.picture.metadata.xmp import RDF, parsed

_LI = f"{RDF} li"


def properties(packet: bytes, namespace: str) -> dict[str, tuple[str, ...]]:
    """Name -> values of the properties in `namespace`, wherever they stand: an attribute, an element or a list of one.

    Nothing where the packet cannot be read. Of a property that stands twice the first is taken.
    """
    found: dict[str, list[str]] = {}
    inside: list[str] = []  # the property that is open
    text: list[str] = []

    def start(tag: str, attributes: dict[str, str]) -> None:
        text.clear()
        for key, value in attributes.items():
            space, _, name = key.rpartition(" ")
            if space == namespace:
                found.setdefault(name, [value.strip()])
        space, _, name = tag.rpartition(" ")
        if space == namespace and not inside and name not in found:
            found[name] = []
            inside.append(tag)

    def end(tag: str) -> None:
        value = "".join(text).strip()
        text.clear()
        if inside and value and tag in (_LI, inside[0]):
            found[inside[0].rpartition(" ")[2]].append(value)
        if inside and tag == inside[0]:
            inside.clear()

    if not parsed(packet, start, end, text.append):
        return {}
    return {name: tuple(values) for name, values in found.items()}


def records(packet: bytes, element: str, namespace: str) -> list[dict[str, str]]:
    """For every `element` ("NAMESPACE NAME") name -> value of what it says in `namespace`, as attributes or elements.

    Nothing where the packet cannot be read.
    """
    found: list[dict[str, str]] = []
    text: list[str] = []

    def start(tag: str, attributes: dict[str, str]) -> None:
        text.clear()
        if tag == element:
            keys = (key.rpartition(" ") for key in attributes)
            found.append({name: attributes[f"{space} {name}"] for space, _, name in keys if space == namespace})

    def end(tag: str) -> None:
        space, _, name = tag.rpartition(" ")
        if found and space == namespace:
            found[-1].setdefault(name, "".join(text).strip())
        text.clear()

    return found if parsed(packet, start, end, text.append) else []

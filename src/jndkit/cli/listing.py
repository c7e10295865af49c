"""jnd models, jnd doctor"""

from __future__ import annotations

import json as json_text
from dataclasses import asdict
from typing import TYPE_CHECKING

from jndkit.cli import options, printing
from jndkit.wording import size

if TYPE_CHECKING:
    from jndkit.cards import Card


def models(json: options.Json = False) -> int:
    """List every model, observer, codec and network, one line each."""
    from jndkit.registry import models as catalogue, packages

    sources = packages()
    for room, cards in catalogue().items():
        if not json:
            print(f"{room}:")
        width = max(len(name) for name in cards)
        for name, card in cards.items():
            source = sources.get((room, name))
            if json:
                about = {"room": room, "name": name} | card.about() | ({"package": source} if source else {})
                print(json_text.dumps(about, ensure_ascii=False))
            else:
                line = f"  {name:<{width}}  {card.summary} {_bracket(card)}".rstrip()
                printing.say(f"{line} (of {source})" if source else line)
    return 0


def _bracket(card: Card) -> str:
    """The paper of a card; of a network, how large its files are and under which licence they come."""
    from jndkit.weights import Network

    if not isinstance(card, Network):
        return f"[{card.paper}]" if card.paper else ""
    files = f"{card.files} files, " if card.files > 1 else ""
    return f"[{files}{size(card.bytes)}, {card.licence}]"


def doctor(json: options.Json = False) -> int:
    """Say what is installed, what is missing, and how to get it."""
    from jndkit.doctor import doctor as parts

    for part in parts():
        if json:
            print(json_text.dumps(asdict(part), ensure_ascii=False))
            continue
        state = part.version or "present" if part.present else f"{part.trouble}; {part.install}"
        printing.say(
            f"{'ok' if part.present else '--'}  {part.name:<24} {state}{f' ({part.note})' if part.note else ''}"
        )
    return 0

"""jnd models, jnd doctor"""

from __future__ import annotations

import json as json_text
from dataclasses import asdict

from jndkit.cli import options, printing


def models(json: options.Json = False) -> int:
    """List every model, observer and codec."""
    from jndkit.registry import models as catalogue

    for room, cards in catalogue().items():
        if not json:
            print(f"{room}:")
        width = max(len(name) for name in cards)
        for name, card in cards.items():
            if json:
                about = {key: value for key, value in asdict(card).items() if key != "where"}
                print(json_text.dumps({"room": room, "name": name} | about, ensure_ascii=False))
            else:
                paper = getattr(card, "paper", "")
                printing.say(f"  {name:<{width}}  {card.summary}{f' [{paper}]' if paper else ''}")
    return 0


def doctor(json: options.Json = False) -> int:
    """Say what is installed, what is missing, and how to get it."""
    from jndkit.codecs.doctor import doctor as parts

    for part in parts():
        if json:
            print(json_text.dumps(asdict(part), ensure_ascii=False))
            continue
        state = part.version or "present" if part.present else f"missing; {part.install}"
        printing.say(
            f"{'ok' if part.present else '--'}  {part.name:<24} {state}{f' ({part.note})' if part.note else ''}"
        )
    return 0

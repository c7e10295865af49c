"""The words after a codec's name: `avif:s6,444,q60` is speed 6, full chroma, quality 60."""

from __future__ import annotations

import math
import re
from dataclasses import dataclass

from jndkit.errors import UsageError


@dataclass(frozen=True)
class Option:
    """One choice of a codec. field: the argument of its class.  words: what a spec may say.  default: one of them.

    form: a regular expression of what it may say, of an option with more words than can be listed.
    An option whose default is "" is written only where it is set.
    """

    field: str
    words: tuple[str, ...]
    default: str
    form: str = ""

    def has(self, word: str) -> bool:
        """Whether a spec may say this."""
        return word in self.words or bool(self.form and re.fullmatch(self.form, word))


@dataclass(frozen=True)
class Grammar:
    """What a codec's spec may say, in the order it is written, and the letter of its knob's value.

    silent: a word that is understood and never written.
    """

    name: str
    options: tuple[Option, ...]
    letter: str
    silent: str | None = None

    def spec(self, **chosen: str) -> str:
        """The canonical spec. Raises UsageError for a word the option does not have."""
        for option in self.options:
            if chosen[option.field] != option.default and not option.has(chosen[option.field]):
                raise UsageError(f"unknown {option.field} {chosen[option.field]!r} for {self.name}: {self.help()}")
        words = [chosen[option.field] for option in self.options]
        words = [word for word in words if word and word != self.silent]
        return f"{self.name}:{','.join(words)}" if words else self.name

    def read(self, words: list[str]) -> tuple[dict[str, str], str | None]:
        """Field -> word for every option, and the knob's value as written, or None.

        Raises UsageError for a word that means nothing here, or for two words of one option.
        """
        chosen: dict[str, str] = {}
        value: str | None = None
        for word in words:
            option = next((option for option in self.options if option.has(word)), None)
            if option is not None:
                if option.field in chosen:
                    raise UsageError(f"{self.name}: {chosen[option.field]} and {word} both set the {option.field}")
                chosen[option.field] = word
            elif self.letter and word.startswith(self.letter) and _is_number(word[len(self.letter) :]):
                if value is not None:
                    raise UsageError(f"{self.name}: the setting is given twice, by {self.letter}{value} and {word}")
                value = word[len(self.letter) :]
            else:
                raise UsageError(f"unknown option {word!r} for {self.name}: {self.help()}")
        return {option.field: option.default for option in self.options} | chosen, value

    def chosen(self, spec: str) -> dict[str, str]:
        """Field -> word for every option of a whole spec, whatever setting it names. Raises UsageError as `read`."""
        words = spec.partition(":")[2]
        return self.read(words.split(",") if words else [])[0]

    def help(self) -> str:
        """What may be chosen, in words."""
        parts = [f"{option.field} {' or '.join(_shortened(option.words))}" for option in self.options if option.words]
        if self.letter:
            parts.append(f"one setting as {self.letter}NUMBER")
        return "choose " + "; ".join(parts) if parts else "it has no options"


def _is_number(text: str) -> bool:
    try:
        return math.isfinite(float(text)) and text[:1].isdigit()
    except ValueError:
        return False


def _shortened(words: tuple[str, ...]) -> tuple[str, ...]:
    return words if len(words) <= 4 else (words[0], "...", words[-1])

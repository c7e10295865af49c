"""Encode a corpus, and predict one."""

from __future__ import annotations

from functools import partial
from typing import Any

from jndkit.batch.corpus import Corpus
from jndkit.batch.places import Place
from jndkit.conversion.adoption import adopted
from jndkit.conversion.asking import encoding, predicting
from jndkit.conversion.converting import Converting
from jndkit.conversion.predictions import Predicting
from jndkit.conversion.responsive import Variants
from jndkit.settings import Settings


def encoded(source: Place, to: Place, settings: Settings, *, variants: Variants | None = None, **how: Any) -> Corpus:
    """A run that encodes. variants: make of each picture a responsive set; its manifest is what the ledger names.

    how: keywords of `Corpus`. What a run without a ledger left at the destination is taken over.
    """
    request = encoding(settings, variants)
    work = Converting(source, to, settings, request.name, variants)
    before = partial(adopted, source=source, to=to, settings=settings, request=request.name)
    return Corpus(source, to, request, work, max_pixels=settings.max_pixels, adopt=before, **how)


def predicted(source: Place, to: Place, settings: Settings, **how: Any) -> Corpus:
    """A run that keeps a decision for each picture, and no file. how: keywords of `Corpus`."""
    request = predicting(settings)
    return Corpus(
        source, to, request, Predicting(source, settings, request.name), max_pixels=settings.max_pixels, **how
    )

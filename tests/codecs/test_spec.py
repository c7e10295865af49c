from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given, strategies as st

from jndkit.codecs import CODECS, available, by_suffix, codec, full_spec, jpeg, parse, pillow, reader, sweep, versions
from jndkit.codecs.contract import Knob, checked
from jndkit.codecs.spec import Grammar, Option
from jndkit.errors import MissingError, UsageError

PRESENT = [name for name, install in available().items() if not install]


@pytest.mark.parametrize(
    ("spec", "canonical"),
    [
        ("jpeg", "jpeg:420"),
        ("jpeg:444", "jpeg:444"),
        ("jpeg:plain", "jpeg:420"),
        ("webp:m6", "webp:m6"),
        ("webp:lossless", "webp:m4,lossless"),
        ("avif:444", "avif:s6,444"),
        ("avif:444,s4", "avif:s4,444"),
        ("png", "png"),
    ],
)
def test_canonical_spec(spec: str, canonical: str) -> None:
    assert codec(spec).spec == canonical
    assert codec(canonical).spec == canonical


def test_full_spec_names_a_setting() -> None:
    found, value = parse("jpeg:420,q75")
    assert (found.spec, value) == ("jpeg:420", 75.0)
    assert full_spec(found, 75) == "jpeg:420,q75"
    assert parse("avif:q61")[1] == 61.0
    assert full_spec(codec("png"), 0) == "png"
    with pytest.raises(UsageError, match="names a setting"):
        codec("jpeg:420,q75")


@given(data=st.data(), name=st.sampled_from(PRESENT))
def test_specs_round_trip(data: st.DataObject, name: str) -> None:
    plain = codec(name)
    spec = data.draw(st.sampled_from([plain.spec, *plain.options, *([plain.lossless] if plain.lossless else [])]))
    built = codec(spec)
    assert built.spec == spec
    value = data.draw(st.sampled_from(built.knob.grid))
    again, read = parse(full_spec(built, value))
    assert again.spec == spec
    assert read == (value if len(built.knob.grid) > 1 else None)


@pytest.mark.parametrize(
    ("spec", "says"),
    [
        ("", "unknown codec"),
        ("jpg", "choose jpeg, webp"),
        ("jpeg:", "unknown option ''"),
        ("jpeg:422", "chroma 420 or 444"),
        ("jpeg:420,444", "both set the chroma"),
        ("jpeg:q50,q60", "given twice"),
        ("jpeg:q0", "outside 1 to 100"),
        ("jpeg:q101", "outside 1 to 100"),
        ("jpeg:q75.5", "not a whole number"),
        ("jpeg:qnan", "unknown option"),
        ("jpeg:q-5", "unknown option"),
        ("webp:m7", "unknown option"),
        ("webp:lossless,q5", "one setting only"),
        ("png:q5", "it has no options"),
        ("avif:fast", "unknown option"),
        ("JPEG", "unknown codec"),
    ],
)
def test_wrong_specs(spec: str, says: str) -> None:
    with pytest.raises(UsageError, match=says):
        parse(spec)


@given(st.text(max_size=20))
def test_any_text_is_a_spec_or_a_usage_error(text: str) -> None:
    for spec in (text, f"jpeg:{text}", f"avif:{text}"):
        try:
            built, _ = parse(spec)
        except UsageError:
            continue
        assert built.name in CODECS


def test_words_given_to_a_class_are_checked() -> None:
    grammar = Grammar("x", (Option("chroma", ("420", "444"), "420"), Option("mode", ("lossless",), "")), "q")
    assert grammar.spec(chroma="444", mode="") == "x:444"
    with pytest.raises(UsageError, match="unknown chroma"):
        grammar.spec(chroma="422", mode="")


def test_settings_between_steps() -> None:
    knob = Knob("distance", 0.01, 25, 0.01, False)
    assert checked("x", knob, 0.015) == 0.015
    with pytest.raises(UsageError, match="outside"):
        checked("x", knob, float("nan"))


def test_suffixes() -> None:
    assert by_suffix(".jpg") == by_suffix(".JPEG") == "jpeg"
    assert {by_suffix(card.suffix) for card in CODECS.values()} == set(CODECS)
    with pytest.raises(UsageError, match=r"no codec writes \.gif"):
        by_suffix(".gif")


def test_table_agrees_with_the_classes() -> None:
    for name in PRESENT:
        built = codec(name)
        assert (built.name, built.suffix) == (name, CODECS[name].suffix)
        assert all(codec(other).name == name for other in built.options)
        if built.lossless:
            exact = codec(built.lossless)
            assert exact.lossless == exact.spec
            assert len(exact.knob.grid) == 1


def test_missing_extra_names_the_command(monkeypatch: pytest.MonkeyPatch) -> None:
    import importlib.util

    monkeypatch.setattr(importlib.util, "find_spec", lambda name: None)
    assert available()["heic"] == "pip install 'jndkit[codecs]'"
    with pytest.raises(MissingError, match=r"pip install 'jndkit\[vvc\]'"):
        codec("vvc")
    with pytest.raises(MissingError, match=r"jndkit\[codecs\]"):
        versions("jxl")


@pytest.mark.parametrize(
    ("name", "library"),
    [
        ("jpeg", "libjpeg-turbo"),
        ("webp", "libwebp"),
        ("avif", "libaom"),
        ("heic", "x265"),
        ("jxl", "libjxl"),
        ("vvc", "libvvenc"),
        ("jndlic", "constriction"),
        ("png", "pillow"),
    ],
)
def test_versions_name_the_encoder(name: str, library: str) -> None:
    if name not in PRESENT:
        pytest.skip(f"needs {available()[name]}")
    found = versions(name)
    assert found[library][:1].isdigit()
    assert all(found.values())


def test_a_codec_without_a_sweep_gets_one(monkeypatch: pytest.MonkeyPatch) -> None:
    assert sweep(codec("jpeg:444")) == CODECS["jpeg"].sweep
    monkeypatch.setattr(jpeg, "CARD", replace(jpeg.CARD, sweep=()))
    monkeypatch.setattr(pillow, "WEBP", replace(pillow.WEBP, sweep=()))
    settings = sweep(codec("jpeg"))
    assert len(settings) == 7
    assert sorted(set(settings)) == list(settings)  # worst fidelity first
    assert 1 < settings[0] < settings[-1] < 100
    assert sweep(codec("webp:lossless")) == (0,)


def test_formats_are_told_by_what_files_begin_with() -> None:
    vvc, jndlic = CODECS["vvc"], CODECS["jndlic"]
    assert reader(vvc.magic + b"\1") is vvc.read
    assert reader(jndlic.magic) is jndlic.read
    assert reader(b"\x89PNG\r\n\x1a\n") is None
    assert reader(b"") is None

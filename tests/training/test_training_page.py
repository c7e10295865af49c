"""docs/training.md says what the committed rows of ablations and of the published codec say."""

from __future__ import annotations

import json
import re
from pathlib import Path
from statistics import mean
from typing import Any

import pytest

from jndkit.evaluation.codecs.rows import CodecRow

ROOT = Path(__file__).parents[2]
PAGE = (ROOT / "docs" / "training.md").read_text(encoding="utf-8")


def lines(name: str) -> list[dict[str, Any]]:
    path = ROOT / "benchmarks" / "rows" / f"{name}.jsonl"
    return [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]


def test_the_ablation_of_hvssd_is_that_of_the_rows(capsys: pytest.CaptureFixture[str]) -> None:
    import hvssd_ablation

    rows = lines("hvssd_ablation")
    assert {(row["arm"], row["seed"]) for row in rows} == {
        (arm, seed) for arm in hvssd_ablation.ARMS for seed in range(3)
    }
    hvssd_ablation.table(rows)
    printed = capsys.readouterr().out
    assert len(printed.splitlines()) == 2 + len(hvssd_ablation.ARMS) + 2
    assert printed in PAGE
    text = " ".join(PAGE.split())
    for arm, said in (
        ("attention as a shift", "the seeds read {}, {} and {},"),
        ("without attention", "those without {}, {} and {}."),
    ):
        read = [mean(row["jnd"] for row in rows if (row["arm"], row["seed"]) == (arm, seed)) for seed in range(3)]
        assert said.format(*(f"{each:.2f}" for each in read)) in text


def cells(line: str) -> list[str]:
    """Of a line of a table: what each column says, less how many pictures and what is only for the eye."""
    return [re.sub(r" \(\d+\)$", "", each.strip(" *")) for each in line.strip().strip("|").split("|")]


def test_every_ablation_of_jndlic_is_that_of_the_rows() -> None:
    import jndlic_ablation

    rows = lines("jndlic_ablation")
    told = [cells(line)[1:] for line in PAGE.splitlines() if line.startswith("| ")]
    for title in sorted({row["title"] for row in rows}):
        printed = jndlic_ablation.table([row for row in rows if row["title"] == title]).splitlines()
        measures = len(cells(printed[0])) - 2
        found = [cells(line)[1 : 1 + measures] for line in printed[2:]]
        assert len(found) >= 3
        # All but the first, which the others are held against, and JPEG, may not be left out.
        for own in found[1:-1]:
            assert any(line[:measures] == own for line in told), (title, own)


def test_the_published_codec_stands_beside_the_others_as_the_rows_say() -> None:
    rows = [CodecRow.from_json(row) for row in lines("codecs") if row["input"].startswith("kodak/")]
    for spec, name, values in (
        ("jndlic:paper", "`jndlic:paper`, knob", (14, 24, 34)),
        ("jndlic", "`jndlic`, knob", (14, 24, 34)),
        ("jpeg:420", "`jpeg`, quality", (20, 50, 80)),
    ):
        own = [row for row in rows if row.spec == spec]
        assert len(own) == 24
        for value in values:
            at = own[0].levels["value"].index(value)
            bits = mean(row.levels["bytes"][at] * 8e-6 / row.megapixels for row in own)
            jnd, ssimulacra2, psnr = (
                mean(row.levels[key][at] for row in own) for key in ("jnd", "ssimulacra2", "psnr")
            )
            assert f"| {name} {value} | {bits:.2f} | {jnd:.1f} | {ssimulacra2:.1f} | {psnr:.1f} dB |" in PAGE
    met = [sum("bytes" in row.answers[share] for row in rows if row.spec == "jndlic:paper") for share in ("50", "75")]
    assert f"meets half of the viewers on {met[0]} of the 24 pictures and 75 % on {met[1]}" in " ".join(PAGE.split())


def test_the_curve_of_the_published_codec_is_that_of_the_log() -> None:
    runs: list[dict[int, dict[str, Any]]] = []
    for row in lines("training/jndlic-paper-narrow"):
        if row["event"] == "start":
            runs.append({})
        else:
            runs[-1][row["step"]] = row
    assert len(runs) == 4
    for run, steps in enumerate(((), (50, 200), (150, 450, 750, 900), (120,))):
        for step in steps:
            row = runs[run][step]
            measured = " | ".join(f"{row[f'bits_{knob}']:.2f}, {row[f'db_{knob}']:.1f} dB" for knob in (8, 20, 32))
            assert f"| {step} | {measured} | {100 * row['saving']:+.1f} % |" in PAGE


def test_how_far_the_published_codec_came_when_it_was_drawn_at_random() -> None:
    last = [row for row in lines("training/jndlic-paper-drawn") if row["event"] == "validate"][-1]
    said = f"{last['db_24']:.1f} dB at {last['bits_24']:.2f} bits a pixel after {last['step']:,} steps"
    assert said in " ".join(PAGE.split())


def test_the_curve_of_the_distilled_network_is_that_of_its_log() -> None:
    gains = [row["psnr_gain"] for row in lines("training/resjnd-s") if row["event"] == "validate"][-8:]
    told = [f"+{gain:.2f}" for gain in gains]
    assert f"{', '.join(told[:-1])} and {told[-1]} dB after every 1,000" in " ".join(PAGE.split())

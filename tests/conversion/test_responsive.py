"""Responsive sets: which files there are, what they are judged as, and what the manifest says."""

from __future__ import annotations

import hashlib
import io
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from PIL import Image

from jndkit.conversion.responsive import MADE_BY, ResponsiveSet, Variants, parsed, responsive_set
from jndkit.errors import TargetError, UsageError
from jndkit.picture import from_bytes, resampled
from jndkit.pipeline import encode, run
from jndkit.settings import Settings
from tests.cli.conftest import photograph
from tests.conftest import chromium
from tests.report.conftest import FLAGS

SETTINGS = Settings(effort="fast")
VARIANTS = Variants(("webp", "jpeg"), (48, 96, 400))


@pytest.fixture(scope="module")
def picture(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("set") / "a lake, 'calm' & blue.png"
    Image.fromarray(photograph(4, 192, 128)).save(path)
    return path


@pytest.fixture(scope="module")
def made(picture: Path) -> ResponsiveSet:
    return responsive_set(picture, f"sub/{picture.stem}", SETTINGS, VARIANTS)


def manifest(made: ResponsiveSet) -> dict[str, Any]:
    assert made.manifest is not None
    told: dict[str, Any] = json.loads(made.manifest)
    return told


def test_every_format_has_every_width_and_nothing_is_enlarged(made: ResponsiveSet, picture: Path) -> None:
    stem = f"sub/{picture.stem}"
    names = [f"{stem}-{width}.{suffix}" for suffix in ("webp", "jpg") for width in (48, 96, 192)]
    assert [name for name, _ in made.files] == [*names, f"{stem}.html"]
    for (name, data), width in zip(made.files, [48, 96, 192] * 2, strict=False):
        image = Image.open(io.BytesIO(data))
        assert image.size == (width, width * 2 // 3), name


def test_the_manifest_says_what_each_file_is(made: ResponsiveSet, picture: Path) -> None:
    told = manifest(made)
    assert told["made_by"] == MADE_BY
    assert told["picture"]["name"] == picture.name
    assert told["picture"]["sha256"] == hashlib.sha256(picture.read_bytes()).hexdigest()
    assert (told["picture"]["width"], told["picture"]["height"]) == (192, 128)
    for (name, data), file in zip(made.files, told["files"], strict=False):
        assert file["file"] == name.removeprefix("sub/")
        assert (file["bytes"], file["sha256"]) == (len(data), hashlib.sha256(data).hexdigest())
        assert file["jnd"] <= told["target"]["jnd"]
    assert dict(made.files)[f"sub/{picture.stem}.html"].startswith(told["html"].encode())
    assert json.loads(made.row.to_json())["variants"] == told["files"]
    assert made.row.output_sha256 == hashlib.sha256(made.manifest or b"").hexdigest()
    assert made.row.variants is not None
    assert made.row.encodes == sum(file["encodes"] for file in told["files"])


def test_a_width_is_judged_at_its_own_size(made: ResponsiveSet, picture: Path) -> None:
    """As if the small picture had been the input."""
    small = resampled(from_bytes(picture.read_bytes()), 96)
    alone = encode(small, codec="jpeg", effort="fast", force=True)
    (told,) = (file for file in manifest(made)["files"] if file["file"].endswith("-96.jpg"))
    assert (told["knob"], told["jnd"]) == (alone.row.knob, pytest.approx(alone.row.jnd))


def test_it_comes_out_the_same_again(made: ResponsiveSet, picture: Path) -> None:
    assert responsive_set(picture, f"sub/{picture.stem}", SETTINGS, VARIANTS).files == made.files


def test_our_own_files_are_left_alone(made: ResponsiveSet) -> None:
    again = responsive_set(from_bytes(made.files[2][1]), "x", SETTINGS, VARIANTS)
    assert (again.files, again.manifest, again.row.status) == ((), None, "skipped")


def test_a_codec_that_cannot_is_left_out(picture: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def fails(what: Any, settings: Settings) -> Any:
        if settings.codec in failing:
            raise TargetError("no setting of it looks the same")
        return run(what, settings)

    monkeypatch.setattr("jndkit.conversion.responsive.run", fails)
    failing = {"webp"}
    made = responsive_set(picture, "x", SETTINGS, Variants(("webp", "jpeg"), (48,)))
    assert [name for name, _ in made.files] == ["x-48.jpg", "x.html"]
    assert "webp is left out: no setting of it looks the same" in made.row.notes
    failing = {"webp", "jpeg"}
    with pytest.raises(TargetError):
        responsive_set(picture, "x", SETTINGS, Variants(("webp", "jpeg"), (48,)))


@pytest.mark.parametrize(
    ("codecs", "widths", "specs"),
    [
        ("avif,webp,jpeg", "480,960", ("avif", "webp", "jpeg")),
        ("avif:s8,444,jpeg:420", "480", ("avif:s8,444", "jpeg:420")),
    ],
)
def test_options(codecs: str, widths: str, specs: tuple[str, ...]) -> None:
    variants = parsed(codecs, widths)
    assert variants is not None
    assert variants.codecs == specs
    assert str(variants) == f"{codecs} {widths}"


@pytest.mark.parametrize(
    ("codecs", "widths", "reason"),
    [
        ("avif", None, "needs --variants and --widths"),
        (None, "480", "needs --variants and --widths"),
        ("avif", "wide", "whole numbers"),
        ("avif", "0", "at least 1 pixel"),
        ("auto", "480", "auto makes one file"),
        ("bpg", "480", "no browser shows .bpg"),
        ("jpeg:420,jpeg:444", "480", "both write .jpg"),
        ("jpge", "480", "did you mean jpeg"),
    ],
)
def test_options_that_make_no_sense(codecs: str | None, widths: str | None, reason: str) -> None:
    with pytest.raises(UsageError, match=reason):
        parsed(codecs, widths)
    assert parsed(None, None) is None
    with pytest.raises(UsageError, match="--sizes is for pages"):
        parsed(None, None, "50vw")


@pytest.fixture(scope="module")
def page(made: ResponsiveSet, tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Any, Path]]:
    from playwright.sync_api import sync_playwright

    home = tmp_path_factory.mktemp("page")
    for name, data in made.files:
        path = home / name
        path.parent.mkdir(exist_ok=True)
        path.write_bytes(data)
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=str(chromium()), args=[*FLAGS])
        yield browser, home
        browser.close()


@pytest.mark.browser
@pytest.mark.parametrize(("window", "density", "width"), [(40, 1, 48), (80, 1, 96), (80, 2, 192), (1000, 1, 192)])
def test_a_browser_takes_the_width_that_it_needs(
    page: tuple[Any, Path], picture: Path, window: int, density: int, width: int
) -> None:
    browser, home = page
    shown = browser.new_page(viewport={"width": window, "height": 300}, device_scale_factor=density)
    failures: list[str] = []
    shown.on("requestfailed", lambda request: failures.append(request.url))
    shown.goto((home / "sub" / f"{picture.stem}.html").as_uri())
    image = shown.locator("img")
    image.evaluate("image => image.decode()")
    assert failures == []
    taken = image.evaluate("image => decodeURIComponent(image.currentSrc.split('/').pop())")
    smaller = min(("webp", "jpg"), key=lambda suffix: sum(len(data) for name, data in _files(home, suffix)))
    assert taken == f"{picture.stem}-{width}.{smaller}"
    assert image.evaluate("image => image.getAttribute('width')") == "192"
    shown.close()


def _files(home: Path, suffix: str) -> Iterator[tuple[str, bytes]]:
    for path in (home / "sub").glob(f"*.{suffix}"):
        yield path.name, path.read_bytes()

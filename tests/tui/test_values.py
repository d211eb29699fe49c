"""What can be tested with no screen: colours, keys, words, drawings, and the walls around widgets."""

from __future__ import annotations

import ast
from itertools import product
from pathlib import Path

import liqolab_tui
import pytest
from liqolab_tui import themes
from liqolab_tui.drawing.cards import CardStyle
from liqolab_tui.drawing.map import draw_map, find_links
from liqolab_tui.keymap import KEYS, load_user_keys
from liqolab_tui.transcript import KEPT_LINES, Transcript
from textual.color import Color

from liqolab.atlas.regions import regions
from liqolab.learn.texts import catalogue
from tests.tui.fakes import world

PACKAGE = Path(liqolab_tui.__file__).parent
ENOUGH = 4.5


@pytest.mark.parametrize("theme", [name for name in themes.names() if name != themes.TERMINAL])
def test_every_text_can_be_read_on_every_ground(theme: str) -> None:
    colours = themes.palette(theme)
    weak = [
        f"{text} on {ground}: {ratio:.2f}"
        for text, ground in product(themes.TEXT_ROLES, themes.GROUNDS)
        if (ratio := _contrast(colours[text], colours[ground])) < ENOUGH
    ]
    assert weak == []


def _contrast(text: str, ground: str) -> float:
    one, other = (_luminance(Color.parse(colour)) for colour in (text, ground))
    return (max(one, other) + 0.05) / (min(one, other) + 0.05)


def _luminance(colour: Color) -> float:
    parts = [part / 255 for part in (colour.r, colour.g, colour.b)]
    red, green, blue = (part / 12.92 if part <= 0.03928 else ((part + 0.055) / 1.055) ** 2.4 for part in parts)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def test_both_languages_have_every_text_with_the_same_values() -> None:
    english, italian = (
        {key: text for key, text in catalogue(name).items() if key.startswith("tui.")} for name in ("en", "it")
    )
    assert english.keys() == italian.keys()
    assert {key for key in english if _fields(english[key]) != _fields(italian[key])} == set()
    assert [key for key in KEYS if f"tui.key.{key}" not in english] == []


def _fields(text: str) -> set[str]:
    from string import Formatter

    return {name for _, name, _, _ in Formatter().parse(text) if name}


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("[keys", "Expected"),
        ('[keys]\n"lesson.nxt" = "m"', '"lesson.nxt" is none of'),
        ('[keys]\n"lesson.next" = 7', "needs a key"),
        ('[keys]\n"lesson.next" = "c"', '"lesson.next" and "lesson.check" both want c'),
        ("keys = 1", "not a table"),
    ],
)
def test_a_file_of_keys_that_cannot_be_used_says_why(tmp_path: Path, text: str, problem: str) -> None:
    (tmp_path / "keys.toml").write_text(text)
    found = load_user_keys(tmp_path / "keys.toml")
    assert not found.keys and problem in found.problem


def test_a_file_of_keys_is_read(tmp_path: Path) -> None:
    (tmp_path / "keys.toml").write_text('[keys]\n"lesson.next" = ["m", "f9"]\n')
    found = load_user_keys(tmp_path / "keys.toml")
    assert (found.keys, found.problem) == ({"lesson.next": "m,f9"}, "")
    assert load_user_keys(tmp_path / "none.toml").keys == {}


def test_widgets_open_no_files_and_know_no_kubernetes() -> None:
    """What they import is the business of a contract in pyproject.toml; this is what they do without an import."""
    wrong = []
    for path in [*PACKAGE.glob("widgets/*.py"), *PACKAGE.glob("drawing/*.py")]:
        tree = ast.parse(path.read_text())
        calls = [node.func for node in ast.walk(tree) if isinstance(node, ast.Call)]
        wrong += [f"{path.name} says {text}" for text in _texts(tree) if "kube" in text or ".io/" in text]
        wrong += [f"{path.name} opens a file" for call in calls if isinstance(call, ast.Name) and call.id == "open"]
    assert wrong == []


def _texts(tree: ast.Module) -> list[str]:
    """What the code itself says, docstrings left out."""
    documented = (ast.Module, ast.ClassDef, ast.FunctionDef, ast.AsyncFunctionDef)
    nodes = list(ast.walk(tree))
    told = {
        id(node.body[0].value) for node in nodes if isinstance(node, documented) and isinstance(node.body[0], ast.Expr)
    }
    return [
        node.value
        for node in nodes
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and id(node) not in told
    ]


def _say(key: str, /, **values: object) -> str:
    return catalogue("en")[key].format(**values)


@pytest.mark.parametrize("width", [40, 60, 78, 118, 170])
def test_a_map_fits_its_width_and_shows_all_that_matters(width: int) -> None:
    drawing = draw_map(world(), width, CardStyle(_say))
    assert max(len(line) for line in drawing.text.splitlines()) <= width
    for wanted in ("venice", "florence", "naples", "liqo-naples", "liqo-demo", "app-south", "⊘", "Established"):
        assert wanted in drawing.text
    targets = {str(spot.target) for spot in drawing.spots}
    assert {"venice · foreigncluster naples", "naples · node naples-control-plane"} <= targets
    for spot in drawing.spots:
        assert spot.x >= 0 and spot.x + spot.width <= width


def test_lines_between_clusters_are_nested_and_lead_from_consumer_to_provider() -> None:
    links = find_links(world())
    assert [(link.consumer, link.provider) for link in links] == [(0, 2), (0, 1)]
    top = draw_map(world(), 118, CardStyle(_say)).text.splitlines()
    assert top[0].strip().startswith("╔") and top[0].strip().endswith("╗") and top[2].count("▼") == 2
    # They start at the node that stands for the provider.
    assert [line[line.index("□") + 2 :].split()[0] for line in top if "╞" in line] == ["liqo-florence", "liqo-naples"]
    narrow = draw_map(world(), 60, CardStyle(_say)).text.splitlines()
    assert [line.split("□ ")[1].split()[0] for line in narrow if "╞" in line] == ["liqo-florence", "liqo-naples"]


def test_the_map_says_where_pods_may_be_and_where_else_they_are() -> None:
    style = CardStyle(_say, regions=regions(world(), {"venice": "north"}))
    for width in (78, 118, 170):
        text = draw_map(world(), width, style).text
        for title in ("venice · north", "florence · center", "naples · south"):
            assert title in text
        assert "liqo-florence" in text and "⊘ forbidden" in text and "✓ allowed" in text
        assert "⇢ naples" in text and "⇠ venice" in text


def test_a_thousand_pods_are_counted_and_not_listed() -> None:
    from dataclasses import replace

    from liqolab.atlas.world import Pod, World

    many = tuple(Pod("liqo-demo", f"app-{i}-x-y", "Running", True, "liqo-naples", f"app-{i}") for i in range(1000))
    crowded = World((replace(world().clusters[0], pods=many),))
    drawing = draw_map(crowded, 60, CardStyle(_say))
    assert "and 992 more" in drawing.text and "● 1000" in drawing.text and len(drawing.lines) < 30


def test_a_transcript_is_plain_and_bounded() -> None:
    transcript = Transcript()
    transcript.write("a\x1b[31mred\x1b[0m\x07\rdone 50%\rdone 100%\nhalf")
    assert [entry.text for entry in transcript.drain()] == ["done 100%"]
    assert transcript.unfinished == "half"
    transcript.write("\n" + "x\n" * (KEPT_LINES + 10))
    fresh = transcript.drain()
    assert fresh[0].kind == "skipped" and len(fresh) == KEPT_LINES + 1
    transcript.write("y" * 5_000_000)
    assert len(transcript.unfinished) < 3000

"""The picture beside a link to a report: plain values in, a PNG out. Pillow is loaded here alone.

The site's two fonts come in two files each, Latin and Vietnamese letters: a text is drawn in
stretches, each from the file that has its letters.
"""

from __future__ import annotations

import io
import re
import unicodedata
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from PIL.Image import Image
    from PIL.ImageDraw import ImageDraw
    from PIL.ImageFont import FreeTypeFont

WIDTH, HEIGHT = 1200, 630
LEFT, RIGHT = 72, WIDTH - 72
TITLE_TOP, TITLE_ROOM = 118, 288  # the title's place between the head and the figures
SIZES = (82, 74, 66, 60, 54, 48, 43, 39)
LINES, LINE_HEIGHT = 5, 1.17
SMOOTH = 3  # shapes are drawn so many times larger and then reduced: Pillow's edges are hard
COLOURS = 64  # paper, ink, four hues, and their soft edges
PAPER, INK, SOFT, RULE, ACCENT = "#fbfaf7", "#16181d", "#585d68", "#dedad0", "#8a1c2b"
HUES = {"up": "#0b6b3a", "down": "#b3261e", "flat": "#7a5b00"}
NOTE = "#fbf1d9"
# what the two files hold, as in css/fonts.css; what neither has is left out
_VIETNAMESE = re.compile("[ĂăĐđĨĩŨũƠơƯư\u0300\u0301\u0303\u0304\u0308\u0309\u0323\u0329Ạ-ỹ₫]+")
_MISSING = re.compile("[^\u0020-\u007e\u00a0-\u00ffĂăĐđĨĩŨũƠơƯưẠ-ỹıŒœ‐-\u2027‰′″‹›₫€™−\n]")

Point = tuple[float, float]


@dataclass(frozen=True, slots=True)
class Number:
    """A headline figure: `direction` is up, down or flat, and drawn as a shape too."""

    name: str
    level: str
    change: str
    direction: str


@dataclass(frozen=True, slots=True)
class Content:
    """What a card shows. `line` are the values of the small chart, `line_name` says of what."""

    kicker: str
    title: str
    foot: str
    numbers: Sequence[Number] = ()
    line: Sequence[float] = ()
    line_name: str = ""
    mark: str = ""


class Artist:
    """Draws cards with the fonts of one folder, which it reads once."""

    def __init__(self, fonts: Path) -> None:
        self._folder = fonts
        self._fonts: dict[tuple[str, str, int], FreeTypeFont] = {}

    def card(self, content: Content) -> bytes:
        """The card as an optimised PNG."""
        from PIL import Image

        image = Image.new("RGB", (WIDTH, HEIGHT), PAPER)
        sheet = _Sheet(self, image)
        sheet.head(content)
        sheet.title(content.title)
        sheet.foot(content)
        return _png(image.quantize(COLOURS, dither=Image.Dither.NONE))

    def logo(self, size: int = 512) -> bytes:
        """The brand's sign alone, as a square PNG."""
        from PIL import Image

        image = Image.new("RGB", (size, size), ACCENT)
        _smoothly(image, (0, 0, size, size), ACCENT, lambda draw: _sign(draw, size, "#fff"))
        return _png(image.quantize(COLOURS, dither=Image.Dither.NONE))

    def font(self, family: str, script: str, size: int) -> FreeTypeFont:
        from PIL import ImageFont

        key = (family, script, size)
        if key not in self._fonts:
            name = {
                "serif": f"source-serif-4-{script}-wght-normal",
                "sans": f"be-vietnam-pro-{script}-400-normal",
                "bold": f"be-vietnam-pro-{script}-600-normal",
            }[family]
            font = ImageFont.truetype(str(self._folder / f"{name}.woff2"), size)
            if family == "serif":
                font.set_variation_by_axes([650])
            self._fonts[key] = font
        return self._fonts[key]


@dataclass(frozen=True, slots=True)
class _Style:
    family: str
    size: int
    colour: str = INK


class _Sheet:
    """One card being drawn; texts stand on their base lines."""

    def __init__(self, artist: Artist, image: Image) -> None:
        from PIL import ImageDraw

        self._artist, self._image, self._draw = artist, image, ImageDraw.Draw(image)

    def head(self, content: Content) -> None:
        self._draw.rectangle((0, 0, WIDTH, 10), ACCENT)
        _smoothly(self._image, (LEFT - 8, 40, 54, 54), PAPER, lambda draw: _sign(draw, 54, ACCENT))
        self._text((LEFT + 58, 78), "Marketsite", _Style("bold", 34))
        self._text_before((RIGHT, 78), content.kicker, _Style("sans", 26, SOFT))

    def title(self, text: str) -> None:
        """As large as its place allows, in lines of about one width."""
        text = printable(text)
        for size in SIZES:
            style = _Style("serif", size)
            lines = self._balanced(text, style)
            height = len(lines) * size * LINE_HEIGHT
            if height <= TITLE_ROOM and max(map(self._ruler(style), lines)) <= RIGHT - LEFT:
                break
        else:
            parts = _parted(text, self._ruler(style), RIGHT - LEFT)
            lines = _cut(self._balanced(parts, style), LINES)
        height = len(lines) * size * LINE_HEIGHT
        top = TITLE_TOP + (TITLE_ROOM - height) / 2 + size * 0.9
        for at, line in enumerate(lines):
            self._text((LEFT, top + at * size * LINE_HEIGHT), line, style)

    def foot(self, content: Content) -> None:
        self._draw.line((LEFT, 428, RIGHT, 428), RULE, 2)
        left: float = LEFT
        for number in content.numbers:
            left = self._number(left, number) + 44
        if len(content.line) > 1:
            self._line(max(round(left), RIGHT - 300), content)
        self._text((LEFT, 600), content.foot, _Style("sans", 24, SOFT))
        if content.mark:
            self._mark(content.mark)

    def _number(self, left: float, number: Number) -> float:
        """Draws a figure at `left`; where it ends."""
        hue = HUES[number.direction]
        end = self._text((left, 470), number.name, _Style("sans", 24, SOFT))
        level = self._text((left, 511), number.level, _Style("bold", 34))
        box = (round(left), 529, 18, 18)
        _smoothly(self._image, box, PAPER, lambda draw: _shape(draw, 18, number.direction, hue))
        change = self._text((left + 26, 546), number.change, _Style("bold", 24, hue))
        return max(end, level, change)

    def _line(self, left: int, content: Content) -> None:
        box = (left, 452, RIGHT - left, 90)
        _smoothly(self._image, box, PAPER, lambda draw: _course(draw, box[2], box[3], content.line))
        self._text_before((RIGHT, 568), content.line_name, _Style("sans", 20, SOFT))

    def _mark(self, text: str) -> None:
        style = _Style("bold", 24, HUES["flat"])
        width = self._ruler(style)(text)
        self._draw.rounded_rectangle((RIGHT - width - 40, 583, RIGHT, 617), 17, NOTE)
        self._text_before((RIGHT - 20, 608), text, style)

    def _text(self, at: Point, text: str, style: _Style) -> float:
        """Draws a text; where it ends."""
        x, y = at
        for script, stretch in _stretches(printable(text)):
            font = self._artist.font(style.family, script, style.size)
            self._draw.text((x, y), stretch, style.colour, font, anchor="ls")
            x += font.getlength(stretch)
        return x

    def _text_before(self, at: Point, text: str, style: _Style) -> None:
        right, y = at
        self._text((right - self._ruler(style)(text), y), text, style)

    def _ruler(self, style: _Style) -> _Ruler:
        return _Ruler(self._artist, style)

    def _balanced(self, text: str, style: _Style) -> list[str]:
        """The fewest lines, and then the narrowest that hold the text in so many."""
        words, ruler = text.split(" "), self._ruler(style)
        room = RIGHT - LEFT
        count, low, high = len(_broken(words, ruler, room)), 0, room
        while high - low > 8:
            middle = (low + high) // 2
            if len(_broken(words, ruler, middle)) > count:
                low = middle
            else:
                high = middle
        return _broken(words, ruler, high)


class _Ruler:
    """The width of a text in one style; a word is measured once."""

    def __init__(self, artist: Artist, style: _Style) -> None:
        self._artist, self._style = artist, style
        self._known: dict[str, float] = {}

    def __call__(self, text: str) -> float:
        return sum(map(self._word, text.split(" "))) + text.count(" ") * self.space

    @cached_property
    def space(self) -> float:
        return self._artist.font(self._style.family, "latin", self._style.size).getlength(" ")

    def _word(self, word: str) -> float:
        if word not in self._known:
            self._known[word] = sum(
                self._artist.font(self._style.family, script, self._style.size).getlength(part)
                for script, part in _stretches(printable(word))
            )
        return self._known[word]


def printable(text: str) -> str:
    """A text in composed letters, of those alone that the fonts have, with single spaces."""
    text = _MISSING.sub(" ", unicodedata.normalize("NFC", text))
    return " ".join(part for part in re.split("[ \n]+", text) if part)


def _stretches(text: str) -> Iterable[tuple[str, str]]:
    """The text's parts with the file that has their letters."""
    end = 0
    for match in _VIETNAMESE.finditer(text):
        if match.start() > end:
            yield "latin", text[end : match.start()]
        yield "vietnamese", match[0]
        end = match.end()
    if end < len(text):
        yield "latin", text[end:]


def _parted(text: str, ruler: _Ruler, room: float) -> str:
    """The text with spaces in each word that is wider than a line."""
    words: list[str] = []
    for word in text.split(" "):
        count = int(ruler(word) // room) + 1
        size = -(-len(word) // count)
        words += [word[at : at + size] for at in range(0, len(word), size)]
    return " ".join(words)


def _broken(words: Sequence[str], ruler: _Ruler, room: float) -> list[str]:
    """Lines of at most that width; a word that is wider stands alone."""
    lines: list[str] = []
    width = 0.0
    for word in words:
        wide = ruler(word)
        if lines and width + ruler.space + wide <= room:
            lines[-1] += f" {word}"
            width += ruler.space + wide
        else:
            lines.append(word)
            width = wide
    return lines


def _cut(lines: list[str], count: int) -> list[str]:
    """The first lines, shortened to what the width holds, and a sign that there is more."""
    kept = lines[:count]
    if len(lines) > count:
        kept[-1] = kept[-1].rpartition(" ")[0].rstrip(",;:–-") + "…"
    return kept


Paint = Callable[["ImageDraw"], None]


def _smoothly(image: Image, box: tuple[int, int, int, int], ground: str, paint: Paint) -> None:
    """Let `paint` draw shapes on a larger sheet, and set that into the box: left, top, sizes."""
    from PIL import Image as images
    from PIL import ImageDraw

    left, top, width, height = box
    large = images.new("RGB", (width * SMOOTH, height * SMOOTH), ground)
    paint(ImageDraw.Draw(large))
    image.paste(large.resize((width, height), images.Resampling.LANCZOS), (left, top))


def _sign(draw: ImageDraw, size: float, colour: str) -> None:
    """The brand's rising line with its dot, in a square."""
    unit = size * SMOOTH / 24
    points = [(x * unit, y * unit) for x, y in ((4, 17), (9, 11), (13, 15), (19, 7))]
    draw.line(points, colour, round(2 * unit), joint="curve")
    for point, radius in ((points[0], 1.0), (points[-1], 2.0)):
        draw.ellipse(_round(point, radius * unit), colour)


def _shape(draw: ImageDraw, size: int, direction: str, hue: str) -> None:
    size *= SMOOTH
    if direction == "flat":
        draw.ellipse((0, 0, size - 1, size - 1), hue)
        return
    top, foot = (0, size - 1) if direction == "up" else (size - 1, 0)
    draw.polygon([(0, foot), (size - 1, foot), (size / 2, top)], hue)


def _course(draw: ImageDraw, width: int, height: int, values: Sequence[float]) -> None:
    """A line of the values with a dot at the last."""
    low, high = min(values), max(values)
    edge = 8 * SMOOTH
    step = (width * SMOOTH - 2 * edge) / (len(values) - 1)
    scale = (height * SMOOTH - 2 * edge) / ((high - low) or 1)
    points = [
        (edge + at * step, height * SMOOTH - edge - (value - low) * scale)
        for at, value in enumerate(values)
    ]
    draw.line(points, INK, 4 * SMOOTH, joint="curve")
    draw.ellipse(_round(points[-1], 7 * SMOOTH), ACCENT)


def _round(centre: Point, radius: float) -> tuple[float, float, float, float]:
    x, y = centre
    return x - radius, y - radius, x + radius, y + radius


def _png(image: Image) -> bytes:
    stream = io.BytesIO()
    image.save(stream, "PNG", optimize=True)
    return stream.getvalue()

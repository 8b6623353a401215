from __future__ import annotations

from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management.base import CommandParser

from marketsite.management import JobCommand
from reports.publishing import cards
from reports.publishing.card_drawing import Artist


class Command(JobCommand):
    help = "Draw the pictures that reports lack: old ones, or all after a change of the design."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument(
            "--site",
            action="store_true",
            help="draw the site's own pictures into static/img instead: default card and logo",
        )

    def run(self, **options: Any) -> None:
        if options["site"]:
            self._draw_site()
            return
        self.stdout.write(f"{cards.draw_missing(newest=None)} cards drawn")

    def _draw_site(self) -> None:
        artist = Artist(cards.FONTS)
        folder = Path(settings.BASE_DIR) / "static/img"
        (folder / "card.png").write_bytes(artist.card(cards.default_content()))
        (folder / "logo.png").write_bytes(artist.logo())
        self.stdout.write(f"card.png and logo.png drawn in {folder}")

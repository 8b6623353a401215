"""`make messages`: collect the interface's strings and compile the Vietnamese catalogue.

Works without GNU gettext: Babel reads Python, and templates after Django has turned them into what
a Python reader understands. `faults()` is the check that the committed catalogue is whole.
"""

from __future__ import annotations

import io
import re
import sys
from collections.abc import Iterator
from pathlib import Path

from babel.messages import mofile, pofile
from babel.messages.catalog import Catalog
from babel.messages.extract import extract
from django.utils.translation.template import templatize

ROOT = Path(__file__).resolve().parent.parent
FOLDER = ROOT / "locale" / "vi" / "LC_MESSAGES"
SOURCE, COMPILED = FOLDER / "django.po", FOLDER / "django.mo"
CODE = ("market", "reports", "marketsite")
KEYWORDS = {
    "_": None,
    "gettext": None,
    "gettext_lazy": None,
    "gettext_noop": None,
    "ngettext": (1, 2),
    "ngettext_lazy": (1, 2),
    "npgettext": ((1, "c"), 2, 3),
    "pgettext": ((1, "c"), 2),
    "pgettext_lazy": ((1, "c"), 2),
}


def main() -> int:
    """Renew both files; 1 while a string has no translation."""
    catalogue = _stored()
    catalogue.update(_collected(), no_fuzzy_matching=True, update_header_comment=False)
    catalogue.obsolete.clear()
    FOLDER.mkdir(parents=True, exist_ok=True)
    with SOURCE.open("wb") as file:
        pofile.write_po(file, catalogue, sort_output=True, no_location=True, width=100)
    COMPILED.write_bytes(_compiled(_stored()))
    found = faults()
    sys.stdout.write("".join(f"{line}\n" for line in found) or "The catalogue is complete.\n")
    return 1 if found else 0


def faults() -> list[str]:
    """What is wrong with the committed catalogue, one line each; none is well."""
    wanted = {_key(message.id, message.context) for message in _collected() if message.id}
    stored = _stored()
    known = {_key(message.id, message.context): message for message in stored if message.id}
    found = [f"not collected: {key[0]}" for key in sorted(wanted - known.keys())]
    found += [f"no longer used: {key[0]}" for key in sorted(known.keys() - wanted)]
    for message in known.values():
        texts = message.string if isinstance(message.string, tuple | list) else (message.string,)
        if not all(texts) or message.fuzzy:
            found.append(f"not translated: {message.id}")
        elif placeholders(message.id) != placeholders(texts):
            found.append(f"placeholders differ: {message.id}")
    if not COMPILED.exists() or COMPILED.read_bytes() != _compiled(stored):
        found.append("django.mo is not compiled from django.po: run `make messages`")
    return found


def placeholders(texts: str | tuple[str, ...] | list[str]) -> set[str]:
    """The named places of a message: `%(count)s`, `{name}`."""
    whole = texts if isinstance(texts, str) else " ".join(texts)
    return set(re.findall(r"%\(\w+\)s|\{\w*\}", whole))


def _stored() -> Catalog:
    if not SOURCE.exists():
        return Catalog(locale="vi", project="Marketsite", charset="utf-8")
    with SOURCE.open("rb") as file:
        return pofile.read_po(file, locale="vi")


def _collected() -> Catalog:
    catalogue = Catalog(locale="vi", project="Marketsite", charset="utf-8")
    for path, source in _sources():
        for _, ids, comments, context in extract("python", io.BytesIO(source), KEYWORDS):
            catalogue.add(ids, locations=[(path, 1)], auto_comments=comments, context=context)
    return catalogue


def _sources() -> Iterator[tuple[str, bytes]]:
    for app in CODE:
        for file in sorted((ROOT / app).rglob("*.py")):
            yield str(file.relative_to(ROOT)), file.read_bytes()
    for file in sorted((ROOT / "templates").rglob("*.html")):
        name = str(file.relative_to(ROOT))
        text = templatize(file.read_text(encoding="utf-8"), origin=name)
        yield name, re.sub(r"^[ \t]+", "", text, flags=re.MULTILINE).encode()


def _key(identifier: str | tuple[str, ...] | list[str], context: str | None) -> tuple[str, str]:
    return identifier if isinstance(identifier, str) else identifier[0], context or ""


def _compiled(catalogue: Catalog) -> bytes:
    buffer = io.BytesIO()
    mofile.write_mo(buffer, catalogue)
    return buffer.getvalue()


if __name__ == "__main__":
    sys.exit(main())

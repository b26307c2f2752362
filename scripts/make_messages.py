"""Bring crossposter/locale up to date: the template, and for each language what is edited (.po) and what is read (.mo).

    python scripts/make_messages.py

Every sentence for people is the first argument of a call of `say` in crossposter/. What is new gets an empty
translation in the .po: fill it in and run this again. The .mo files are committed, since gettext reads nothing else. No
date, line number or version is written, so that a file changes only when a sentence does.
"""

from __future__ import annotations

import io
from collections.abc import Mapping
from pathlib import Path

from babel.messages import Catalog
from babel.messages.extract import extract
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po, write_po

PACKAGE = Path(__file__).parents[1] / "crossposter"
LOCALE = PACKAGE / "locale"
LANGUAGES = ("tr",)  # English stands in the code
_HEADERS = {"MIME-Version": "1.0", "Content-Type": "text/plain; charset=utf-8", "Content-Transfer-Encoding": "8bit"}


class _Catalogue(Catalog):
    """A catalogue whose header never changes."""

    def _get_mime_headers(self) -> list[tuple[str, str]]:
        return list({**_HEADERS, **({"Language": str(self.locale)} if self.locale else {})}.items())

    mime_headers = property(_get_mime_headers)


def sources() -> dict[str, list[str]]:
    """Find every template in the code, with the files where it stands."""
    found: dict[str, list[str]] = {}
    for path in sorted(PACKAGE.rglob("*.py")):
        for _, template, _, _ in extract("python", io.BytesIO(path.read_bytes()), keywords={"say": None}):
            found.setdefault(str(template), []).append(path.relative_to(PACKAGE.parent).as_posix())
    return found


def translations(language: str) -> dict[str, str]:
    """Read the translations that there are; those marked as fuzzy do not count."""
    with po_path(language).open("rb") as file:
        return {str(m.id): str(m.string) for m in read_po(file, locale=language) if m.id and m.string and not m.fuzzy}


def catalogue(found: Mapping[str, list[str]], language: str | None = None) -> Catalog:
    """Make the catalogue of a language, or the template, from the code and the translations that there are."""
    known = translations(language) if language else {}
    made = _Catalogue(locale=language, header_comment="", fuzzy=False)
    for template, names in found.items():
        made.add(template, known.get(template, ""), locations=[(name, 0) for name in names])
    return made


def po_path(language: str) -> Path:
    """Give the path of a language's translations."""
    return LOCALE / language / "LC_MESSAGES" / "crossposter.po"


def files() -> dict[Path, bytes]:
    """Make all files, in memory."""
    found = sources()
    made = {LOCALE / "crossposter.pot": _po(catalogue(found))}
    for language in LANGUAGES:
        translated = catalogue(found, language)
        compiled = io.BytesIO()
        write_mo(compiled, translated)
        made |= {po_path(language): _po(translated), po_path(language).with_suffix(".mo"): compiled.getvalue()}
    return made


def _po(made: Catalog) -> bytes:
    written = io.BytesIO()
    write_po(written, made, width=0, sort_output=True, include_lineno=False)
    return written.getvalue()


if __name__ == "__main__":
    for file, content in files().items():
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(content)
    for lang in LANGUAGES:
        missing = sorted(set(sources()) - set(translations(lang)))
        print("\n".join([f"{lang}: {len(missing)} sentences without a translation", *missing]))

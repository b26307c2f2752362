"""Every sentence for people can be said in every language, and the catalogues say what the code says."""

from __future__ import annotations

import ast
import gettext
import hashlib
import io
import json
import os
import string
import subprocess
import sys
from importlib.util import module_from_spec, spec_from_file_location
from pathlib import Path
from types import ModuleType

import pytest

from crossposter.errors import ConfigError, Problem
from crossposter.ledger.records import packed, unpacked
from crossposter.messages import LANGUAGES, Translator, language_of
from crossposter.wording import Message, say

ROOT = Path(__file__).parents[1]
SCRIPT = ROOT / "scripts" / "make_messages.py"


def _script() -> ModuleType:
    spec = spec_from_file_location("make_messages", SCRIPT)
    assert spec
    assert spec.loader
    module = module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


make_messages = _script()
Translations = dict[str, dict[str, str]]


@pytest.fixture(scope="module")
def made() -> dict[Path, bytes]:
    """The catalogues, made anew from the code."""
    found: dict[Path, bytes] = make_messages.files()
    return found


@pytest.fixture(scope="module")
def templates() -> list[str]:
    """Every sentence of the code."""
    return sorted(make_messages.sources())


@pytest.fixture(scope="module")
def translations() -> Translations:
    """What each sentence is in each language."""
    return {language: make_messages.translations(language) for language in make_messages.LANGUAGES}


def fields(template: str) -> set[tuple[str, str, str | None]]:
    """Name the values of a template, with how they are to be written."""
    return {(name, spec or "", how) for _, name, spec, how in string.Formatter().parse(template) if name is not None}


def dummies(template: str) -> dict[str, object]:
    """Make up values that fit the formats of a template."""
    return {name: 1.5 if spec else f"<{name}>" for name, spec, _ in fields(template)}


# -- the catalogues --------------------------------------------------------------------------------------------------


def test_the_catalogues_are_up_to_date_with_the_code(made: dict[Path, bytes]) -> None:
    changed = [str(path) for path, content in made.items() if path.read_bytes() != content]
    assert changed == [], "run: make messages"


def test_making_the_catalogues_twice_gives_the_same_bytes(made: dict[Path, bytes]) -> None:
    assert make_messages.files() == made


def test_another_process_makes_the_same_bytes(made: dict[Path, bytes]) -> None:
    code = (
        "import sys, hashlib; sys.path.insert(0, 'scripts'); import make_messages as m; "
        "print(hashlib.sha256(b''.join(m.files().values())).hexdigest())"
    )
    done = subprocess.run(
        [sys.executable, "-c", code],
        cwd=ROOT,
        env={**os.environ, "PYTHONHASHSEED": "1", "TZ": "Pacific/Auckland"},
        capture_output=True,
        text=True,
        check=True,
    )
    assert done.stdout.strip() == hashlib.sha256(b"".join(made.values())).hexdigest()


def test_every_sentence_is_found_that_the_code_says(templates: list[str]) -> None:
    """A template that is not written out where `say` is called would never be translated."""
    said = set()
    for path in (ROOT / "crossposter").rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text("utf-8"))):
            if not (isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "say"):
                continue
            if len(node.args) == 1 and isinstance(node.args[0], ast.Constant):
                said.add(node.args[0].value)
            else:
                assert ast.unparse(node) in ("say(problem.message)", "say(error.message)"), path
    assert said == set(templates)


@pytest.mark.parametrize("language", make_messages.LANGUAGES)
def test_every_sentence_is_translated(templates: list[str], translations: Translations, language: str) -> None:
    assert set(templates) - set(translations[language]) == set()


@pytest.mark.parametrize("language", make_messages.LANGUAGES)
def test_no_translation_is_marked_as_a_guess(language: str) -> None:
    assert "fuzzy" not in make_messages.po_path(language).read_text("utf-8")


@pytest.mark.parametrize("language", make_messages.LANGUAGES)
def test_a_translation_names_the_same_values_in_the_same_format(translations: Translations, language: str) -> None:
    different = {
        template
        for template, translation in translations[language].items()
        if fields(template) != fields(translation) or "'{" in translation or "}'" in translation
    }
    assert different == set()


def test_no_turkish_suffix_hangs_on_a_value(translations: Translations) -> None:
    """It would have to follow the value's last vowel."""
    behind_values = [
        (literal, translation)
        for translation in translations["tr"].values()
        for literal, _, _, _ in [*string.Formatter().parse(translation)][1:]
    ]
    hanging = {text for literal, text in behind_values if literal[:1].isalpha() or literal.startswith(("'", "’"))}
    assert all("{width}x{height}" in text for text in hanging)  # no suffix: a size


@pytest.mark.parametrize("language", make_messages.LANGUAGES)
def test_what_gettext_reads_is_what_was_translated(
    templates: list[str], translations: Translations, language: str
) -> None:
    compiled = make_messages.po_path(language).with_suffix(".mo").read_bytes()
    catalogue = gettext.GNUTranslations(io.BytesIO(compiled))
    assert {template: catalogue.gettext(template) for template in templates} == translations[language]


def test_a_sentence_can_be_said_in_every_language(templates: list[str]) -> None:
    assert {template for template in templates if not is_sayable(template)} == set()


def is_sayable(template: str) -> bool:
    """Tell whether what is said names every value, leaves no brace, and is in English what the code says."""
    values = dummies(template)
    told = {language: Translator(language)(say(template, **values)) for language in LANGUAGES}
    return told["en"] == str(say(template, **values)) and all(
        said and "{" not in said and all(str(value) in said for value in values.values()) for said in told.values()
    )


# -- the translator --------------------------------------------------------------------------------------------------


def test_a_sentence_inside_a_sentence_is_translated_too() -> None:
    inner = say("there is no such file")
    outer = say("the file cannot be read: {cause}", cause=inner)
    assert Translator("tr")(outer) == "dosya okunamıyor: böyle bir dosya yok"
    assert Translator("en")(outer) == "the file cannot be read: there is no such file"
    assert str(outer) == "the file cannot be read: there is no such file"


@pytest.mark.parametrize("language", ["de", "", "../tr", "en"])
def test_an_unknown_language_is_english(language: str) -> None:
    assert Translator(language)(say("published")) == "published"


def test_a_sentence_without_a_translation_is_said_in_english() -> None:
    assert Translator("tr")(Message("something that {who} never said", {"who": "nobody"})) == (
        "something that nobody never said"
    )


@pytest.mark.parametrize(
    ("environ", "language"),
    [
        ({}, "en"),
        ({"LANG": "tr_TR.UTF-8"}, "tr"),
        ({"LANG": "tr"}, "tr"),
        ({"LANG": "C.UTF-8"}, "en"),
        ({"LANG": "en_GB.UTF-8", "LC_MESSAGES": "tr_TR"}, "tr"),
        ({"LANG": "tr_TR.UTF-8", "LC_ALL": "C"}, "en"),
        ({"LANG": "tr_TR.UTF-8", "LC_ALL": ""}, "tr"),
    ],
)
def test_the_terminal_says_the_language(environ: dict[str, str], language: str) -> None:
    assert language_of(environ) == language


# -- kept sentences --------------------------------------------------------------------------------------------------


def test_a_kept_sentence_can_still_be_translated() -> None:
    sentence = say(
        "{meaning}: {act} (HTTP {status}: {words})",
        meaning=say("X failed while it worked"),
        act=say("crossposter tries again by itself"),
        status=400,
        words="Bad {Request}",
    )
    kept = unpacked(json.loads(json.dumps(packed(sentence))))
    assert kept
    assert Translator("tr")(kept) == (
        "X işlem sırasında hata verdi: crossposter kendiliğinden yeniden dener (HTTP 400: Bad {Request})"
    )
    assert str(kept) == str(sentence)


def test_no_sentence_is_kept_as_nothing() -> None:
    assert packed(None) is None
    assert unpacked(None) is None


def test_problems_of_a_configuration_keep_their_language_to_themselves() -> None:
    error = ConfigError([Problem("a.yaml", 3, "feeds", say("this is missing: add it"))], language="tr")
    assert str(error) == "a.yaml:3: feeds: this is missing: add it"
    assert Translator("tr")(error.message) == "yapılandırmada 1 sorun var"
    assert Translator("tr")(error.problems[0].message) == "bu ayar eksik: ekleyin"

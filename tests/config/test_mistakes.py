"""Each mistake a person can make in the YAML, with the line, the path and the sentence that answer it."""

from __future__ import annotations

import random
import re
from pathlib import Path

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from pydantic import BaseModel

from crossposter.adapters.facebook import FacebookOptions
from crossposter.adapters.instagram import GraphCredentials, GraphOptions
from crossposter.adapters.twitter import TwitterOptions
from crossposter.config import MAX_BYTES, AccountModel, ConfigModel, FeedModel, load_config
from crossposter.config.models import Endpoint
from crossposter.errors import ConfigError
from tests.city import DEMO_CONFIG
from tests.config.conftest import ENVIRON, RIGHT, Complaints, Found, changed

TEXT = "a text is wanted here: one value behind the colon"
BLOCK = "a block of keys is wanted here: each on a line of its own, indented"
LIST = "a list is wanted here: one item a line, each beginning with '- '"
EMPTY = "this is empty: write a value"
MISSING = "this is missing: add it"
MISSING_PIN = "this is missing: add it; 'crossposter login' prints what to write"
MISSING_OF_APP = "this is missing: add it, here or once for all accounts under 'apps:'"
NAMED = "a secret is named here, never written: use env:NAME or file:PATH"
ADDRESS = "this is no web address: it begins with https:// and holds no spaces"
LOOPBACK = "only the sandbox on this machine (127.0.0.1) may stand here; a real account needs none"
ZONE = "this is no time zone: write it like Europe/Istanbul"
PATTERN = "this is no regular expression: a bracket may be missing; copy the one of the example"
OPENED = "a network (10.1.2.0/24), an address or the name of a host is wanted here, without https://"
LEDGER = "the ledger is written as sqlite:///PATH or postgresql+psycopg://USER@HOST:PORT/NAME"
ALIAS = "anchors and aliases (& and *) are not allowed here: write it out, or put the text in quotes"
NOTHING = "the file holds no settings: it begins with keys like 'feeds:'"
COLON = (
    "here or in the line above a colon is missing or one too many, or the indentation is wrong; "
    "a text with a colon and a space in it needs quotes"
)
BRACKET = "a bracket opens here and never closes, or a comma is missing inside it"
PLATFORM = "the platform is missing: add 'platform:' with one of twitter, facebook, instagram"
UNSEEN = "this holds a character that cannot be seen: type it anew"
RISK = "instagrapi imitates the Instagram app, and Instagram may lock the account: say true to accept that"
FOLDER = (
    "this platform fetches pictures itself: write `media:` with public_dir and public_base_url, "
    "or another picture_by here"
)
APPROVAL = (
    "write none, required, or a block: mode: required, and under it for: (a list of categories, or the word"
    " holds) and expires: (a span of time)"
)
INDENTED = "this line is not indented like the lines that it belongs to"

NAMES = "[izmir-x, izmir-facebook, izmir-instagram]"
URL = "url: https://www.izmir.bel.tr/RSS"
PAGE_PIN = 'expect: {id: "456"}'
#: Instagram's account once more, by the official way.
GRAPH_TOO = """\
  - id: izmir-instagram-too
    platform: instagram
    backend: graph
    approval: none
    picture_by: feed
    expect: {{id: "17841", handle: {}}}
    credentials: {{access_token: env:TOKEN}}
"""
X_KEYS = "{api_key: env:KEY, api_secret: env:KEY, access_token: env:TOKEN, access_secret: env:TOKEN}"


def put(new: str, *, behind: str) -> str:
    """Give the right file with a line added."""
    return changed((behind, f"{behind}\n{new}"))


def possible(*models: type[BaseModel]) -> str:
    """Name the keys of a block as the program does; new ones are added all the time."""
    return ", ".join(sorted({key for model in models for key in model.model_fields}))


def one(line: int, path: str, sentence: str) -> Found:
    return [(line, path, sentence)]


#: What YAML itself does not allow, and what only looks like YAML. Nothing else can be said of such a file.
BROKEN: dict[str, tuple[str, int, str]] = {
    "an empty file": ("", 0, NOTHING),
    "nothing but comments": ("# feeds:\n\n", 0, NOTHING),
    "a list at the top": ("- feeds\n- accounts\n", 1, NOTHING),
    "one word": ("\nfeeds\n", 2, NOTHING),
    "a colon forgotten": (changed(("timezone: ", "timezone ")), 2, COLON),
    "a colon in a text": (changed((URL, "url: RSS: https://www.izmir.bel.tr")), 5, COLON),
    "indented too far": (changed(("    language: tr", "      language: tr")), 6, COLON),
    "indented too little": (changed(("    language: tr", "   language: tr")), 6, INDENTED),
    "indented with a tab": (
        changed(("    language: tr", "\tlanguage: tr")),
        6,
        "this line is indented with a tab: YAML wants spaces",
    ),
    "a quote left open": (
        changed((URL, 'url: "https://www.izmir.bel.tr/RSS'))
        .replace('{id: "123", handle: izmirbld}', "{id: 123}")
        # No other quote may follow, or that one would close it.
        .replace('"456"', "456")
        .replace('"789"', "789"),
        5,
        "a quotation mark opens here and never closes",
    ),
    "a bracket left open": (changed((NAMES, NAMES[:-1])), 7, BRACKET),
    "a comma forgotten": (changed((NAMES, "['izmir-x' 'izmir-facebook']")), 7, BRACKET),
    "a handle with @": (
        changed(("handle: izmirbld", "handle: @izmirbld")),
        11,
        "a text that begins with a special sign needs quotes around it",
    ),
    "a Windows path in double quotes": (
        changed((URL, r'url: "C:\Users"')),
        5,
        "a backslash has a meaning of its own here: use single quotes",
    ),
    "two files in one": (f"{RIGHT}---\n{RIGHT}", 30, "a second file begins here: remove the line of dashes (---)"),
    "an alias of nothing": (changed((URL, "url: *secret-text")), 5, ALIAS),
    "braces as in a template": (
        put("    {{ title }}: x", behind="id: izmir-tr"),
        5,
        "a key is a plain word: a text that begins with a bracket or a brace needs quotes",
    ),
    "a NUL": (f"{RIGHT}# \x00\n", 30, UNSEEN),
    "a letter beyond Unicode": (changed((URL, r'url: "\U00110000"')), 0, "this line"),
    "three thousand brackets": (f"{RIGHT}x: {'[' * 3000}", 0, "too many blocks stand inside each other here"),
    "a strange directive": (f"%YAML 9.9\n---\n{RIGHT}", 1, "this line"),
}


@pytest.mark.usefixtures("no_look_for_garbage")
@pytest.mark.parametrize("name", BROKEN)
def test_a_file_that_is_no_yaml_is_answered_with_line_and_remedy(name: str, complaints: Complaints) -> None:
    text, line, sentence = BROKEN[name]
    found = complaints(text)
    assert [(at, path) for at, path, _ in found[:1]] == [(line, "")]
    assert found[0][2].startswith(sentence)
    assert "secret-text" not in str(found)


#: What is well-formed YAML but wrong: the text, and everything that is to be said of it.
WRONG: dict[str, tuple[str, Found]] = {
    # -- keys
    "a key twice": (
        put("    platform: twitter", behind="platform: facebook"),
        one(20, "accounts[1].platform", "this key stands twice, first in line 19: keep one of them"),
    ),
    "an alias of a text": (
        changed(("id: izmir-tr", "id: &name izmir-tr"), (NAMES, "[*name]")),
        one(7, "feeds[0].accounts[0]", ALIAS),
    ),
    "one name for two anchors, and its alias": (
        changed(("id: izmir-tr", "id: &name izmir-tr"), ("handle: izmirbld", "handle: &name x"), (NAMES, "[izmir-x]"))
        + "language: *name\n",
        one(30, "language", ALIAS),
    ),
    "an alias of a block": (
        changed((PAGE_PIN, "expect: &pin {id: 1}"), ('expect: {id: "789"}', "expect: *pin")),
        one(27, "accounts[2].expect", ALIAS),
    ),
    "an unknown key at the top": (
        f"time_zone: Europe/Istanbul\n{RIGHT}",
        one(1, "time_zone", "unknown key 'time_zone': did you mean 'timezone'?"),
    ),
    "a key in capitals": (
        f"TIMEZONE: Europe/Istanbul\n{RIGHT}",
        one(1, "TIMEZONE", "unknown key 'TIMEZONE': did you mean 'timezone'?"),
    ),
    "a key like none at the top": (
        f"saat: 5\n{RIGHT}",
        one(1, "saat", f"unknown key 'saat'; possible here: {possible(ConfigModel)}"),
    ),
    "an unknown key of a feed": (
        put("    acounts: [izmir-x]", behind="language: tr"),
        one(7, "feeds[0].acounts", "unknown key 'acounts': did you mean 'accounts'?"),
    ),
    "a key like none of a feed": (
        put("    renk: mavi", behind="language: tr"),
        one(7, "feeds[0].renk", f"unknown key 'renk'; possible here: {possible(FeedModel)}"),
    ),
    "an unknown key of an account": (
        put("    graph_versoin: v26.0", behind="platform: facebook"),
        one(20, "accounts[1].graph_versoin", "unknown key 'graph_versoin': did you mean 'graph_version'?"),
    ),
    "the platform's name as a key": (
        put("    twitter: yes", behind="platform: twitter"),
        one(
            11,
            "accounts[0].twitter",
            f"unknown key 'twitter'; possible here: {possible(AccountModel, TwitterOptions)}",
        ),
    ),
    "another platform's key": (
        put("    backend: graph", behind="platform: facebook"),
        one(
            20,
            "accounts[1].backend",
            f"unknown key 'backend'; possible here: {possible(AccountModel, FacebookOptions)}",
        ),
    ),
    "an unknown key of credentials": (
        put("      api_kye: env:KEY", behind="api_key: env:KEY"),
        one(14, "accounts[0].credentials.api_kye", "unknown key 'api_kye': did you mean 'api_key'?"),
    ),
    "an unknown key of expect": (
        changed((PAGE_PIN, 'expect: {id: "456", hande: izmirbld}')),
        one(20, "accounts[1].expect.hande", "unknown key 'hande': did you mean 'handle'?"),
    ),
    "an unknown key of an endpoint": (
        put("    endpoint: {address: 'http://127.0.0.1'}", behind=PAGE_PIN),
        one(21, "accounts[1].endpoint.address", f"unknown key 'address'; possible here: {possible(Endpoint)}"),
    ),
    "a missing key at the top": (changed(("timezone: Europe/Istanbul\n", "")), one(0, "timezone", MISSING)),
    "a missing key of a feed": (changed((f"    {URL}\n", "")), one(4, "feeds[0].url", MISSING)),
    "a missing secret's name": (
        changed(("      api_key: env:KEY\n", "")),
        one(12, "accounts[0].credentials.api_key", MISSING_OF_APP),
    ),
    "an account that says nothing of approval": (
        changed(
            (
                "    credentials: {page_token: env:PAGE}\n    approval: none\n",
                "    credentials: {page_token: env:PAGE}\n",
            )
        ),
        one(
            18,
            "accounts[1].approval",
            "this is missing: say who lets posts out: add 'approval: none' or 'approval: required'",
        ),
    ),
    "an approval that is no word of it": (
        changed(("{page_token: env:PAGE}\n    approval: none", "{page_token: env:PAGE}\n    approval: perhaps")),
        one(22, "accounts[1].approval", APPROVAL),
    ),
    "an approval with a key that it has not": (
        changed(
            (
                "{page_token: env:PAGE}\n    approval: none",
                "{page_token: env:PAGE}\n    approval: {mode: required, four: eyes}",
            )
        ),
        one(22, "accounts[1].approval", APPROVAL),
    ),
    "an approval for nothing": (
        changed(
            (
                "{page_token: env:PAGE}\n    approval: none",
                "{page_token: env:PAGE}\n    approval: {mode: required, for: []}",
            )
        ),
        one(
            22,
            "accounts[1].approval",
            "for: names nothing: without it every post waits for a person; approval: none lets all go",
        ),
    ),
    "an approval for what is no list": (
        changed(
            (
                "{page_token: env:PAGE}\n    approval: none",
                "{page_token: env:PAGE}\n    approval: {mode: required, for: holds}",
            )
        ),
        one(
            22,
            "accounts[1].approval",
            "for: is a list of categories, with the word holds for whatever was held: [Meclis, holds]",
        ),
    ),
    "an approval that ends when nobody knows": (
        changed(
            (
                "{page_token: env:PAGE}\n    approval: none",
                "{page_token: env:PAGE}\n    approval: {mode: required, expires: soon}",
            )
        ),
        one(22, "accounts[1].approval", "expires: is a span of time: write it like 30m, 24h or 2d"),
    ),
    "an account without a pin": (changed((f"    {PAGE_PIN}\n", "")), one(18, "accounts[1].expect", MISSING_PIN)),
    # -- platforms
    "a platform that is none": (
        changed(("platform: facebook", "platform: linkedin")),
        one(19, "accounts[1].platform", "'linkedin' is no platform; possible: 'twitter', 'facebook', 'instagram'"),
    ),
    "no platform": (changed(("    platform: facebook\n", "")), one(18, "accounts[1].platform", PLATFORM)),
    "an empty platform": (changed(("platform: facebook", "platform:")), one(19, "accounts[1].platform", EMPTY)),
    "a list of platforms": (
        changed(("platform: facebook", "platform: [facebook]")),
        one(19, "accounts[1].platform", TEXT),
    ),
    "a mistyped platform, with what else is wrong there": (
        changed(("platform: facebook", "platform: facebok"), ("env:PAGE", "env:NOPE")),
        [
            (19, "accounts[1].platform", "'facebok' is no platform; possible: 'twitter', 'facebook', 'instagram'"),
            (
                21,
                "accounts[1].credentials.page_token",
                "the environment variable 'NOPE' is not set: set it before starting",
            ),
        ],
    ),
    "the key platform mistyped": (
        changed(("platform: facebook", "platfrom: facebook")),
        [
            (18, "accounts[1].platform", PLATFORM),
            (19, "accounts[1].platfrom", "unknown key 'platfrom': did you mean 'platform'?"),
        ],
    ),
    # -- kinds of values
    "a block where a text belongs": (changed((URL, "url: {address: x}")), one(5, "feeds[0].url", TEXT)),
    "a text where a list belongs": (changed((NAMES, "izmir-x")), one(7, "feeds[0].accounts", LIST)),
    "a text where a block belongs": (changed((PAGE_PIN, "expect: 456")), one(20, "accounts[1].expect", BLOCK)),
    "a name where an account belongs": (
        changed(("  - id: izmir-x\n", "  - izmir-y\n  - id: izmir-x\n")),
        one(9, "accounts[0]", BLOCK),
    ),
    "a block where an account's name belongs": (
        changed((NAMES, "[{id: izmir-x}]")),
        one(7, "feeds[0].accounts[0]", TEXT),
    ),
    "no feeds": (
        re.sub(r"feeds:\n.*\naccounts:", "feeds: []\naccounts:", RIGHT, flags=re.S),
        one(3, "feeds", "at least one is needed here"),
    ),
    "feeds left empty": (
        re.sub(r"feeds:\n.*\naccounts:", "feeds:\naccounts:", RIGHT, flags=re.S),
        one(3, "feeds", LIST),
    ),
    "a feed without accounts": (
        changed((NAMES, "[]")),
        one(7, "feeds[0].accounts", "at least one is needed here"),
    ),
    "an empty text": (changed(("Europe/Istanbul", "''")), one(1, "timezone", EMPTY)),
    "nothing behind the colon": (changed(("Europe/Istanbul", "")), one(1, "timezone", EMPTY)),
    "neither true nor false": (
        changed(("risk: true", "risk: belki")),
        one(26, "accounts[2].i_accept_account_risk", "true or false is wanted here"),
    ),
    "a character that cannot be seen": (
        changed(("handle: izmirbld", r'handle: "izmir\x07bld"')),
        one(11, "accounts[0].expect.handle", UNSEEN),
    ),
    "half a character": (
        changed(("handle: izmirbld", r'handle: "\ud800"')),
        one(11, "accounts[0].expect.handle", UNSEEN),
    ),
    "thirty brackets": (
        changed((PAGE_PIN, f"expect: {'[' * 30}{']' * 30}")),
        [
            (20, "accounts[1].expect", BLOCK),
            (20, "accounts[1].expect" + "[0]" * 18, "too many blocks stand inside each other here"),
        ],
    ),
    # -- names
    "an unknown account, near": (
        changed((NAMES, "[izmir-X]")),
        one(7, "feeds[0].accounts[0]", "there is no account 'izmir-X': did you mean 'izmir-x'?"),
    ),
    "an unknown account, far": (
        changed((NAMES, "[ankara]")),
        one(
            7,
            "feeds[0].accounts[0]",
            "there is no account 'ankara': the accounts are izmir-facebook, izmir-instagram, izmir-x",
        ),
    ),
    "an account twice in a feed": (
        changed((NAMES, "[izmir-x, izmir-x]")),
        one(7, "feeds[0].accounts[1]", "account 'izmir-x' stands here twice: keep one"),
    ),
    "two accounts of one name": (
        changed(("id: izmir-facebook\n", "id: izmir-x\n"), (NAMES, "[izmir-x]")),
        one(18, "accounts[1].id", "the id 'izmir-x' stands in line 9 already: each needs its own"),
    ),
    "two feeds of one name": (
        changed(
            (
                f"    accounts: {NAMES}\n",
                f"    accounts: {NAMES}\n    site: a\n"
                f"  - {{id: izmir-tr, {URL}, language: en, site: a, accounts: [izmir-x]}}\n",
            )
        ),
        one(9, "feeds[1].id", "the id 'izmir-tr' stands in line 4 already: each needs its own"),
    ),
    "two feeds to one account without a site": (
        changed(
            (
                f"    accounts: {NAMES}\n",
                f"    accounts: {NAMES}\n  - {{id: press, {URL}, language: tr, site: a, accounts: [izmir-x]}}\n",
            )
        ),
        one(
            8,
            "feeds[1]",
            "this feed and 'izmir-tr' go to one account: give both a site, the same name if an item can be in both",
        ),
    ),
    "two accounts pinned to one id": (
        changed(("platform: facebook", "platform: twitter"), ('"456"', "123"), ("{page_token: env:PAGE}", X_KEYS)),
        one(20, "accounts[1].expect.id", "line 11 names this id already: every news item would stand there twice"),
    ),
    "two accounts pinned to one id by the environment": (
        changed(("platform: facebook", "platform: twitter"), ('"456"', "env:X_ID"), ("{page_token: env:PAGE}", X_KEYS)),
        one(20, "accounts[1].expect.id", "line 11 names this id already: every news item would stand there twice"),
    ),
    "one account by two backends, which number it in different ways": (
        changed(('expect: {id: "789"}', 'expect: {id: "789", handle: izmirbld}')) + GRAPH_TOO.format("'@IzmirBLD'"),
        one(
            35,
            "accounts[3].expect.handle",
            "line 27 names this account already, for another backend: every news item would stand there twice",
        ),
    ),
    "the same, named by the environment": (
        changed(('expect: {id: "789"}', 'expect: {id: "789", handle: "123"}')) + GRAPH_TOO.format("env:X_ID"),
        one(
            35,
            "accounts[3].expect.handle",
            "line 27 names this account already, for another backend: every news item would stand there twice",
        ),
    ),
    "an id with a capital": (
        changed(("id: izmir-tr", "id: İzmir")),
        one(4, "feeds[0].id", "'İzmir' cannot be used here: only a to z, 0 to 9 and '-' between them"),
    ),
    "an id with a line's end": (
        changed(("id: izmir-tr", 'id: "izmir\\n"')),
        one(4, "feeds[0].id", "'izmir\\n' cannot be used here: only a to z, 0 to 9 and '-' between them"),
    ),
    # -- values
    "a language of messages that we do not speak": (
        f"language: de\n{RIGHT}",
        one(1, "language", "'de' is not possible here; possible: 'tr', 'en'"),
    ),
    "no language of messages": (f"language:\n{RIGHT}", one(1, "language", EMPTY)),
    "two languages of messages": (f"language: [tr, en]\n{RIGHT}", one(1, "language", TEXT)),
    "a feed's language as a locale": (
        changed(("language: tr", "language: tr_TR")),
        one(6, "feeds[0].language", "'tr_TR' is no language: write tr or en"),
    ),
    "a zone without its continent": (changed(("Europe/Istanbul", "Istanbul")), one(1, "timezone", ZONE)),
    "half a zone": (changed(("Europe/Istanbul", "Europe")), one(1, "timezone", ZONE)),
    "a file as a zone": (changed(("Europe/Istanbul", "/etc/hostname")), one(1, "timezone", ZONE)),
    "an endless zone": (changed(("Europe/Istanbul", "x" * 300)), one(1, "timezone", ZONE)),
    "a time without its unit": (
        put("    every: 5", behind="language: tr"),
        one(7, "feeds[0].every", "a span of time is wanted here: write it like 30s, 5m, 2h or 1d"),
    ),
    "a wait of days for an answer": (
        put("    settle_after: 2d", behind="platform: twitter"),
        one(11, "accounts[0].settle_after", "longer than a day is no wait, but a mistake: write it like 5m"),
    ),
    "a pace of none": (
        put("    pace: {per_hour: 0}", behind="platform: twitter"),
        one(11, "accounts[0].pace.per_hour", "a whole number from 1 upwards, or never, is wanted here"),
    ),
    "a broken pattern": (
        put(r"    id_pattern: '/(\d+'", behind="language: tr"),
        one(7, "feeds[0].id_pattern", PATTERN),
    ),
    "an impossible pattern": (
        put("    id_pattern: '[[](a{99999999999})'", behind="language: tr"),
        one(7, "feeds[0].id_pattern", PATTERN),
    ),
    "a pattern without a group": (
        put(r"    id_pattern: '/\d+/'", behind="language: tr"),
        one(
            7,
            "feeds[0].id_pattern",
            r"the pattern needs a group in parentheses around the article's number: '/(\d+)/'",
        ),
    ),
    "an address without https": (changed((URL, "url: www.izmir.bel.tr/RSS")), one(5, "feeds[0].url", ADDRESS)),
    "a broken address": (changed((URL, "url: 'http://['")), one(5, "feeds[0].url", ADDRESS)),
    "an impossible port": (changed((URL, "url: https://izmir.bel.tr:99999/")), one(5, "feeds[0].url", ADDRESS)),
    "an address with a space": (changed((URL, f"{URL} ?id=1")), one(5, "feeds[0].url", ADDRESS)),
    "an encoding that is none": (
        put("    encoding_fallback: hex", behind="language: tr"),
        one(7, "feeds[0].encoding_fallback", "'hex' is no encoding of text: write it like windows-1254"),
    ),
    "an opened address with a path": (
        put("network: {allow: [10.1.2.0/24, 'https://izmir.bel.tr/']}", behind="timezone: Europe/Istanbul"),
        one(2, "network.allow[1]", OPENED),
    ),
    "an opened number": (
        put("network: {allow: ['2130706433']}", behind="timezone: Europe/Istanbul"),
        one(2, "network.allow[0]", OPENED),
    ),
    "a contact that is a name": (
        put("network: {contact: İzmir Belediyesi}", behind="timezone: Europe/Istanbul"),
        one(2, "network.contact", "a mail address or the address of a page is wanted here, without spaces"),
    ),
    "a proxy without its scheme": (
        put("network: {proxy: proxy.izmir.bel.tr:3128}", behind="timezone: Europe/Istanbul"),
        one(2, "network.proxy", ADDRESS),
    ),
    "an endpoint elsewhere": (
        put("    endpoint: {url: https://graph.example}", behind=PAGE_PIN),
        one(21, "accounts[1].endpoint.url", LOOPBACK),
    ),
    "a proxy elsewhere": (
        put("    endpoint: {proxy: http://127.0.0.1@graph.example}", behind=PAGE_PIN),
        one(21, "accounts[1].endpoint.proxy", LOOPBACK),
    ),
    "an endpoint that libraries read differently": (
        put(r"    endpoint: {url: 'http://graph.example\@127.0.0.1'}", behind=PAGE_PIN),
        one(21, "accounts[1].endpoint.url", ADDRESS),
    ),
    "a certificate that is not there": (
        put("    endpoint: {ca_file: /nonexistent.pem}", behind=PAGE_PIN),
        one(
            21,
            "accounts[1].endpoint.ca_file",
            "the file '/nonexistent.pem' cannot be read: there is no such file",
        ),
    ),
    "a ledger without sqlite": (changed(("sqlite:///data/ledger.db", "data/ledger.db")), one(2, "ledger", LEDGER)),
    "a ledger without a path": (changed(("sqlite:///data/ledger.db", "sqlite:///")), one(2, "ledger", LEDGER)),
    "no place for the data": (
        changed(("ledger: sq", "data: []\nledger: sq")),
        one(2, "data", "the path of a folder is wanted here"),
    ),
    "a list of ledgers": (changed(("sqlite:///data/ledger.db", "[a]")), one(2, "ledger", LEDGER)),
    "the risk not accepted": (
        changed(("risk: true", "risk: false")),
        one(26, "accounts[2].i_accept_account_risk", RISK),
    ),
    "the risk not mentioned": (
        changed(("    i_accept_account_risk: true\n", "")),
        one(23, "accounts[2].i_accept_account_risk", MISSING),
    ),
    "a version without its v": (
        put("    graph_version: 26.0", behind="platform: facebook"),
        one(20, "accounts[1].graph_version", "'26.0' cannot be used here: write it like v26.0"),
    ),
    "a backend that is none": (
        changed(("backend: instagrapi", "backend: selenium")),
        one(25, "accounts[2].backend", "'selenium' is not possible here; possible: 'graph', 'instagrapi'"),
    ),
    "no backend": (changed(("    backend: instagrapi\n", "")), one(23, "accounts[2].backend", MISSING)),
    "an empty backend": (changed(("backend: instagrapi", "backend:")), one(25, "accounts[2].backend", EMPTY)),
    "a list of backends": (
        changed(("backend: instagrapi", "backend: [instagrapi]")),
        one(25, "accounts[2].backend", TEXT),
    ),
    "a mistyped backend, with what else is wrong there": (
        changed(("backend: instagrapi", "backend: instagrapy"), ("risk: true", "risk: false")),
        [
            (25, "accounts[2].backend", "'instagrapy' is not possible here; possible: 'graph', 'instagrapi'"),
            (26, "accounts[2].i_accept_account_risk", RISK),
        ],
    ),
    "the key backend mistyped": (
        changed(("backend: instagrapi", "bakcend: instagrapi")),
        [
            (23, "accounts[2].backend", MISSING),
            (25, "accounts[2].bakcend", "unknown key 'bakcend': did you mean 'backend'?"),
        ],
    ),
    "the keys of the other backend": (
        changed(
            ("backend: instagrapi\n    i_accept_account_risk: true", "backend: graph"),
            ("session.json}", "session.json, access_token: env:PAGE}"),
        ),
        [
            (
                27,
                "accounts[2].credentials.session_file",
                f"unknown key 'session_file'; possible here: {possible(GraphCredentials)}",
            ),
        ],
    ),
    "a risk to accept where there is none": (
        changed(("backend: instagrapi", "backend: graph"), ("session_file: session.json", "access_token: env:PAGE")),
        one(
            26,
            "accounts[2].i_accept_account_risk",
            f"unknown key 'i_accept_account_risk'; possible here: {possible(AccountModel, GraphOptions)}",
        ),
    ),
    "another way for pictures": (
        changed(
            ("backend: instagrapi\n    i_accept_account_risk: true", "backend: graph\n    picture_by: mail"),
            ("session_file: session.json", "access_token: env:PAGE"),
        ),
        one(26, "accounts[2].picture_by", "'mail' is not possible here; possible: 'folder', 'feed', 'page'"),
    ),
    "no public folder where one is needed": (
        changed(
            ("backend: instagrapi\n    i_accept_account_risk: true", "backend: graph"),
            ("session_file: session.json", "access_token: env:PAGE"),
        ),
        one(23, "accounts[2]", FOLDER),
    ),
    "a public folder that is not there": (
        f"{RIGHT}media: {{public_dir: /nowhere, public_base_url: https://www.izmir.bel.tr/x}}\n",
        one(30, "media.public_dir", "there is no folder '/nowhere': make it"),
    ),
    "a public folder without a path": (
        f"{RIGHT}media: {{public_dir: [x], public_base_url: https://www.izmir.bel.tr/x}}\n",
        one(30, "media.public_dir", "the path of a folder is wanted here"),
    ),
    "a public folder without an address": (
        f"{RIGHT}media: {{public_dir: .}}\n",
        one(30, "media.public_base_url", MISSING),
    ),
    "an address from nowhere": (
        changed((URL, "url: env:NOPE")),
        one(5, "feeds[0].url", "the environment variable 'NOPE' is not set: set it before starting"),
    ),
    "env: without a name": (
        changed((URL, "url: 'env:'")),
        one(5, "feeds[0].url", "behind env: stands the name of an environment variable, like env:FEED_ADDRESS"),
    ),
    "a session file without a path": (
        changed(("session_file: session.json", "session_file: ")),
        one(28, "accounts[2].credentials.session_file", "the path of a file is wanted here"),
    ),
}


def test_the_right_file_is_right(complaints: Complaints) -> None:
    assert complaints(RIGHT) == []


@pytest.mark.parametrize("name", WRONG)
def test_a_mistake_is_told_with_line_path_and_sentence(name: str, complaints: Complaints) -> None:
    text, expected = WRONG[name]
    assert complaints(text, {**ENVIRON, "X_ID": " 123 "}) == expected


def test_mistakes_of_all_kinds_come_at_once_in_the_order_of_the_lines(complaints: Complaints) -> None:
    text = changed(
        ("Europe/Istanbul", "Istanbul"),
        ("language: tr", "langauge: tr"),
        (NAMES, "[izmir-y]"),
        ("platform: twitter", "platform: twitter\n    platform: twitter"),
        ("env:PAGE", "123abc"),
        ("risk: true", "risk: false"),
        ("session.json", "gone.json"),
    )
    found = complaints(text)
    assert [(line, path) for line, path, _ in found] == [
        (1, "timezone"),
        (4, "feeds[0].language"),
        (6, "feeds[0].langauge"),
        (7, "feeds[0].accounts[0]"),
        (11, "accounts[0].platform"),
        (22, "accounts[1].credentials.page_token"),
        (27, "accounts[2].i_accept_account_risk"),
        (29, "accounts[2].credentials.session_file"),
    ]


def test_every_tab_is_told(complaints: Complaints) -> None:
    assert [line for line, _, _ in complaints(RIGHT.replace("      ", "\t"))] == [13, 14, 15, 16]


# -- the file itself -------------------------------------------------------------------------------------------------


def test_a_file_in_another_encoding_is_told_with_its_line(complaints: Complaints) -> None:
    text = changed(("handle: izmirbld", "handle: İzmir"))
    sentence = "the file is not written in UTF-8: save it as UTF-8 in your editor"
    assert complaints(text.encode("windows-1254")) == one(11, "", sentence)
    assert complaints(text.encode("utf-16")) == one(1, "", sentence)


def test_a_file_from_windows_is_read(complaints: Complaints) -> None:
    assert complaints(b"\xef\xbb\xbf" + RIGHT.encode()) == []
    assert complaints(RIGHT.replace("\n", "\r\n")) == []
    wrong = changed(("language: tr", "language: TR")).replace("\n", "\r\n")
    assert complaints(b"\xef\xbb\xbf" + wrong.encode()) == one(
        6, "feeds[0].language", "'TR' is no language: write tr or en"
    )


def test_a_file_of_any_other_size_is_read(complaints: Complaints) -> None:
    padding = "#" * (MAX_BYTES - len(RIGHT))
    assert complaints(RIGHT + padding) == []
    assert complaints(RIGHT + padding + "#") == one(
        0, "", "the file is too large to be a configuration: give another with --config"
    )


@pytest.mark.parametrize(
    ("name", "sentence"),
    [
        ("gone.yaml", "there is no such file: give another with --config, or copy config/crossposter.example.yaml"),
        ("", "the file cannot be read: it is a folder"),
        ("crossposter.yaml/x", "the file cannot be read: there is no such file"),
        ("x" * 300, "the file cannot be read: the system says: File name too long"),
    ],
)
def test_a_file_that_cannot_be_read_is_told(yaml: Path, name: str, sentence: str) -> None:
    yaml.write_text(RIGHT, "utf-8")
    path = yaml.parent / name
    with pytest.raises(ConfigError) as caught:
        load_config(path, environ=ENVIRON, secrets_needed=True)
    assert str(caught.value) == f"{path}: {sentence}"


def test_a_file_of_another_user_is_told(yaml: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: object) -> None:
        raise PermissionError

    monkeypatch.setattr(Path, "open", refuse)
    with pytest.raises(ConfigError, match="cannot be read: this user may not read it"):
        load_config(yaml, environ=ENVIRON, secrets_needed=True)


# -- whatever the text -----------------------------------------------------------------------------------------------

DEMO = DEMO_CONFIG.read_text("utf-8")
SIGNS = list("\n\t:-[]{}#&*!|>'\"%@`\\,? İ9\x00")
WORDS = ["feeds", "accounts", "id", "platform", "twitter", "credentials", "expect", "timezone"]
MARKS = ["env:", "file:", "null", "~", "*a", "<<:", "\\ud800", "\n  ", ": ", "- ", "---\n", "&a "]
PIECES = st.sampled_from([*SIGNS, *WORDS, *MARKS])


def only_told(text: str) -> None:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("crossposter.config.loading._text_of", lambda _: text)
        try:
            load_config(Path("any.yaml"), environ=ENVIRON, secrets_needed=False)
        except ConfigError as error:
            problems = error.problems
        else:
            return
    assert problems
    for problem in problems:
        str(problem).encode()


@settings(max_examples=300, deadline=None)
@example("&0 : &0")
@given(st.one_of(st.text(max_size=60), st.lists(PIECES, max_size=30).map("".join)))
def test_a_random_text_is_told_and_raises_nothing_else(text: str) -> None:
    only_told(text)


@settings(max_examples=250, deadline=None)
@given(st.integers(0, 2**32), st.lists(PIECES, min_size=1, max_size=3))
def test_a_mutation_of_the_demo_is_told_and_raises_nothing_else(seed: int, pieces: list[str]) -> None:
    choice, text = random.Random(seed), DEMO
    for piece in pieces:
        at = choice.randrange(len(text))
        text = text[:at] + piece + text[at + choice.choice((0, 0, 1, 5, 30)) :]
    only_told(text)


@settings(max_examples=150, deadline=None)
@given(st.integers(0, 2**32))
def test_swapped_lines_are_told_and_raise_nothing_else(seed: int) -> None:
    choice, lines = random.Random(seed), RIGHT.splitlines()
    one, other = choice.randrange(len(lines)), choice.randrange(len(lines))
    lines[one], lines[other] = lines[other], choice.choice((lines[one], "", lines[other]))
    only_told("\n".join(lines))

"""`ledger export`: what was sent in a time, as a table, as data, or as a page for an information request."""

from __future__ import annotations

import csv
import json
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from dataclasses import asdict
from datetime import date, datetime, time, timedelta
from enum import StrEnum
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from crossposter.cli.tables import DELETED, DONE, STATUS_WORDS, headline, printable
from crossposter.core.kinds import Kind
from crossposter.core.model import Status
from crossposter.core.schedule import shown
from crossposter.errors import LedgerError
from crossposter.ledger.exporting import SentRecord
from crossposter.messages import Translator
from crossposter.private_files import make_private_folder, new_private
from crossposter.wording import Message, say

_TEMPLATE = Path(__file__).with_name("record_page.html.j2")
#: How a cell begins that a spreadsheet takes for a formula (owasp.org, CSV injection, read 2026-11).
_FORMULA = ("=", "+", "-", "@", "\t", "\r", "\n", "＝", "＋", "－", "＠")
#: Digits that a spreadsheet keeps of a number; of longer ones, as platforms number posts, it makes the last ones 0.
_DIGITS = 15
PLATFORM_NAMES = {"twitter": "X", "facebook": "Facebook", "instagram": "Instagram"}


class Format(StrEnum):
    """In which form."""

    CSV = "csv"
    JSONL = "jsonl"
    HTML = "html"


_HEADINGS: Mapping[str, Message] = {
    "post": say("post"),
    "sent_at": say("sent at"),
    "account": say("account"),
    "platform": say("platform"),
    "status": say("status"),
    "title": say("headline"),
    "text": say("text"),
    "link": say("link"),
    "address": say("address of the post"),
    "number": say("the platform's number of it"),
    "article": say("article"),
    "pictures": say("descriptions of the pictures"),
    "sha256": say("SHA-256 of the pictures"),
    "let_out_by": say("let out by"),
    "attempt": say("attempt"),
    "version": say("version of the news"),
    "outdated": say("the news was edited since"),
    "zone": say("time zone"),
}
#: Gives the time zone of the office whose account this is.
ZoneOf = Callable[[str], str]


def days(first: date, last: date, *, zone: str) -> tuple[datetime, datetime]:
    """Give where the first of some days begins and the last one ends, in the office's zone."""
    there = ZoneInfo(zone)
    return datetime.combine(first, time.min, there), datetime.combine(last + timedelta(days=1), time.min, there)


def within(sent: Iterable[SentRecord], first: date, last: date, *, zone_of: ZoneOf) -> Iterator[SentRecord]:
    """Give of what was sent that of some days, by the clock of the office that sent it."""
    for record in sent:
        begin, end = days(first, last, zone=zone_of(record.account_id))
        if begin <= record.started_at < end:
            yield record


def write(
    target: Path, form: Format, sent: Iterable[SentRecord], *, translate: Translator, zone_of: ZoneOf, page: PageMaker
) -> tuple[Path, int]:
    """Write it to a new file, or for a page to a new folder.

    Returns:
        The file that was written, and how many records it holds.

    Raises:
        LedgerError: There is something of that name; or it cannot be written.
    """
    try:
        if form is Format.HTML:
            return page.write(target, sent)
        path = target / f"posts.{form}" if target.is_dir() else target
        make_private_folder(path.parent)
        with new_private(path) as draft:
            writer = _write_csv if form is Format.CSV else _write_jsonl
            return path, writer(draft, sent, translate, zone_of)
    except FileExistsError as error:
        raise LedgerError(
            say("{path!r} is there already, and is not overwritten: name another file", path=str(target))
        ) from error
    except OSError as error:
        raise LedgerError(say("cannot write to {path!r}: {cause}", path=str(target), cause=error)) from error


def _write_csv(draft: Path, sent: Iterable[SentRecord], translate: Translator, zone_of: ZoneOf) -> int:
    # With the mark that tells Excel of UTF-8, and its separator where the comma stands in numbers.
    count = 0
    with draft.open("w", encoding="utf-8-sig", errors="replace", newline="") as file:
        table = csv.writer(file, delimiter=";", lineterminator="\r\n")
        table.writerow([translate(heading) for heading in _HEADINGS.values()])
        for record in sent:
            cells = _cells(record, translate, zone_of(record.account_id))
            table.writerow([harmless(cells[name]) for name in _HEADINGS])
            count += 1
    return count


def harmless(cell: str) -> str:
    """Let no cell be a formula, as what the feed says may begin like one; or a number that loses its last digits."""
    is_long = cell.isdecimal() and len(cell) > _DIGITS
    return f"'{cell}" if is_long or cell.startswith(_FORMULA) else cell


def _cells(record: SentRecord, translate: Translator, zone: str) -> dict[str, str]:
    sent_at = record.started_at.astimezone(ZoneInfo(zone))
    return {
        "post": record.delivery_id,
        "sent_at": f"{sent_at:%Y-%m-%d %H:%M:%S}",
        "account": record.account_id,
        "platform": PLATFORM_NAMES.get(record.platform, record.platform),
        "status": translate(_status(record, zone)),
        "title": printable(headline(record, translate, zone=zone)),
        "text": printable(record.text or _instead_of_words(record, translate, zone)),
        "link": record.link or "",
        "address": record.url or "",
        "number": record.remote_id or "",
        "article": record.article or "",
        "pictures": printable("\n".join(picture["alt"] for picture in record.pictures)),
        "sha256": "\n".join(picture["sha256"] for picture in record.pictures),
        "let_out_by": record.let_out_by or "",
        "attempt": str(record.attempt),
        "version": str(record.revision),
        "outdated": translate(say("yes")) if record.is_outdated else "",
        "zone": f"{zone} ({_offset(sent_at)})",
    }


def _offset(moment: datetime) -> str:
    """Give how far a clock is from UTC: `+03:00`. Only this tells apart the hours that come twice in autumn."""
    return moment.isoformat(timespec="seconds")[-len("+03:00") :]


def _status(record: SentRecord, zone: str) -> Message:
    """Say what came of what was asked for; of a post, whether it stands still."""
    if record.outcome is None:
        return say("nobody knows yet")
    if record.outcome is not Status.PUBLISHED:
        return STATUS_WORDS[record.outcome]
    if record.kind is Kind.DELETE:
        return DELETED
    if record.deleted_at:
        return say("published, and deleted on {time}", time=shown(record.deleted_at, zone))
    return DONE if record.kind is Kind.EDIT else STATUS_WORDS[record.outcome]


def _instead_of_words(record: SentRecord, translate: Translator, zone: str) -> str:
    """Say why there are no words: a deletion has none, retention has removed them, or there never were any."""
    if record.kind is Kind.DELETE:
        return translate(say("asked that the post be deleted"))
    return headline(record, translate, zone=zone) if record.erased_at else translate(say("without words"))


def _write_jsonl(draft: Path, sent: Iterable[SentRecord], _translate: Translator, zone_of: ZoneOf) -> int:
    count = 0
    with draft.open("w", encoding="utf-8", errors="replace", newline="\n") as file:
        for record in sent:
            times = {
                "started_at": record.started_at,
                "deleted_at": record.deleted_at,
                "erased_at": record.erased_at,
            }
            zone = ZoneInfo(zone_of(record.account_id))
            there = {name: at and at.astimezone(zone).isoformat() for name, at in times.items()}
            values = {**asdict(record), **there}
            file.write(json.dumps(values, ensure_ascii=False) + "\n")
            count += 1
    return count


class PageMaker:
    """Makes the page: one HTML file without any script, beside a folder of the pictures that were sent."""

    def __init__(
        self,
        *,
        picture: Callable[[str], bytes | None],
        translate: Translator,
        language: str,
        zone_of: ZoneOf,
        zones: Collection[str],
        title: Message,
    ) -> None:
        """Take what gives a picture of the store, None for one that is gone, and in whose words and zones it is."""
        self._picture = picture
        self._translate = translate
        self._language = language
        self._zone_of = zone_of
        self._zones = zones
        self._title = title

    def write(self, folder: Path, sent: Iterable[SentRecord]) -> tuple[Path, int]:
        """Write it into a folder, which holds no page yet."""
        from jinja2 import Environment, FileSystemLoader, StrictUndefined

        make_private_folder(folder / "pictures")
        environment = Environment(
            loader=FileSystemLoader(_TEMPLATE.parent),
            autoescape=True,
            undefined=StrictUndefined,
            trim_blocks=True,
            lstrip_blocks=True,
        )
        count = 0

        def counted() -> Iterator[dict[str, Any]]:
            nonlocal count
            for record in sent:
                count += 1
                yield self._shown(record, folder)

        words = {name: self._translate(heading) for name, heading in {**_HEADINGS, **_WORDS}.items()}
        page = environment.get_template(_TEMPLATE.name).stream(
            language=self._language,
            title=self._translate(self._title),
            times=self._translate(say("times are those of {zone}", zone=", ".join(self._zones))),
            words=words,
            posts=counted(),
        )
        path = folder / "index.html"
        with new_private(path) as draft, draft.open("w", encoding="utf-8", errors="replace", newline="\n") as file:
            file.writelines(page)
        return path, count

    def _shown(self, record: SentRecord, folder: Path) -> dict[str, Any]:
        zone = self._zone_of(record.account_id)
        sent_at = record.started_at.astimezone(ZoneInfo(zone))
        return {
            **_cells(record, self._translate, zone),
            "language": record.language,
            "shown_at": f"{sent_at:%d.%m.%Y %H:%M:%S} ({_offset(sent_at)})",
            "machine_at": sent_at.isoformat(),
            "images": [self._kept(picture, folder) for picture in record.pictures],
        }

    def _kept(self, picture: Mapping[str, Any], folder: Path) -> dict[str, Any]:
        content = self._picture(picture["sha256"])
        name = f"pictures/{picture['sha256']}.jpg"
        if content is not None and not (folder / name).exists():
            with new_private(folder / name) as draft:
                draft.write_bytes(content)
        return {**picture, "source": name if content is not None else None}


_WORDS: Mapping[str, Message] = {
    "skip": say("skip to the posts"),
    "posts": say("posts"),
    "none": say("nothing was sent in this time"),
    "gone": say("this picture is no longer kept"),
    "erased": say("erased"),
    "facts": say("about this post"),
}

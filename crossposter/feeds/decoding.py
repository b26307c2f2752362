"""Bytes become text before any parser sees them: parsers believe labels, and many labels are wrong.

Order: byte order mark, valid UTF-8, the XML declaration, the HTTP header, the feed's `encoding_fallback`, and the usual
guess. What Turkish sites call ISO 8859-1 is windows-1254: a page that mends itself in a browser, but not in a feed.
"""

from __future__ import annotations

import codecs
import re
import zlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass

from crossposter.core.mojibake import mended
from crossposter.wording import Message, say

_MARKS = (
    (codecs.BOM_UTF8, "utf-8"),
    (codecs.BOM_UTF32_LE, "utf-32-le"),  # begins like UTF-16's
    (codecs.BOM_UTF32_BE, "utf-32-be"),
    (codecs.BOM_UTF16_LE, "utf-16-le"),
    (codecs.BOM_UTF16_BE, "utf-16-be"),
)
#: Without a mark: how a document in them begins.
_WIDE = ((b"<\0", "utf-16-le"), (b"\0<", "utf-16-be"))
_LABEL = re.compile(rb"""^\s*<\?xml[^>]{0,200}?encoding\s*=\s*["']?([A-Za-z0-9._:-]{1,40})""")
_CHARSET = re.compile(r"""charset\s*=\s*["']?([A-Za-z0-9._:-]{1,40})""", re.IGNORECASE)
_META = re.compile(rb"""<meta\b[^<>]{0,300}?charset\s{0,20}=\s{0,20}["']?([A-Za-z0-9._:-]{1,40})""", re.IGNORECASE)
#: Bytes of a page in which its `<meta>` is looked for.
_BEGIN = 8192
_SEQUENCES = re.compile(rb"[\xc2-\xdf][\x80-\xbf]|[\xe0-\xef][\x80-\xbf]{2}|[\xf0-\xf4][\x80-\xbf]{3}")
_HIGH = bytes(range(0x80, 0x100))
#: Bytes that are enough to tell a mixture from one encoding.
_SAMPLE = 512 * 1024
#: Labels that say no more than "not UTF-8": what stands behind them is decided by the language.
_WESTERN = frozenset({"ascii", "iso8859-1", "iso8859-15", "cp1252"})
#: The larger brothers that are meant by these names, as in browsers.
_LARGER = {"iso8859-9": "cp1254", "gb2312": "gb18030", "gbk": "gb18030", "euc_kr": "cp949", "shift_jis": "cp932"}
_SHOWN = {"cp1254": "windows-1254", "cp1252": "windows-1252", "cp1251": "windows-1251"}
#: Bytes without a meaning in windows-1252 or -1254.
_HOLES = bytes.maketrans(b"\x81\x8d\x8e\x8f\x90\x9d\x9e", b"       ")


@dataclass(frozen=True, slots=True, kw_only=True)
class Decoded:
    """A document's text.

    Attributes:
        text: Without a byte order mark.
        encoding: How the bytes were read.
        problem: What a keeper of the site should mend; None when the labels are right.
    """

    text: str
    encoding: str
    problem: Message | None = None


def decode(content: bytes, *, content_type: str, fallback: str | None, language: str) -> Decoded:
    """Give the text of a document.

    Args:
        content: The bytes, unpacked.
        content_type: The HTTP header; empty where there was none.
        fallback: The feed's `encoding_fallback`.
        language: The feed's, BCP 47: decides what "western" means.
    """
    text, encoding = _decoded(content, content_type, fallback, language)
    whole = mended(text, language=language)
    shown = _SHOWN.get(encoding, encoding)
    problem = None
    if whole != text:
        problem = say("letters that came out wrong were mended ({encoding}): the site mixes encodings", encoding=shown)
    elif claimed := _wrong_label(content, content_type, encoding):
        problem = say("the encoding is said to be {claimed}, but is {encoding}", claimed=claimed, encoding=shown)
    return Decoded(text=whole, encoding=shown, problem=problem)


def charset_of_page(content: bytes) -> str | None:
    """Give the encoding that an HTML page claims for itself, in Python's name; None for none, or a wide one."""
    found = _META.search(content, 0, _BEGIN)
    name = _codec(found[1].decode("ascii")) if found else None
    return None if name is None or name.startswith("utf") else name


def unpacked(content: bytes, max_bytes: int) -> bytes:
    """Unpack a document that was stored as gzip, and not sent as such."""
    if not content.startswith(b"\x1f\x8b"):
        return content
    try:
        return zlib.decompressobj(31).decompress(content, max_bytes)
    except zlib.error:
        return content


def _decoded(content: bytes, content_type: str, fallback: str | None, language: str) -> tuple[str, str]:
    for mark, name in _MARKS:
        if content.startswith(mark):
            return content[len(mark) :].decode(name, "replace"), name
    for begin, name in _WIDE:
        if content.startswith(begin):
            return content.decode(name, "replace"), name
    labels = list(_labels(content, content_type))
    if b"\x1b" in content and labels and labels[0].startswith("iso2022"):
        return content.decode(labels[0], "replace"), labels[0]
    try:
        return content.decode("utf-8"), "utf-8"
    except UnicodeDecodeError as error:
        if error.end == len(content) and error.reason == "unexpected end of data":
            return content[: error.start].decode("utf-8"), "utf-8"  # cut inside its last letter
    single = _western(language, fallback)
    if _is_mostly_utf8(content):
        return content.decode("utf-8", f"stray-{single}"), "utf-8"
    for label in (*labels, fallback):
        if found := _strictly(content, single if label in _WESTERN else label):
            return found
    return content.translate(_HOLES).decode(single, "replace"), single


def _labels(content: bytes, content_type: str) -> Iterator[str]:
    """Give what the document and the header say, in Python's names; not that it is UTF-8 or UTF-16, which it is not."""
    declared = _LABEL.match(content)
    header = _CHARSET.search(content_type)
    for label in (declared and declared[1].decode("ascii"), header and header[1]):
        name = _codec(label) if label else None
        if name and not name.startswith("utf"):
            yield name


def _codec(label: str) -> str | None:
    try:
        "".encode(label)  # only encodings of text, unlike codecs.lookup
        name = codecs.lookup(label).name
    except (LookupError, ValueError):
        return None
    return _LARGER.get(name, name)


def _western(language: str, fallback: str | None) -> str:
    """Give the one-byte encoding that a western label means."""
    if language.startswith(("tr", "az", "ku")) or fallback == "cp1254":
        return "cp1254"
    return "cp1252"


def _strictly(content: bytes, name: str | None) -> tuple[str, str] | None:
    if name is None:
        return None
    holes = content.translate(_HOLES) if name in ("cp1252", "cp1254") else content
    try:
        return holes.decode(name), name
    except UnicodeDecodeError:
        return None


def _stray(single: str) -> Callable[[UnicodeError], tuple[str, int]]:
    """Make a handler that reads the bytes which are no UTF-8 in a one-byte encoding."""

    def read(error: UnicodeError) -> tuple[str, int]:
        assert isinstance(error, UnicodeDecodeError)  # noqa: S101 - nothing is encoded with it
        return error.object[error.start : error.end].translate(_HOLES).decode(single), error.end

    return read


for _single in ("cp1252", "cp1254"):
    codecs.register_error(f"stray-{_single}", _stray(_single))


def _is_mostly_utf8(content: bytes) -> bool:
    """Tell whether stray bytes stand in what is UTF-8 else; in one-byte Turkish such sequences are rare accidents."""
    sample = content[:_SAMPLE]
    sequences = [len(found) for found in _SEQUENCES.findall(sample)]
    strays = len(sample) - len(sample.translate(None, _HIGH)) - sum(sequences)
    return len(sequences) > strays


def _wrong_label(content: bytes, content_type: str, encoding: str) -> str | None:
    """Give the first label, unless it is right, or makes no difference."""
    declared, header = _LABEL.match(content), _CHARSET.search(content_type)
    label = declared[1].decode("ascii") if declared else header[1] if header else ""
    name = _codec(label) if label else encoding
    is_right = name == encoding or (name in _WESTERN and encoding == "cp1252") or name == encoding[:6]
    return None if is_right or content.isascii() else label

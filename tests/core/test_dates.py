from __future__ import annotations

import time
from zoneinfo import ZoneInfo

import pytest

from crossposter.core.dates import read_date

ISTANBUL = ZoneInfo("Europe/Istanbul")
#: Each is 24 September 2026, a quarter past nine in the morning in İzmir.
MORNING = """
Thu, 24 Sep 2026 09:15:00 +0300
Thu, 24 Sep 2026 06:15:00 GMT
Thu, 24 Sep 2026 06:15:00 -0000
Thu, 24 Sep 2026 06:15:00 Z
Thu, 24 Sep 2026 09:15:00 +03
Thu, 24 Sep 2026 09:15:00 GMT+3
Thu, 24 Sep 2026 09:15:00 (UTC+03:00)
Thu, 24 Sep 2026 09:15:00 TRT
Thu, 24 Sep 2026 09:15:00 EEST
Thu, 24 Sep 2026 07:15:00 BST
Thu, 24 Sep 2026 02:15:00 EDT
Thu, 24 Sep 2026 09:15:00
Thu, 24 Sep 26 09:15 +0300
Thursday, 24-Sep-26 06:15:00 GMT
Per, 24 Eyl 2026 09:15:00 +0300
Perşembe, 24 Eylül 2026 09:15
24 EYLÜL 2026 PERŞEMBE 09:15
24 Eylül 2026 Perşembe, 09.15
24 Eylül 2026, 09:15 TSİ
24 Eylül 2026 09:15:00 ÖÖ
24.09.2026 09:15
24.9.2026 09:15:00
24.09.2026 09.15
24.09.2026 - 09:15
24/09/2026 09:15
24-09-2026 09:15:00
09:15 24.09.2026
24 Eylül 2026 09:15 Per
9/24/2026 9:15:00 AM
Thu Sep 24 09:15:00 2026
Thu Sep 24 09:15:00 TRT 2026
Sep 24, 2026 9:15 a.m.
September 24th, 2026 09:15
2026-09-24T09:15:00+03:00
2026-09-24T06:15:00Z
2026-09-24T06:15:00.000Z
2026-09-24T09:15:00+0300
2026-09-24T09:15
2026-09-24 09:15:00
2026-09-24 09:15:00.123
2026-09-24 09:15:00 +0300
2026/9/24 09:15:00
2026.09.24 09:15
20260924T091500
20260924T061500Z
20260924 09:15
202609240915
""".strip().splitlines()


@pytest.mark.parametrize("written", [*MORNING, "  Thu, 24 Sep 2026 09:15:00 +0300\n", "1790230500", "1790230500000"])
def test_one_moment_is_known_however_it_is_written(written: str) -> None:
    found = read_date(written, zone=ISTANBUL)
    assert found is not None
    assert found.isoformat() == "2026-09-24T06:15:00+00:00"


@pytest.mark.parametrize(
    ("written", "expected"),
    [
        ("24.09.2026 02:05:00 ÖS", "2026-09-24T11:05:00"),
        ("24.09.2026 ÖS 02:05", "2026-09-24T11:05:00"),
        ("24 Eylül 2026 ÖÖ 12:30", "2026-09-23T21:30:00"),
        ("Sat, Dec 16 2023 02:02:33 PM", "2023-12-16T11:02:33"),
        ("9/10/2026 2:15 PM", "2026-09-10T11:15:00"),
        ("24.09.2026 14:05 ÖS", "2026-09-24T11:05:00"),
        ("9/10/2026 14:15", "2026-10-09T11:15:00"),
        ("9.10.2026 2:15 PM", "2026-10-09T11:15:00"),
        ("2020/1/10 14:33:00", "2020-01-10T11:33:00"),
        ("2020/1/10 14:33:00 -05:30", "2020-01-10T20:03:00"),
        ("15 KASIM 2026", "2026-11-14T21:00:00"),
        ("1 Ağustos 2014 12:00", "2014-08-01T09:00:00"),
        ("1 Şubat 2016 12:00", "2016-02-01T10:00:00"),  # winter time, until 2016
        ("01 Ocak 1999", "1998-12-31T22:00:00"),
        ("Wed, 31 Dec 97 12:00:00 GMT", "1997-12-31T12:00:00"),
        ("Thu, 31 Dec 2026 23:59:60 GMT", "2026-12-31T23:59:59"),
        ("2026-09-24", "2026-09-23T21:00:00"),
        ("20260924", "2026-09-23T21:00:00"),
    ],
)
def test_other_moments(written: str, expected: str) -> None:
    found = read_date(written, zone=ISTANBUL)
    assert found is not None
    assert found.isoformat() == f"{expected}+00:00"


@pytest.mark.parametrize(
    "written",
    [
        "",
        "-",
        "dün",
        "Mon, 01 Jan 0001 00:00:00 GMT",
        "0001-01-01T00:00:00",
        "9999-12-31T23:59:59-12:00",
        "9999999999",
        "1",
        "31.02.2026 10:00",
        "13.13.2026",
        "24 Foo 2026 10:00",
        "24.09.2026 25:00",
        "Thu, 24 Sep 2026 10:00:00 +9900",
        "2026",
        "10:15",
        "24 Sep 2026" + " " * 5 + "x" * 200,
    ],
)
def test_what_is_no_date_or_cannot_be_meant_is_none(written: str) -> None:
    assert read_date(written, zone=ISTANBUL) is None


@pytest.mark.parametrize("piece", ["1", "a", "9:", "1.", "ösam ", "+", "24 sep ", "2026-"])
def test_a_hostile_date_takes_no_time(piece: str) -> None:
    started = time.process_time()
    read_date(piece * 1_000_000, zone=ISTANBUL)
    assert time.process_time() - started < 2  # seconds; quadratic time would take hours

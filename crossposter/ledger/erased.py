"""Entries whose words were erased: how they are told from others, and since when."""

from __future__ import annotations

from datetime import datetime

import sqlalchemy as sa

from crossposter.core.chain import Kind
from crossposter.ledger import schema


def is_wordless() -> sa.ColumnElement[bool]:
    """Choose the entries that say nothing; of those that ever did, the words were erased."""
    entry = schema.entry.c
    return sa.and_(entry.title == "", entry.summary == "", entry.text == "", entry.content.is_(None))


def erased_at() -> sa.Label[datetime]:
    """Give when an entry's words were erased, as the column `erased_at`: null for one that has words."""
    event, entry = schema.event.c, schema.entry.c
    latest = sa.select(sa.func.max(event.at, type_=schema.UtcDateTime))
    told = latest.where(event.entry_id == entry.id, event.kind == Kind.ERASED).scalar_subquery()
    # Most have words, and need no look at the record.
    return sa.type_coerce(sa.case((is_wordless(), told)), schema.UtcDateTime()).label("erased_at")

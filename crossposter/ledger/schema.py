"""The tables. The database itself refuses what must not be: a second delivery of one entry to one account above all."""

from __future__ import annotations

from datetime import UTC, datetime

import sqlalchemy as sa

from crossposter.core.kinds import Kind
from crossposter.core.model import Status

#: The newest migration; an older ledger is migrated when it is opened for writing.
HEAD = "0015"

#: Deliveries that go on by themselves; word for word in the queries, so that the index is used.
OPEN = "status IN ('queued', 'publishing', 'uncertain')"


class UtcDateTime(sa.types.TypeDecorator[datetime]):
    """Aware UTC on both sides; SQLite keeps no zone."""

    impl = sa.DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: sa.Dialect) -> datetime | None:
        """Refuse a naive time: it would be read back as another one."""
        if value is not None and value.tzinfo is None:
            raise ValueError(f"naive datetime {value!r}")
        return value.astimezone(UTC) if value else None

    def process_result_value(self, value: datetime | None, dialect: sa.Dialect) -> datetime | None:
        """Give SQLite's naive times their zone back."""
        if value is None:
            return None
        return value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC)


metadata = sa.MetaData()

feed = sa.Table(
    "feed",
    metadata,
    sa.Column("id", sa.Text, primary_key=True),
    #: A feed that moves to another site begins anew: its keys are unknown there.
    sa.Column("site", sa.Text, nullable=False),
    sa.Column("etag", sa.Text),
    sa.Column("last_modified", sa.Text),
    sa.Column("first_polled_at", UtcDateTime, nullable=False),
    sa.Column("polled_at", UtcDateTime, nullable=False),
    #: Whether the ledger was put back from a copy, and the feed not read since.
    sa.Column("is_restored", sa.Boolean, nullable=False, server_default=sa.false()),
)

#: What a feed showed at the last poll that changed anything, and need not be read again; rewritten as a whole.
feed_window = sa.Table(
    "feed_window",
    metadata,
    sa.Column("feed_id", sa.Text, sa.ForeignKey("feed.id"), primary_key=True),
    #: [[mark, entry id, whether it is dated, [key]]]
    sa.Column("items", sa.JSON, nullable=False),
)

entry = sa.Table(
    "entry",
    metadata,
    sa.Column("id", sa.Integer, primary_key=True),
    sa.Column("feed_id", sa.Text, sa.ForeignKey("feed.id"), nullable=False),
    sa.Column("title", sa.Text, nullable=False),
    sa.Column("link", sa.Text),
    sa.Column("summary", sa.Text, nullable=False),
    sa.Column("text", sa.Text, nullable=False),
    sa.Column("language", sa.Text, nullable=False),
    sa.Column("published_at", UtcDateTime),
    #: [{"url", "alt"}]
    sa.Column("pictures", sa.JSON, nullable=False),
    sa.Column("categories", sa.JSON, nullable=False),
    sa.Column("seen_at", UtcDateTime, nullable=False),
    #: A short form of all that it says now (core/identity.py, `content_of`); null in rows from before there was one.
    sa.Column("content", sa.Text),
    #: Counts what it said so far, from 1.
    sa.Column("revision", sa.Integer, nullable=False, server_default="1"),
    #: Up to which of these it was decided whether its posts are to be corrected.
    sa.Column("considered", sa.Integer, nullable=False, server_default="1"),
    sa.Index("entry_edited", "id", sqlite_where=sa.text("revision > considered")),
)

#: What an entry said before it was edited.
revision = sa.Table(
    "revision",
    metadata,
    sa.Column("entry_id", sa.Integer, sa.ForeignKey("entry.id"), primary_key=True),
    sa.Column("number", sa.Integer, primary_key=True),
    sa.Column("title", sa.Text, nullable=False),
    sa.Column("link", sa.Text),
    sa.Column("summary", sa.Text, nullable=False),
    sa.Column("text", sa.Text, nullable=False),
    sa.Column("published_at", UtcDateTime),
    sa.Column("pictures", sa.JSON, nullable=False),
    sa.Column("replaced_at", UtcDateTime, nullable=False),
)

entry_key = sa.Table(
    "entry_key",
    metadata,
    sa.Column("site", sa.Text, primary_key=True),
    sa.Column("key", sa.Text, primary_key=True),
    sa.Column("entry_id", sa.Integer, sa.ForeignKey("entry.id"), nullable=False, index=True),
    #: Order within the entry: the first is what the entry is called.
    sa.Column("position", sa.Integer, nullable=False),
)

#: Which feed has shown which entry.
sighting = sa.Table(
    "sighting",
    metadata,
    sa.Column("feed_id", sa.Text, sa.ForeignKey("feed.id"), primary_key=True),
    sa.Column("entry_id", sa.Integer, sa.ForeignKey("entry.id"), primary_key=True),
)

account = sa.Table(
    "account",
    metadata,
    sa.Column("id", sa.Text, primary_key=True),
    sa.Column("platform", sa.Text, nullable=False),
    #: The process that works on it until `lease_until`.
    sa.Column("holder", sa.Text),
    sa.Column("lease_until", UtcDateTime),
    #: Nothing is begun on it before this time, and why.
    sa.Column("resting_until", UtcDateTime),
    sa.Column("resting_reason", sa.Text),
    #: In the platform's words; null in rows from before they were kept.
    sa.Column("resting_message", sa.JSON(none_as_null=True)),
    #: What was posted on it since then by others, or by a later state of this ledger, is not known: before anything is
    #: sent it is read back. Null where all is known.
    sa.Column("unread_since", UtcDateTime),
    #: Seconds that the slowest answer which confirmed a post has ever taken; null before the first one.
    sa.Column("slowest_answer_s", sa.Float),
    #: Until then somebody has been told to work on it; null where nobody was, or somebody has begun.
    sa.Column("offered_until", UtcDateTime),
    sa.CheckConstraint("(resting_until IS NULL) = (resting_reason IS NULL)", name="rest_has_a_reason"),
)

#: One row: how many public calls were begun, and in which ledger; see core/fence.py.
fence = sa.Table(
    "fence",
    metadata,
    sa.Column("id", sa.Integer, primary_key=True),
    sa.Column("ledger_id", sa.Text, nullable=False),
    sa.Column("sequence", sa.Integer, nullable=False),
    #: When it was last found to be older than the truth; null for never.
    sa.Column("recovered_at", UtcDateTime),
    sa.CheckConstraint("id = 1", name="one_fence"),
)

#: What several processes do in turn, once an interval: when it is due again.
tick = sa.Table(
    "tick",
    metadata,
    sa.Column("name", sa.Text, primary_key=True),
    sa.Column("due_at", UtcDateTime, nullable=False),
)

#: One row: the daemon's sign of life.
heartbeat = sa.Table(
    "heartbeat",
    metadata,
    sa.Column("id", sa.Integer, primary_key=True),
    #: The process, as people look for it: "process 4711 on host".
    sa.Column("process", sa.Text, nullable=False),
    sa.Column("started_at", UtcDateTime, nullable=False),
    sa.Column("beat_at", UtcDateTime, nullable=False),
    #: When it ended by itself; null while it runs, and for ever after a kill.
    sa.Column("ended_at", UtcDateTime),
    sa.CheckConstraint("id = 1", name="one_heart"),
)

delivery = sa.Table(
    "delivery",
    metadata,
    sa.Column("id", sa.Integer, primary_key=True),
    sa.Column("entry_id", sa.Integer, sa.ForeignKey("entry.id"), nullable=False),
    sa.Column("account_id", sa.Text, sa.ForeignKey("account.id"), nullable=False),
    sa.Column("status", sa.Text, nullable=False),
    sa.Column("reason", sa.Text),
    #: A sentence: {"template", "values"}; translated when it is shown.
    sa.Column("message", sa.JSON(none_as_null=True)),
    sa.Column("not_before", UtcDateTime),
    #: How often delivering it has failed so far without anybody's fault.
    sa.Column("tries", sa.Integer, nullable=False, default=0),
    sa.Column("picture_tries", sa.Integer, nullable=False, default=0),
    #: The number of the newest attempt: 0 while the platform was never asked to publish.
    sa.Column("attempt", sa.Integer, nullable=False, default=0),
    #: Reasons to hold it that a person has let pass.
    sa.Column("waived", sa.JSON, nullable=False, server_default="[]"),
    #: The gate's findings that a person has let pass, in English.
    sa.Column("passed", sa.JSON, nullable=False, server_default="[]"),
    #: When a person last let it out.
    sa.Column("released_at", UtcDateTime),
    #: How often it was sent again by itself, since it was not on the account.
    sa.Column("resends", sa.Integer, nullable=False, server_default="0"),
    #: What a person has let out, see core/approval.py (`digest`): null where nobody has.
    sa.Column("approved_hash", sa.Text),
    sa.Column("approved_at", UtcDateTime),
    sa.Column("approved_by", sa.Text),
    #: Counts what people were shown and wrote: a post that was made before the last of it is not claimed.
    sa.Column("edition", sa.Integer, nullable=False, server_default="0"),
    #: Whether it goes before others.
    sa.Column("is_urgent", sa.Boolean, nullable=False, server_default=sa.false()),
    #: While publishing: when the silence of the process means that the outcome is uncertain.
    sa.Column("lease_until", UtcDateTime),
    sa.Column("created_at", UtcDateTime, nullable=False),
    sa.Column("updated_at", UtcDateTime, nullable=False),
    #: What it does, and its issue: both are a part of its name (core/kinds.py).
    sa.Column("kind", sa.Text, nullable=False, server_default="publish"),
    sa.Column("issue", sa.Integer, nullable=False, server_default="0"),
    #: The delivery whose post it acts on; null for a first post.
    sa.Column("of_id", sa.Integer, sa.ForeignKey("delivery.id")),
    # A first post has no issue: so there is one for each entry and account.
    sa.UniqueConstraint("entry_id", "account_id", "kind", "issue", name="one_delivery_of_a_name"),
    sa.CheckConstraint(f"kind IN ({', '.join(repr(kind.value) for kind in Kind)})", name="kind_is_known"),
    sa.CheckConstraint("(kind = 'publish') = (of_id IS NULL)", name="acts_on_a_post"),
    sa.CheckConstraint("issue > 0 OR kind IN ('publish', 'delete')", name="correction_has_an_issue"),
    sa.CheckConstraint("kind <> 'publish' OR issue = 0", name="first_post_has_no_issue"),
    sa.CheckConstraint(f"status IN ({', '.join(repr(status.value) for status in Status)})", name="status_is_known"),
    sa.CheckConstraint("(status = 'publishing') = (lease_until IS NOT NULL)", name="lease_while_publishing"),
    sa.CheckConstraint(
        "status NOT IN ('held', 'skipped', 'failed', 'uncertain') OR reason IS NOT NULL", name="reason_is_given"
    ),
    sa.CheckConstraint(
        "attempt > 0 OR status NOT IN ('publishing', 'published', 'uncertain')", name="attempt_was_made"
    ),
    # What is partial in SQLite is so in PostgreSQL (postgresql.py): its words here would load it for everybody, 3 MiB.
    sa.Index("delivery_open", "account_id", "id", sqlite_where=sa.text(OPEN)),
)

#: What people are shown before it is sent, or have written; it is rewritten.
draft = sa.Table(
    "draft",
    metadata,
    sa.Column("delivery_id", sa.Integer, sa.ForeignKey("delivery.id"), primary_key=True),
    sa.Column("text", sa.Text, nullable=False),
    sa.Column("link", sa.Text),
    #: As those of an attempt.
    sa.Column("pictures", sa.JSON, nullable=False),
    #: Empty while only the text is known.
    sa.Column("hash", sa.Text, nullable=False),
    #: Of the entry: what it said when this was made.
    sa.Column("revision", sa.Integer, nullable=False),
    sa.Column("made_at", UtcDateTime, nullable=False),
    #: Who wrote the text; null where it was made of the news.
    sa.Column("edited_by", sa.Text),
)

attempt = sa.Table(
    "attempt",
    metadata,
    sa.Column("delivery_id", sa.Integer, sa.ForeignKey("delivery.id"), primary_key=True),
    sa.Column("number", sa.Integer, primary_key=True),
    #: What was asked of the platform: a repost deletes first, then publishes.
    sa.Column("kind", sa.Text, nullable=False, server_default="publish"),
    #: Of the entry: what it said when this was sent.
    sa.Column("revision", sa.Integer, nullable=False, server_default="1"),
    #: Exactly what was sent.
    sa.Column("text", sa.Text, nullable=False),
    sa.Column("link", sa.Text),
    #: [{"url", "sha256", "width", "height", "alt"}]
    sa.Column("pictures", sa.JSON, nullable=False),
    sa.Column("media_ids", sa.JSON, nullable=False),
    #: What the platform asks for it; null where it asks nothing.
    sa.Column("price_usd", sa.Float),
    sa.Column("started_at", UtcDateTime, nullable=False),
    sa.Column("ended_at", UtcDateTime),
    #: The status that the answer led to; null while there is none.
    sa.Column("outcome", sa.Text),
    sa.Column("message", sa.JSON(none_as_null=True)),
    #: What the platform said where crossposter does not know what it means: cut, without secrets.
    sa.Column("answer", sa.Text),
    #: In how many looks at the account in a row it was not there.
    sa.Column("absences", sa.Integer, nullable=False, server_default="0"),
    #: The platform's id of the account that the YAML pins, and a short form of the YAML; null in rows from before.
    sa.Column("platform_id", sa.Text),
    sa.Column("configuration", sa.Text),
    #: Who let it out last; null where nobody had to.
    sa.Column("let_out_by", sa.Text),
    # An account's pace and money ask for the newest of them, every second.
    sa.Index("attempt_begun", "started_at"),
)

#: What people did. Appended, never changed.
act = sa.Table(
    "act",
    metadata,
    sa.Column("id", sa.Integer, primary_key=True),
    sa.Column("delivery_id", sa.Integer, sa.ForeignKey("delivery.id"), nullable=False),
    #: See core/acts.py.
    sa.Column("verb", sa.Text, nullable=False),
    #: As they named themselves, and as the system knows them.
    sa.Column("person", sa.Text, nullable=False),
    sa.Column("system_user", sa.Text, nullable=False),
    sa.Column("why", sa.Text),
    sa.Column("status_before", sa.Text, nullable=False),
    sa.Column("reason_before", sa.Text),
    sa.Column("at", UtcDateTime, nullable=False),
    sa.Index("act_of_delivery", "delivery_id"),
)

#: When people let nothing out. Appended; its end is written once.
pause = sa.Table(
    "pause",
    metadata,
    sa.Column("id", sa.Integer, primary_key=True),
    sa.Column("scope", sa.Text, nullable=False),
    #: Of the account or the feed; empty for all.
    sa.Column("name", sa.Text, nullable=False),
    sa.Column("why", sa.Text, nullable=False),
    #: As they named themselves, and as the system knows them.
    sa.Column("person", sa.Text, nullable=False),
    sa.Column("system_user", sa.Text, nullable=False),
    #: The file that pauses as long as it is there, with its machine; null for a command's.
    sa.Column("file", sa.Text),
    sa.Column("begun_at", UtcDateTime, nullable=False),
    #: When it is to end by itself; it holds until that is written.
    sa.Column("until", UtcDateTime),
    sa.Column("ended_at", UtcDateTime),
    #: Null where it has ended by itself.
    sa.Column("ended_by", sa.Text),
    sa.Column("ended_system_user", sa.Text),
    sa.CheckConstraint("scope IN ('all', 'account', 'feed')", name="scope_is_known"),
    sa.CheckConstraint("(scope = 'all') = (name = '')", name="scope_has_a_name"),
    sa.Index("pause_open", "id", sqlite_where=sa.text("ended_at IS NULL")),
)

post = sa.Table(
    "post",
    metadata,
    sa.Column("id", sa.Integer, primary_key=True),
    sa.Column("account_id", sa.Text, sa.ForeignKey("account.id"), nullable=False),
    sa.Column("remote_id", sa.Text, nullable=False),
    sa.Column("url", sa.Text, nullable=False),
    sa.Column("delivery_id", sa.Integer, sa.ForeignKey("delivery.id"), nullable=False, unique=True),
    sa.Column("published_at", UtcDateTime, nullable=False),
    #: When it was found to stand no more; null while it does. What took its place is the post of a repost of it.
    sa.Column("deleted_at", UtcDateTime),
    sa.UniqueConstraint("account_id", "remote_id", name="one_row_per_remote_post"),
    sa.Index("post_newest", "account_id", "id"),
)

#: Posts that were seen on an account and are no delivery's: made by hand, or twice.
standing = sa.Table(
    "standing",
    metadata,
    sa.Column("account_id", sa.Text, sa.ForeignKey("account.id"), primary_key=True),
    sa.Column("remote_id", sa.Text, primary_key=True),
    sa.Column("url", sa.Text, nullable=False),
    sa.Column("text", sa.Text, nullable=False),
    sa.Column("links", sa.JSON, nullable=False),
    sa.Column("published_at", UtcDateTime),
    sa.Column("seen_at", UtcDateTime, nullable=False),
)

#: What an attempt need not do again when it is made anew: uploads, by what was uploaded, with the platform's ids.
step = sa.Table(
    "step",
    metadata,
    sa.Column("delivery_id", sa.Integer, sa.ForeignKey("delivery.id"), primary_key=True),
    sa.Column("name", sa.Text, primary_key=True),
    sa.Column("value", sa.Text, nullable=False),
    sa.Column("made_at", UtcDateTime, nullable=False),
)

#: What people were told of and has not ended: see core/alerting.py.
matter = sa.Table(
    "matter",
    metadata,
    sa.Column("key", sa.Text, primary_key=True),
    sa.Column("state", sa.Text, nullable=False),
    #: 1 info, 2 warning, 3 critical.
    sa.Column("level", sa.Integer, nullable=False),
    sa.Column("count", sa.Integer, nullable=False),
    sa.Column("is_told", sa.Boolean, nullable=False),
    sa.Column("since", UtcDateTime, nullable=False),
)

#: Alerts, a row for each target: the outbox while `ended_at` is null.
alert = sa.Table(
    "alert",
    metadata,
    sa.Column("id", sa.Integer, primary_key=True),
    #: Where the target's address stands, never the address: "env:ALERT_URL".
    sa.Column("target", sa.Text, nullable=False),
    sa.Column("level", sa.Integer, nullable=False),
    sa.Column("is_good", sa.Boolean, nullable=False),
    #: Sentences: {"template", "values"}; translated when they are sent.
    sa.Column("subject", sa.JSON, nullable=False),
    sa.Column("lines", sa.JSON, nullable=False),
    sa.Column("made_at", UtcDateTime, nullable=False),
    #: How often it was taken to be sent.
    sa.Column("tries", sa.Integer, nullable=False, server_default="0"),
    #: Until when it is left to the process that has taken it, or its target is left alone.
    sa.Column("not_before", UtcDateTime),
    sa.Column("ended_at", UtcDateTime),
    #: Those of one message have one `ended_at`.
    sa.Column("outcome", sa.Text),
    sa.CheckConstraint("(ended_at IS NULL) = (outcome IS NULL)", name="end_has_an_outcome"),
    sa.CheckConstraint("outcome IN ('sent', 'left_out', 'given_up')", name="outcome_is_known"),
    sa.Index("alert_pending", "id", sqlite_where=sa.text("ended_at IS NULL")),
)

#: What happened, each event bound to all before it: appended, never changed but for what retention erases. No foreign
#: keys: an event outlives what it is about.
event = sa.Table(
    "event",
    metadata,
    #: Its position in the chain, from 1, without gaps.
    sa.Column("id", sa.Integer, primary_key=True, autoincrement=False),
    sa.Column("kind", sa.Text, nullable=False),
    sa.Column("at", UtcDateTime, nullable=False),
    sa.Column("entry_id", sa.Integer),
    sa.Column("account_id", sa.Text),
    sa.Column("person", sa.Text),
    #: Canonical JSON, byte for byte as it was hashed; content and salt are null where there is nothing, or erased.
    sa.Column("facts", sa.Text, nullable=False),
    sa.Column("content", sa.Text),
    sa.Column("salt", sa.Text),
    sa.Column("digest", sa.Text, nullable=False),
    sa.Column("hash", sa.Text, nullable=False),
    sa.Index("event_of_entry", "entry_id", "id"),
)

#: One row: where the chain ends. Whoever adds to it holds this row.
chain = sa.Table(
    "chain",
    metadata,
    sa.Column("id", sa.Integer, primary_key=True),
    sa.Column("position", sa.Integer, nullable=False),
    sa.Column("hash", sa.Text, nullable=False),
    sa.CheckConstraint("id = 1", name="one_chain"),
)

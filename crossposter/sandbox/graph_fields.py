"""Which fields of a Page or a post the Graph API gives back."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from crossposter.sandbox.graph_errors import invalid
from crossposter.sandbox.world import Post, SandboxAccount

#: What whoever holds a token may do on a Page; the largest set of them.
TASKS = ("CREATE_CONTENT", "MANAGE", "MODERATE")


def page_as_json(page: SandboxAccount, fields: str, *, linked: tuple[str, str] | None) -> dict[str, Any]:
    """Give the asked fields of a Page; id and name when none was asked for.

    Raises:
        GraphError: a field does not exist.
    """
    known: dict[str, Any] = {
        "id": page.id,
        "name": page.name,
        "username": page.handle,
        "link": f"https://www.facebook.com/{page.id}",
        "tasks": list(TASKS),
    }
    if linked:
        known["instagram_business_account"] = {"id": linked[0], "username": linked[1]}
    # A Page without an Instagram account answers without the field.
    return select_fields(known, fields or "id,name", node="Page", absent=("instagram_business_account",))


def post_as_json(post: Post, fields: str) -> dict[str, Any]:
    """Give the asked fields of a post; created_time, message and id when none was asked for.

    Raises:
        GraphError: a field does not exist.
    """
    when = datetime.fromtimestamp(post.created_at, UTC).strftime("%Y-%m-%dT%H:%M:%S+0000")
    known = {
        "id": post.id,
        "message": post.text,
        "created_time": when,
        "updated_time": when,
        "permalink_url": post.url,
        "is_published": True,
        "from": {"id": post.account.id, "name": post.account.name},
        "attachments": _attachments(post),
    }
    # The real API leaves empty fields out.
    present = {name: value for name, value in known.items() if value != ""}
    return {
        **select_fields(present, fields or "created_time,message,id", node="Post", absent=("message",)),
        "id": post.id,
    }


def _attachments(post: Post) -> dict[str, Any]:
    if post.link:
        return {"data": [{"type": "share", "unshimmed_url": post.link, "url": post.link}]}
    photos = [
        {"type": "photo", "description": image.alt or "", "media": {"image": _size(image.picture)}}
        for image in post.images
    ]
    if len(photos) > 1:
        return {"data": [{"type": "album", "subattachments": {"data": photos}}]}
    return {"data": photos}


def _size(picture: Any) -> dict[str, int]:
    return {"width": picture.width, "height": picture.height}


def select_fields(known: dict[str, Any], fields: str, *, node: str, absent: tuple[str, ...] = ()) -> dict[str, Any]:
    """Give those that were asked for.

    Raises:
        GraphError: one does not exist; those of `absent` do, and are left out.
    """
    selected = {}
    for name in _names(fields):
        if name in known:
            selected[name] = known[name]
        elif name not in absent:
            raise invalid(f"Tried accessing nonexisting field ({name}) on node type ({node})")
    return selected


def _names(fields: str) -> list[str]:
    """Split "id,attachments{media,url}" at its outer commas, without the inner fields."""
    names, depth, name = [], 0, ""
    for character in f"{fields},":
        depth += (character == "{") - (character == "}")
        if character == "," and depth == 0:
            names.append(name.partition("{")[0].partition(".")[0].strip())
            name = ""
        else:
            name += character
    return [each for each in names if each]

"""The app at Meta and what its tokens look like, for Facebook's and Instagram's accounts alike."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from crossposter.adapters.options import AppBlock, AppKeys
from crossposter.references import NumberRef, SecretRef
from crossposter.wording import Message, say


class MetaApp(AppKeys):
    """From developers.facebook.com: App settings, Basic."""

    app_id: Annotated[NumberRef, Field(examples=["env:META_APP_ID"])]
    app_secret: Annotated[SecretRef, Field(examples=["env:META_APP_SECRET"])]


META = AppBlock("meta", MetaApp)

#: The permission without which nothing can be posted on a Page.
TO_POST = "pages_manage_posts"
#: Asked for beside it (Pages API, posts, 2026-10): to see the Page, and to list it.
BESIDE = ("pages_read_engagement", "pages_show_list")
#: The task of whoever holds the token, on the Page.
TASK = "CREATE_CONTENT"
#: Without these nothing can be published on a professional account (Instagram content publishing, 2026-06).
TO_POST_ON_INSTAGRAM = ("instagram_basic", "instagram_content_publish")


def no_token(answer: str) -> Message | None:
    """Say that an answer cannot be a token; None where it can."""
    token = answer.strip()
    is_token = token.isascii() and token.isprintable() and " " not in token and len(token) > 20
    return None if is_token else say("this is no token: it is one long word of letters and digits")

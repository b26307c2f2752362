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


def no_token(answer: str) -> Message | None:
    """Say that an answer cannot be a token; None where it can."""
    token = answer.strip()
    is_token = token.isascii() and token.isprintable() and " " not in token and len(token) > 20
    return None if is_token else say("this is no token: it is one long word of letters and digits")

"""What the YAML may say of how posts look: `post:` of an account, and `brand:`."""

from __future__ import annotations

import re
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field, WithJsonSchema

from crossposter.core.budget import Budget, WhenSpent
from crossposter.core.model import Brand, Fit, Limits, MediaRule, PostRules
from crossposter.core.templates import TemplateProblem, check
from crossposter.references import FileRef, Text, mistake
from crossposter.wording import say

_LINK_SCHEMA = {
    "anyOf": [
        {"enum": ["always", "never"]},
        {
            "type": "object",
            "properties": {"only": {"type": "array", "items": {"type": "string"}, "minItems": 1}},
            "required": ["only"],
            "additionalProperties": False,
        },
    ],
    "default": "always",
}


class Block(BaseModel):
    """A block of keys; an unknown key is a mistake."""

    model_config = ConfigDict(extra="forbid", frozen=True, defer_build=True)


def _template(value: str) -> str:
    try:
        check(value)
    except TemplateProblem as problem:
        raise mistake(problem.message) from None
    return value


def _link(value: Any) -> tuple[str, ...] | None:
    """Give the categories whose posts carry the link; None for all posts, empty for none."""
    if value in ("always", None):
        return None
    if value == "never":
        return ()
    only = value.get("only") if isinstance(value, dict) and len(value) == 1 else None
    if not isinstance(only, list) or not only or not all(isinstance(one, str) and one.strip() for one in only):
        raise mistake(say("write always, never, or only: with a list of categories under it"))
    return tuple(only)


def _colour(value: str) -> str:
    if not re.fullmatch(r"#[0-9a-fA-F]{6}", value):
        raise mistake(say('this is no colour: write it in quotes, like "#0a5ea8"'))
    return value


class PostModel(Block):
    """How an account's posts are made."""

    template: Annotated[str, AfterValidator(_template)] | None = None
    hashtags: tuple[Text, ...] = ()
    category_hashtags: bool = False
    link: Annotated[tuple[str, ...] | None, BeforeValidator(_link), WithJsonSchema(_LINK_SCHEMA)] = None
    media: Literal["preferred", "required", "never"] = "preferred"
    fit: Literal["pad", "crop"] = "pad"
    alt: Literal["derive", "required"] = "derive"
    #: None: where the platform needs a picture.
    card: bool | None = None

    def rules(self, limits: Limits, brand: Brand | None) -> PostRules:
        """Give them as the service knows them; a card needs a brand to be drawn in."""
        wants_card = limits.needs_picture if self.card is None else self.card
        return PostRules(
            template=self.template,
            hashtags=self.hashtags,
            category_hashtags=self.category_hashtags,
            link_categories=self.link,
            media=MediaRule(self.media),
            fit=Fit(self.fit),
            alt_required=self.alt == "required",
            card=wants_card and brand is not None,
        )


class BudgetModel(Block):
    """What an account may spend."""

    usd_per_month: Annotated[float, Field(gt=0)]
    when_spent: Literal["hold", "no_links", "continue"] = "hold"

    def budget(self) -> Budget:
        """Give it as the service knows it."""
        return Budget(usd_per_month=self.usd_per_month, when_spent=WhenSpent(self.when_spent))


class BrandModel(Block):
    """How the city looks on drawn cards and around padded pictures."""

    name: Text
    colour: Annotated[Text, AfterValidator(_colour)] = Field(default="#0a5ea8")
    logo: FileRef | None = None
    mourning: bool = False

    def brand(self) -> Brand:
        """Give it as pictures are drawn from it."""
        logo = str(self.logo) if self.logo else None
        return Brand(name=self.name, colour=self.colour, logo=logo, mourning=self.mourning)

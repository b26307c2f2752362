"""Feeds: fetched by our own client, parsed into entries."""

from crossposter.feeds.source import WebFeedSource

__all__ = ["WebFeedSource"]

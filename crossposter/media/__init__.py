"""Pictures: fetched, checked, and made into exactly the bytes that a platform gets."""

from crossposter.media.source import WebPictureSource

__all__ = ["WebPictureSource"]

"""Pictures: fetched, found or drawn, checked, and made into exactly the bytes that a platform gets."""

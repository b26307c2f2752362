"""crossposter: a city's news on its official accounts, once and right."""

__version__ = "0.1.0"

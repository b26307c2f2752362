"""The command line: parse arguments, call the service, print, choose the exit code."""

from crossposter.cli.app import main

__all__ = ["main"]

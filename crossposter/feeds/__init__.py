"""Feeds: fetched by our own client, read in a child process, made into entries.

Imports nothing: the child imports parts of this package, and must be quick to start.
"""

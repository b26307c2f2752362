"""YAML text becomes plain data, with the line of every key.

Scalars stay the text that was typed: `id: 012345` and `23:00` mean what they say, whatever YAML would make of them; the
models turn them into numbers where a number is wanted.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import Any

from ruamel.yaml import YAML
from ruamel.yaml.error import MarkedYAMLError, YAMLError
from ruamel.yaml.nodes import MappingNode, Node, ScalarNode, SequenceNode

from crossposter.errors import Problem
from crossposter.wording import Message, say

Path = tuple[str | int, ...]

_NULL = "tag:yaml.org,2002:null"
_TAB_INDENT = re.compile(r"^[ ]*\t")


@dataclass(slots=True)
class Document:
    """A YAML file as data.

    Attributes:
        data: Dictionaries, lists, texts and None.
        lines: The 1-based line of each key and list item, by its path.
        problems: Mistakes that can be found without knowing what the keys mean.
    """

    file: str
    data: dict[str, Any] | None = None
    lines: dict[Path, int] = field(default_factory=dict)
    problems: list[Problem] = field(default_factory=list)

    def report(self, path: Path, message: Message) -> None:
        """Add a problem at a path, or at the nearest thing above it that has a line."""
        known = next((path[:end] for end in range(len(path), 0, -1) if path[:end] in self.lines), None)
        line = self.lines[known] if known else 0
        self.problems.append(Problem(file=self.file, line=line, path=dotted(path), message=message))


def dotted(path: Path) -> str:
    """Write a path as people do: `accounts[0].expect.id`."""
    text = "".join(f"[{part}]" if isinstance(part, int) else f".{part}" for part in path)
    return text.removeprefix(".")


def read_document(text: str, *, file: str) -> Document:
    """Parse YAML; never raises: what is wrong is in `problems`."""
    document = Document(file=file)
    for number, line in enumerate(text.splitlines(), start=1):
        if _TAB_INDENT.match(line):
            document.problems.append(
                Problem(file, number, "", say("this line is indented with a tab: YAML wants spaces"))
            )
    if document.problems:
        return document
    try:
        root = YAML(typ="safe", pure=True).compose(text)
    except MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        message = say("this is no valid YAML: {cause}; look at this line and the one above", cause=error.problem)
        document.problems.append(Problem(file, mark.line + 1 if mark else 0, "", message))
    except YAMLError as error:
        document.problems.append(Problem(file, 0, "", say("this is no valid YAML: {cause}", cause=error)))
    else:
        _Reader(document).read(root)
    return document


class _Reader:
    """Walks the nodes once, noting lines and duplicate keys."""

    def __init__(self, document: Document) -> None:
        self._document = document
        self._seen: set[int] = set()

    def read(self, root: Node | None) -> None:
        if not isinstance(root, MappingNode):
            self._document.report((), say("the file holds no settings: it begins with keys like 'feeds:'"))
            return
        self._document.data = self._convert(root, ())

    def _convert(self, node: Node, path: Path) -> Any:
        if isinstance(node, ScalarNode):
            return None if node.tag == _NULL else node.value
        if id(node) in self._seen:
            # An alias: it would let a small file unfold into gigabytes.
            self._document.report(path, say("anchors and aliases (& and *) are not allowed here: write it out"))
            return None
        self._seen.add(id(node))
        if isinstance(node, SequenceNode):
            return [self._item(item, (*path, index)) for index, item in enumerate(node.value)]
        return self._mapping(node, path)

    def _item(self, node: Node, path: Path) -> Any:
        self._document.lines[path] = node.start_mark.line + 1
        return self._convert(node, path)

    def _mapping(self, node: Node, path: Path) -> dict[str, Any]:
        mapping: dict[str, Any] = {}
        for key_node, value_node in node.value:
            key = str(key_node.value)
            line = key_node.start_mark.line + 1
            here = (*path, key)
            if key in mapping:
                first = self._document.lines[here]
                message = say("this key stands twice, first in line {line}: keep one of them", line=first)
                self._document.problems.append(Problem(self._document.file, line, dotted(here), message))
                continue
            self._document.lines[here] = line
            mapping[key] = self._convert(value_node, here)
        return mapping

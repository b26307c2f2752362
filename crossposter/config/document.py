"""YAML text becomes plain data, with the line of every key.

Scalars stay the text that was typed: `id: 012345` and `23:00` mean what they say, whatever YAML would make of them; the
models turn them into numbers where a number is wanted.
"""

from __future__ import annotations

import re
import warnings
from dataclasses import dataclass, field
from typing import Any

from ruamel.yaml import YAML
from ruamel.yaml.error import MarkedYAMLError, YAMLError, YAMLWarning
from ruamel.yaml.nodes import MappingNode, Node, ScalarNode, SequenceNode
from ruamel.yaml.reader import ReaderError

from crossposter.errors import Problem
from crossposter.wording import Message, say

Path = tuple[str | int, ...]

_NULL = "tag:yaml.org,2002:null"
#: As YAML counts lines; `str.splitlines` knows more line ends.
_LINE_END = re.compile(r"\r\n|[\r\n\x85\u2028\u2029]")
_TAB_INDENT = re.compile(r"^[ ]*\t")
_CONTROL = re.compile(r"[\x00-\x08\x0b-\x1f\x7f\ud800-\udfff]")
#: Far deeper than any real file; without a limit a line of brackets would exhaust the stack.
_MAX_DEPTH = 20

_ALIAS = say("anchors and aliases (& and *) are not allowed here: write it out, or put the text in quotes")
_TOO_DEEP = say("too many blocks stand inside each other here")
_CHARACTER = say("this holds a character that cannot be seen: type it anew")
_UNCLOSED_QUOTE = say("a quotation mark opens here and never closes")
_UNCLOSED_BRACKET = say("a bracket opens here and never closes, or a comma is missing inside it")
#: What the parser says, in its own words, and what to tell people. Its words are never passed on: they may quote a
#: secret that was typed into the file.
_SYNTAX = (
    ("found undefined alias", _ALIAS),
    ("found duplicate anchor", _ALIAS),
    (
        "mapping values are not allowed here",
        say(
            "here or in the line above a colon is missing or one too many, or the indentation is wrong; "
            "a text with a colon and a space in it needs quotes"
        ),
    ),
    ("could not find expected ':'", say("a colon is missing after the key, in this line or the one above")),
    ("cannot start any token", say("a text that begins with a special sign needs quotes around it")),
    ("but found another document", say("a second file begins here: remove the line of dashes (---)")),
    ("expected <block end>", say("this line is not indented like the lines that it belongs to")),
    ("while scanning a double-quoted scalar", say("a backslash has a meaning of its own here: use single quotes")),
)
_NO_YAML = say("this line or the one above is not valid YAML: compare it with config/crossposter.example.yaml")


@dataclass(slots=True)
class Document:
    """A YAML file as data.

    Attributes:
        data: Dictionaries, lists, texts and None.
        lines: The 1-based line of each key and list item, by its path.
        problems: Mistakes that can be found without knowing what the keys mean.
        unreadable: Paths whose data is missing from `data`, with their problem told already.
    """

    file: str
    data: dict[str, Any] | None = None
    lines: dict[Path, int] = field(default_factory=dict)
    problems: list[Problem] = field(default_factory=list)
    unreadable: set[Path] = field(default_factory=set)

    def report(self, path: Path, message: Message) -> None:
        """Add a problem at a path, or at the nearest thing above it that has a line."""
        above = [path[:end] for end in range(len(path), 0, -1)]
        if not self.unreadable.isdisjoint(above):
            return
        line = next((self.lines[known] for known in above if known in self.lines), 0)
        self.report_problem(Problem(file=self.file, line=line, path=dotted(path), message=message))

    def report_unreadable(self, path: Path, message: Message) -> None:
        """Add a problem that makes every other one at this path meaningless."""
        self.report(path, message)
        self.unreadable.add(path)

    def report_problem(self, problem: Problem) -> None:
        """Add a problem that was made elsewhere."""
        if problem not in self.problems:
            self.problems.append(problem)

    def report_line(self, line: int, message: Message) -> None:
        """Add a problem of a line that holds no key we know."""
        self.problems.append(Problem(file=self.file, line=line, path="", message=message))


def dotted(path: Path) -> str:
    """Write a path as people do: `accounts[0].expect.id`."""
    text = "".join(f"[{part}]" if isinstance(part, int) else f".{part}" for part in path)
    return text.removeprefix(".")


def read_document(text: str, *, file: str) -> Document:
    """Parse YAML; never raises: what is wrong is in `problems`."""
    document = Document(file=file)
    for number, line in enumerate(_LINE_END.split(text), start=1):
        if _TAB_INDENT.match(line):
            document.report_line(number, say("this line is indented with a tab: YAML wants spaces"))
    if document.problems:
        return document
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", YAMLWarning)  # of an anchor's name used twice; aliases are refused anyway
            root = YAML(typ="safe", pure=True).compose(text)
    except MarkedYAMLError as error:
        document.report_line(*_explained(error))
    except ReaderError as error:
        document.report_line(len(_LINE_END.findall(text, 0, error.position)) + 1, _CHARACTER)
    except RecursionError:
        document.report_line(0, _TOO_DEEP)
    except (YAMLError, ValueError):
        document.report_line(0, _NO_YAML)
    else:
        _Reader(document).read(root)
    return document


def _explained(error: MarkedYAMLError) -> tuple[int, Message]:
    """Give the line and the sentence for what the parser found."""
    found, begun = error.problem_mark or error.context_mark, error.context_mark or error.problem_mark
    problem, context = str(error.problem), str(error.context)
    line, line_of_start = (mark.line + 1 if mark else 0 for mark in (found, begun))
    if "quoted scalar" in context and "end of stream" in problem:
        return line_of_start, _UNCLOSED_QUOTE
    if "while parsing a flow" in context:
        return line_of_start, _UNCLOSED_BRACKET
    return line, next((sentence for words, sentence in _SYNTAX if words in f"{context}\n{problem}"), _NO_YAML)


class _Reader:
    """Walks the nodes once, noting lines and duplicate keys."""

    def __init__(self, document: Document) -> None:
        self._document = document
        self._seen: set[int] = set()

    def read(self, root: Node | None) -> None:
        if not isinstance(root, MappingNode):
            sentence = say("the file holds no settings: it begins with keys like 'feeds:'")
            self._document.report_line(root.start_mark.line + 1 if root else 0, sentence)
            return
        self._document.data = self._mapping(root, ())

    def _convert(self, node: Node, path: Path) -> Any:
        if id(node) in self._seen:
            # An alias: it would let a small file unfold into gigabytes.
            self._document.report_unreadable(path, _ALIAS)
            return None
        self._seen.add(id(node))
        if len(path) > _MAX_DEPTH:
            self._document.report_unreadable(path, _TOO_DEEP)
            return None
        if isinstance(node, ScalarNode):
            return self._text(node, path)
        if isinstance(node, SequenceNode):
            return [self._item(item, (*path, index)) for index, item in enumerate(node.value)]
        return self._mapping(node, path)

    def _text(self, node: ScalarNode, path: Path) -> str | None:
        text = str(node.value)
        if _CONTROL.search(text):
            self._document.report_unreadable(path, _CHARACTER)
            return None
        return None if node.tag == _NULL else text

    def _item(self, node: Node, path: Path) -> Any:
        if id(node) not in self._seen:  # an alias only knows the line of its anchor
            self._document.lines[path] = node.start_mark.line + 1
        return self._convert(node, path)

    def _mapping(self, node: Node, path: Path) -> dict[str, Any]:
        mapping: dict[str, Any] = {}
        for key_node, value_node in node.value:
            line = key_node.start_mark.line + 1
            if not isinstance(key_node, ScalarNode) or _CONTROL.search(key_node.value):
                sentence = say("a key is a plain word: a text that begins with a bracket or a brace needs quotes")
                self._document.report_line(line, sentence)
                continue
            key = str(key_node.value)
            here = (*path, key)
            if key in mapping:
                first = self._document.lines[here]
                message = say("this key stands twice, first in line {line}: keep one of them", line=first)
                self._document.problems.append(Problem(self._document.file, line, dotted(here), message))
                continue
            self._document.lines[here] = line
            mapping[key] = self._convert(value_node, here)
        return mapping

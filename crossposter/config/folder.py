"""A folder with a file for each city: complete, and the city's own; what one calls x is `city.x` outside it.

The files share the ledger, and no two of them an account. A file with mistakes is nobody else's trouble: a daemon that
reads the folder again keeps that city as it was.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from itertools import chain
from pathlib import Path

from crossposter.config.crosschecks import Pin, clashes, pins
from crossposter.config.loading import Reading, Wanted, read_file
from crossposter.config.models import ConfigModel
from crossposter.errors import Problem
from crossposter.messages import language_of
from crossposter.references import DatabaseAddress, why_unreadable
from crossposter.wording import say

_SUFFIXES = (".yaml", ".yml")
_CITY = re.compile(r"[a-z0-9]+(-[a-z0-9]+)*")


@dataclass(frozen=True, slots=True, kw_only=True)
class CityFile:
    """A file without mistakes."""

    file: str
    config: ConfigModel
    #: What its accounts are for.
    pins: tuple[Pin, ...]
    #: The line of `ledger`; 0 where it does not say.
    ledger_line: int
    #: The line of `engine`; 0 where it does not say.
    engine_line: int

    @property
    def ledger_place(self) -> str:
        """Say where it names its ledger."""
        return f"{self.file}:{self.ledger_line}" if self.ledger_line else self.file


@dataclass(frozen=True, slots=True, kw_only=True)
class Cities:
    """What a folder says: the same as a file, city by city."""

    files: tuple[CityFile, ...]
    #: In which commands speak: that of all files, or of whoever gives the command.
    language: str

    @property
    def cities(self) -> tuple[ConfigModel, ...]:
        """Give the configuration of each city, in the order of their names."""
        return tuple(file.config for file in self.files)

    @property
    def ledger(self) -> Path | DatabaseAddress:
        """Give the ledger of all."""
        return self.files[0].config.ledger

    @property
    def engine(self) -> str:
        """Give who carries the work of all."""
        return self.files[0].config.engine

    @property
    def data(self) -> Path:
        """Give where the pictures of all are kept."""
        return self.files[0].config.data


@dataclass(frozen=True, slots=True, kw_only=True)
class FolderReading:
    """What was found in a folder: the cities that can be taken, and everything that is wrong with the others.

    No cities where no file is right.
    """

    cities: Cities | None
    problems: list[Problem]
    #: That of all files that say.
    language: str | None


def read_folder(folder: Path, wanted: Wanted, *, before: Cities | None = None) -> FolderReading:
    """Read each file; `before` is what a daemon runs on, and what it keeps of cities whose files have mistakes."""
    paths, problems = _paths(folder)
    readings = {city: read_file(path, wanted, city=city) for city, path in paths.items()}
    problems += chain.from_iterable(reading.document.problems for reading in readings.values())
    every_pin = [pin for reading in readings.values() for pin in pins(reading.document, wanted.environ)]
    problems += [found for found in clashes(every_pin) if found not in problems]
    files = {city: _file(reading, wanted.environ) for city, reading in readings.items() if reading.config}
    problems += _other_ledgers(files.values()) if before is None else _restarts(files, before)
    kept = {file.config.city: file for file in before.files} if before else {}
    taken = _taken(files, {city: kept[city] for city in kept if city in paths}, problems)
    spoken = {reading.config.language if reading.config else reading.language for reading in readings.values()}
    spoken.discard(None)
    common = spoken.pop() if len(spoken) == 1 else None
    if not any(files.get(file.config.city) is file for file in taken):
        return FolderReading(cities=None, problems=problems, language=common)
    cities = Cities(files=taken, language=common or language_of(wanted.environ))
    return FolderReading(cities=cities, problems=problems, language=common)


def take_a_restart(config: ConfigModel, before: ConfigModel, *, file: str) -> list[Problem]:
    """Say what of a configuration a running daemon cannot take."""
    fixed = {
        "ledger": say("another ledger takes a restart: it cannot be changed while the daemon runs"),
        "engine": say("another engine takes a restart: it cannot be changed while the daemon runs"),
        "data": say("another folder takes a restart: it cannot be changed while the daemon runs"),
        "network": say("another network takes a restart: it cannot be changed while the daemon runs"),
    }
    changed = [name for name in fixed if getattr(config, name) != getattr(before, name)]
    if "ledger" in changed and "data" in changed:
        changed.remove("data")  # the folder of the file
    return [Problem(file, 0, name, fixed[name]) for name in changed]


def _paths(folder: Path) -> tuple[dict[str, Path], list[Problem]]:
    """Give the file of each city, and what is wrong with their names."""
    found: dict[str, Path] = {}
    problems = []
    try:
        paths = sorted(folder.iterdir())
    except OSError as error:
        sentence = say("the folder cannot be read: {cause}", cause=why_unreadable(error))
        return found, [Problem(str(folder), 0, "", sentence)]
    for path in paths:
        if path.suffix not in _SUFFIXES or path.name.startswith("."):
            continue
        if not _CITY.fullmatch(path.stem):
            sentence = say(
                "a file is named after its city, like izmir.yaml: only a to z, 0 to 9 and '-' between them may stand "
                "in front of the dot"
            )
            problems.append(Problem(str(path), 0, "", sentence))
        elif path.stem in found:
            sentence = say("{other} is of this city already: keep one of both", other=str(found[path.stem]))
            problems.append(Problem(str(path), 0, "", sentence))
        else:
            found[path.stem] = path
    if not found and not problems:
        sentence = say("no file in this folder ends with .yaml: each city has one here, like izmir.yaml")
        problems.append(Problem(str(folder), 0, "", sentence))
    return found, problems


def _file(reading: Reading, environ: Mapping[str, str]) -> CityFile:
    assert reading.config  # noqa: S101 - asked for only then
    document = reading.document
    return CityFile(
        file=document.file,
        config=reading.config,
        pins=tuple(pins(document, environ)),
        ledger_line=document.lines.get(("ledger",), 0),
        engine_line=document.lines.get(("engine",), 0),
    )


def _other_ledgers(files: Iterable[CityFile]) -> Iterator[Problem]:
    """Insist on one ledger: with two of them nobody would know what the other one has posted."""
    first: CityFile | None = None
    for file in files:
        first = first or file
        if file.config.ledger != first.config.ledger:
            sentence = say(
                "this ledger is another one than in {place}: all files of a folder name the same",
                place=first.ledger_place,
            )
            yield Problem(file.file, file.ledger_line, "ledger", sentence)
        elif file.config.engine != first.config.engine:
            sentence = say(
                "this engine is another one than in {place}: all files of a folder name the same", place=first.file
            )
            yield Problem(file.file, file.engine_line, "engine", sentence)


def _restarts(files: Mapping[str, CityFile], before: Cities) -> Iterator[Problem]:
    running = {file.config.city: file.config for file in before.files}
    for city, file in files.items():
        # A city that is new has the network that it says; ledger and engine are everybody's.
        shared = {"ledger": before.ledger, "engine": before.engine}
        same_city = running.get(city) or file.config.model_copy(update=shared)
        yield from take_a_restart(file.config, same_city, file=file.file)


def _taken(
    files: Mapping[str, CityFile], kept: Mapping[str, CityFile], problems: list[Problem]
) -> tuple[CityFile, ...]:
    """Choose for each city its file, or what is kept of it where that has mistakes; such a one keeps its accounts.

    What clashes with one that is kept is a mistake as well, and is added to the problems.
    """
    while True:
        wrong = {problem.file for problem in problems}
        right = {city: file for city, file in files.items() if file.file not in wrong}
        old = {city: file for city, file in kept.items() if city not in right}
        # Those first that stay: whoever comes into their way gives way.
        every_pin = [pin for file in (*old.values(), *right.values()) for pin in file.pins]
        found = [problem for problem in clashes(every_pin) if problem.file not in wrong]
        if not found:
            return tuple(file for _, file in sorted((right | old).items()))
        problems += found

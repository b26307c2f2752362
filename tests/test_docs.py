"""What is written about the program is true of the program."""

from __future__ import annotations

import re
import tomllib
from pathlib import Path

import pytest
import typer

from benchmarks.__main__ import BARS, written_by_hand
from crossposter.adapters import PLATFORMS
from crossposter.cli.app import app
from crossposter.core.model import Status
from crossposter.sandbox import faults

ROOT = Path(__file__).parents[1]
README = (ROOT / "README.md").read_text("utf-8")
ARCHITECTURE = (ROOT / "docs" / "architecture.md").read_text("utf-8")
CONTRACTS = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["tool"]["importlinter"]["contracts"]


def modules() -> set[str]:
    """Name what stands in the package: `cli/`, `service.py`."""
    package = ROOT / "crossposter"
    files = {path.name for path in package.glob("*.py")} - {"__init__.py"}
    return files | {f"{path.parent.name}/" for path in package.glob("*/__init__.py")}


def layers() -> list[str]:
    """Name the modules of the layers contract from the top, without those of later work."""
    (contract,) = [contract for contract in CONTRACTS if contract["type"] == "layers"]
    names = [name.strip() for layer in contract["layers"] for name in layer.split("|")]
    return [name.removeprefix("crossposter.") for name in names if not name.startswith("(")]


def test_the_architecture_names_every_module_in_the_order_of_the_contract() -> None:
    table = re.findall(r"^\| `([\w./]+)` \|", ARCHITECTURE, flags=re.M)
    assert set(table) == modules()
    beside = {"sandbox/", "testing.py"}
    drawn = [name.removesuffix(".py").removesuffix("/") for name in table if name not in beside]
    assert drawn == layers()


def test_every_command_is_in_the_readme() -> None:
    group = typer.main.get_command(app)
    names = set(group.commands)  # type: ignore[attr-defined]  # a Group at the top
    assert names
    assert {name for name in names if f"`{name}" not in README} == set()


def test_every_status_is_in_the_readme() -> None:
    told = {Status.PUBLISHING: "publish"}
    assert {status for status in Status if told.get(status, status.value) not in README} == set()


def test_the_architecture_names_every_module_of_the_core() -> None:
    (row,) = re.findall(r"^\| `core/` \| (.*) \|$", ARCHITECTURE, flags=re.M)
    there = {path.stem for path in (ROOT / "crossposter" / "core").glob("*.py") if not path.name.startswith("_")}
    assert set(re.sub(r" \([^)]*\)", "", row).removeprefix("pure: ").split(", ")) == there


@pytest.mark.parametrize("platform", PLATFORMS)
def test_every_list_of_platforms_has_it(platform: str) -> None:
    (independent,) = [contract["modules"] for contract in CONTRACTS if contract["type"] == "independence"]
    assert f"crossposter.adapters.{platform}" in independent
    assert platform in faults.PLATFORMS
    page = ROOT / "crossposter" / "sandbox" / "page"
    assert f'class="column" data-platform="{platform}"' in (page / "index.html").read_text("utf-8")
    assert f"{platform}: " in (page / "page.js").read_text("utf-8")
    assert f'[data-platform="{platform}"]' in (page / "style.css").read_text("utf-8")
    assert f"platform: {platform}\n" in (ROOT / "config" / "demo.yaml").read_text("utf-8")


def test_the_benchmarks_report_has_every_bar_and_keeps_what_is_written_by_hand() -> None:
    report = (ROOT / "docs" / "benchmarks.md").read_text("utf-8")
    assert re.findall(r"^\| (.+?) \| [\d.]+ \| [\d.]+ \| \W*(?:yes|no)\W*$", report, flags=re.M) == [
        bar[0] for bar in BARS
    ]
    kept = written_by_hand(report)
    assert "importtime" in kept
    assert report.endswith(f"\n```\n{kept}")
    assert written_by_hand("```\n") == ""


@pytest.mark.parametrize("platform", PLATFORMS)
def test_every_platform_has_its_page_which_leads_to_its_error_table(platform: str) -> None:
    page = (ROOT / "docs" / "platforms" / f"{platform}.md").read_text("utf-8")
    assert "**What an answer means**: [errors.md](../errors.md#" in page
    assert "**What you need.**" in page or "**Two roads.**" in page


@pytest.mark.parametrize("page", sorted(ROOT.glob("*.md")) + sorted(ROOT.glob("docs/**/*.md")), ids=str)
def test_links_between_pages_lead_somewhere(page: Path) -> None:
    for target in re.findall(r"\]\((?!https?:)([^)#]+)", page.read_text("utf-8")):
        assert (page.parent / target).exists(), target


def test_the_locks_name_no_address() -> None:
    for lock in ROOT.glob("requirements*.lock"):
        assert "http" not in lock.read_text("utf-8"), lock.name

"""The image, compose.yaml, the systemd unit and docs/installation.md: they agree, and what they say works.

Building the real environment takes half a minute and a package index: that walk through the page runs only when
CROSSPOSTER_INSTALL_TEST is set (`make installation`).
"""

from __future__ import annotations

import json
import os
import re
import shlex
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from configparser import RawConfigParser
from fnmatch import fnmatch
from pathlib import Path
from typing import Any

import pytest
from ruamel.yaml import YAML

from crossposter.config import load_config
from crossposter.daemon import GRACE_S
from tests.city import DEMO_CONFIG, City, a_city

ROOT = Path(__file__).parents[1]
PAGE = (ROOT / "docs" / "installation.md").read_text("utf-8")
UNIT_FILE = ROOT / "deploy" / "crossposter.service"
COMMAND = ROOT / "deploy" / "crossposter"
INSTALLER = ROOT / "scripts" / "install-into"
EXAMPLE = (ROOT / "config" / "crossposter.example.yaml").read_text("utf-8")

YAML_PLACE = "/etc/crossposter/crossposter.yaml"
STATE = "/var/lib/crossposter"
POSTS = 6
PATIENCE_S = 30


# ---- Reading the files -----------------------------------------------------------------------------------------------


def stages() -> list[list[tuple[str, str]]]:
    """Give the Dockerfile's stages, each as its instructions."""
    text = re.sub(r"^#.*\n", "", (ROOT / "Dockerfile").read_text("utf-8"), flags=re.M).replace("\\\n", " ")
    found: list[list[tuple[str, str]]] = []
    for line in filter(None, map(str.strip, text.splitlines())):
        name, _, rest = line.partition(" ")
        if name == "FROM":
            found.append([])
        found[-1].append((name, " ".join(rest.split())))
    return found


def all_of(stage: Sequence[tuple[str, str]], name: str) -> list[str]:
    return [rest for found, rest in stage if found == name]


def compose() -> Any:
    return YAML(typ="safe").load((ROOT / "compose.yaml").read_text("utf-8"))


def unit() -> Mapping[str, list[str]]:
    """Give the [Service] section; a key may stand there several times."""
    found: dict[str, list[str]] = {}
    section = UNIT_FILE.read_text("utf-8").split("[Service]")[1].split("[Install]")[0]
    for line in section.splitlines():
        if line and not line.startswith("#"):
            key, _, value = line.partition("=")
            found.setdefault(key, []).append(value)
    return found


def blocks(title: str, kind: str = "sh") -> list[str]:
    """Give the commands of a section of the page."""
    sections = re.split(r"^## (.*)$", PAGE, flags=re.M)
    body = dict(zip(sections[1::2], sections[2::2], strict=True))[title]
    return re.findall(rf"^```{kind}\n(.*?)^```", body, flags=re.M | re.S)


def example_secrets() -> set[str]:
    """Name the example's secrets as the page does: one file for each."""
    kept = re.findall(r"^[^#\n]*file:/run/secrets/(\w+)", EXAMPLE, flags=re.M)
    return {*kept, *map(str.lower, re.findall(r"^[^#\n]*env:(X_\w+)", EXAMPLE, flags=re.M))}


def copy_from_here(source: str, target: Path) -> None:
    """Copy a file or a folder of the project; links stay links."""
    if (ROOT / source).is_dir():
        shutil.copytree(ROOT / source, target, symlinks=True, ignore=shutil.ignore_patterns("__pycache__"))
    else:
        target.parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(ROOT / source, target)


# ---- What the files say ----------------------------------------------------------------------------------------------


def test_the_image_is_made_in_two_stages_and_runs_as_nobody() -> None:
    build, final = stages()
    assert all_of(build, "RUN") == ["scripts/install-into /opt/crossposter"]
    assert all_of(final, "COPY") == ["--from=build /opt/crossposter /opt/crossposter"]
    assert not re.search(r"apt-get|pip install|curl|wget|build-essential", " ".join(all_of(final, "RUN")))
    user, group = all_of(final, "USER")[-1].split(":")
    assert user == group
    assert int(user) >= 10_000
    made = " ".join(all_of(final, "RUN"))
    assert f"groupadd --gid {group} " in made
    assert f"useradd --uid {user} --gid {group} " in made
    names = [name for name, _ in final]
    assert names.index("USER") < names.index("ENTRYPOINT")


def test_the_image_says_how_it_is_started_asked_and_stopped() -> None:
    _, final = stages()
    assert all_of(final, "ENTRYPOINT") == ['["crossposter"]']
    assert all_of(final, "CMD") == ['["run"]']
    assert all_of(final, "STOPSIGNAL") == ["SIGTERM"]
    assert all_of(final, "VOLUME") == [STATE]
    (health,) = all_of(final, "HEALTHCHECK")
    assert health.endswith('CMD ["crossposter", "check", "--health"]')
    (environ,) = all_of(final, "ENV")
    assert f"CROSSPOSTER_CONFIG={YAML_PLACE}" in environ
    assert "PYTHONDONTWRITEBYTECODE=1" in environ


def test_the_image_is_built_from_nothing_but_the_program() -> None:
    """What is not named in .dockerignore does not even reach the engine: no configuration, no secret."""
    lines = (ROOT / ".dockerignore").read_text("utf-8").split("\n")
    ignored, *allowed = [line for line in lines if line and not line.startswith("#")]
    assert ignored == "*"
    taken = {source for copy in all_of(stages()[0], "COPY") for source in copy.split()[:-1]}
    assert {line.removeprefix("!") for line in allowed if line.startswith("!")} == taken
    assert all((ROOT / source).exists() for source in taken)
    assert {"README.md", "LICENSE", "pyproject.toml"} <= taken  # the build backend reads them
    assert not any(fnmatch(name, source) for source in taken for name in ("config", "secrets", ".git"))


def test_the_package_can_be_built_from_what_the_image_is_given(tmp_path: Path) -> None:
    """A link in the package that leads to a file which the engine never sees would stop the build."""
    context = tmp_path / "context"
    for copy in all_of(stages()[0], "COPY"):
        *sources, target = copy.split()
        for source in sources:
            place = context / target / ("" if (ROOT / source).is_dir() else Path(source).name)
            copy_from_here(source, place)
    build = [sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", str(tmp_path)]
    done = subprocess.run(build, cwd=context, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert len(list(tmp_path.glob("*.whl"))) == 1


def test_every_package_is_installed_by_its_hash_or_from_no_index() -> None:
    installs = re.findall(r"^.*\bpip .*(?:install|wheel) .*$", INSTALLER.read_text("utf-8"), flags=re.M)
    assert len(installs) == 4
    assert all("--no-index" in line or "--require-hashes --only-binary :all:" in line for line in installs)


def test_what_builds_the_package_is_what_the_other_lock_has() -> None:
    def pins(lock: str) -> set[str]:
        return set(re.findall(r"^\S+==\S+.*(?:\n +--hash.*)+", (ROOT / lock).read_text("utf-8"), flags=re.M))

    found = pins("requirements-build.lock")
    assert any(pin.startswith("hatchling==") for pin in found)
    assert found <= pins("requirements-demo.lock")


def test_compose_gives_the_container_nothing_that_it_does_not_need() -> None:
    service = compose()["services"]["crossposter"]
    assert service["read_only"] is True
    assert service["cap_drop"] == ["ALL"]
    assert service["security_opt"] == ["no-new-privileges:true"]
    assert [mount.partition(":")[0] for mount in service["tmpfs"]] == ["/tmp"]
    assert service["volumes"] == [f"data:{STATE}", "./config:/etc/crossposter:ro"]
    assert service["restart"] == "unless-stopped"
    assert int(service["stop_grace_period"].removesuffix("s")) > GRACE_S
    assert {"ports", "privileged", "environment"} & set(service) == set()


def test_compose_names_the_secrets_of_the_example() -> None:
    found = compose()
    assert set(found["services"]["crossposter"]["secrets"]) == example_secrets()
    names = example_secrets() | {"ledger", "database_password"}  # the last two for the profile `scale`
    assert found["secrets"] == {name: {"file": f"./secrets/{name}"} for name in names}


def test_compose_has_a_profile_with_a_database_one_run_and_two_workers() -> None:
    services = compose()["services"]
    scale = {name for name, service in services.items() if service.get("profiles") == ["scale"]}
    assert scale == {"scheduler", "worker", "database"}
    for name in ("scheduler", "worker"):
        assert set(services[name]["secrets"]) == example_secrets() | {"ledger"}
        assert {"ports", "privileged", "environment"} & set(services[name]) == set()
    assert services["worker"]["command"] == ["worker"]
    assert services["worker"]["deploy"] == {"replicas": 2}
    assert "ports" not in services["database"]


def test_the_unit_runs_the_installed_program_as_its_own_user() -> None:
    service = unit()
    assert service["ExecStart"] == ["/opt/crossposter/bin/crossposter run"]
    assert service["User"] == service["Group"] == ["crossposter"]
    assert service["StateDirectory"] == ["crossposter"]
    assert f"CROSSPOSTER_CONFIG={YAML_PLACE}" in service["Environment"][0].split()
    assert int(service["TimeoutStopSec"][0]) > GRACE_S
    assert service["Restart"] == ["on-failure"]
    assert service["RestartPreventExitStatus"] == ["2 75"]
    hardened = {"NoNewPrivileges", "PrivateTmp", "PrivateDevices", "ProtectHome", "MemoryDenyWriteExecute"}
    assert {key: service[key] for key in hardened} == {key: ["yes"] for key in hardened}
    assert service["ProtectSystem"] == ["strict"]
    assert service["CapabilityBoundingSet"] == [""]


def test_the_unit_has_the_form_of_a_unit() -> None:
    parser = RawConfigParser(strict=False, delimiters=("=",), comment_prefixes=("#",))
    parser.read_string(UNIT_FILE.read_text("utf-8"))
    assert parser.sections() == ["Unit", "Service", "Install"]


@pytest.mark.skipif(not shutil.which("systemd-analyze"), reason="systemd-analyze is not installed")
def test_systemd_finds_nothing_wrong_with_the_unit(tmp_path: Path) -> None:
    copy = tmp_path / UNIT_FILE.name
    # The program is not installed here; everything else is checked as it stands.
    copy.write_text(UNIT_FILE.read_text("utf-8").replace("/opt/crossposter/bin/crossposter", "/bin/true"), "utf-8")
    done = subprocess.run(["systemd-analyze", "verify", copy], capture_output=True, text=True, check=False)
    assert [line for line in done.stderr.splitlines() if UNIT_FILE.name in line] == []


def test_the_command_for_people_uses_the_services_places() -> None:
    text = COMMAND.read_text("utf-8")
    assert YAML_PLACE in text
    assert "/opt/crossposter/bin/crossposter" in text
    assert f"HOME={STATE}" in text
    assert os.access(COMMAND, os.X_OK)
    assert os.access(INSTALLER, os.X_OK)


def test_the_page_names_the_places_that_the_files_use() -> None:
    for place in (
        YAML_PLACE,
        "/etc/crossposter/secrets/",
        f"{STATE}/ledger.db",
        f"{STATE}/credentials/",
        "/opt/crossposter",
    ):
        assert f"`{place}`" in PAGE, place
    for line in re.findall(r"^.*\b(?:deploy|scripts|config)/[\w./-]+.*$", "\n".join(blocks("Install")), flags=re.M):
        for name in re.findall(r"(?<![\w/])(?:deploy|scripts|config)/[\w./-]+", line):
            assert (ROOT / name).exists(), name
    (user,) = all_of(stages()[1], "USER")
    assert f"chown {user} secrets/*" in PAGE


def test_the_commands_of_the_page_are_commands() -> None:
    found = re.findall(r"^```sh[^\n]*\n(.*?)^```", PAGE, flags=re.M | re.S)
    assert len(found) > 20
    assert all(found)
    for block in found:
        subprocess.run(["bash", "-n"], input=block, text=True, check=True)


@pytest.mark.parametrize(
    ("title", "written", "secrets"),
    [
        ("Configure", YAML_PLACE, "/etc/crossposter/secrets"),
        ("With Docker", "config/crossposter.yaml", "/run/secrets"),
    ],
)
def test_the_pages_first_configuration_is_right(title: str, written: str, secrets: str, tmp_path: Path) -> None:
    """The command that copies the example puts every place into it that the page speaks of."""
    (recipe,) = [block[: block.index(">")] for block in blocks(title) if "sed -e" in block]
    made = subprocess.run(
        ["bash", "-c", recipe.replace("cd /usr/local/src/crossposter", f"cd {shlex.quote(str(ROOT))}")],
        capture_output=True,
        text=True,
        check=True,
    ).stdout
    assert any(f"> {written}" in block for block in blocks(title))
    path = tmp_path / "crossposter.yaml"
    path.write_text(made, "utf-8")
    config = load_config(path, environ={}, secrets_needed=False)
    assert config.ledger == Path(STATE, "ledger.db")
    assert set(re.findall(r"^[^#\n]*file:(\S+)", made, flags=re.M)) == {
        f"{secrets}/{name}" for name in example_secrets()
    }
    kept = [account.credentials.login_file for account in config.accounts]
    assert kept == [Path(STATE, "credentials", f"{account.id}.json") for account in config.accounts]


# ---- Running it ------------------------------------------------------------------------------------------------------


@pytest.fixture
def city(tmp_path: Path) -> Iterator[City]:
    with a_city(tmp_path) as found:
        yield found


def settled_yaml(city: City, *, etc: Path, state: Path) -> str:
    """Write the demo's configuration as an installation has it: nothing from the environment."""
    text = DEMO_CONFIG.read_text("utf-8")
    ca_file = next(value for name, value in city.environ.items() if name.endswith("_CA_FILE"))
    shutil.copy(ca_file, etc / "ca.pem")
    text = re.sub(r"env:\w+_CA_FILE", str(etc / "ca.pem"), text)
    text = text.replace("env:DEMO_LEDGER", f"sqlite:///{state}/ledger.db")
    for name in re.findall(r"env:(\w+(?:_URL|_PROXY)|DEMO_FEED_\w+)\b", text):
        text = text.replace(f"env:{name}", json.dumps(city.environ[name]))
    text = re.sub(r"env:\w+_(\w+)_SESSION_FILE", lambda found: f"{state}/credentials/{found[1].lower()}.json", text)
    return re.sub(r"env:SANDBOX_(\w+)", lambda found: f"file:{etc}/secrets/{found[1].lower()}", text)


def secrets_of(city: City, text: str) -> dict[str, str]:
    names = sorted(set(re.findall(r"/secrets/(\w+)", text)))
    return {name: city.environ[f"SANDBOX_{name.upper()}"] for name in names}


def copy_sessions(city: City, folder: Path) -> None:
    for name, value in city.environ.items():
        if found := re.fullmatch(r"SANDBOX_INSTAGRAM_(\w+)_SESSION_FILE", name):
            shutil.copy(value, folder / f"{found[1].lower()}.json")


def until(condition: Callable[[], object]) -> None:
    """Wait until it holds."""
    deadline = time.monotonic() + PATIENCE_S
    while not condition():
        assert time.monotonic() < deadline, "it did not happen"
        time.sleep(0.1)  # noqa: TID251 - waits for another process


def can_wrap() -> bool:
    """Tell whether bubblewrap is here, and may work here."""
    if not (program := shutil.which("bwrap")):
        return False
    trial = [program, "--unshare-user", "--ro-bind", "/", "/", "--dev", "/dev", "--proc", "/proc", "true"]
    return subprocess.run(trial, capture_output=True, check=False).returncode == 0


class Container:
    """Runs the program as the image does: a read-only root, a fresh /tmp, one folder to write to, no rights."""

    def __init__(self, folder: Path, environ: Mapping[str, str]) -> None:
        self.etc, self.state = folder / "etc", folder / "state"
        self._environ = {"PATH": "/usr/bin:/bin", "PYTHONDONTWRITEBYTECODE": "1", **environ}

    def command(self, *arguments: str) -> list[str]:
        """Give the whole command line."""
        wrap = ["bwrap", "--unshare-user", "--uid", "10001", "--gid", "10001", "--unshare-ipc", "--cap-drop", "ALL"]
        wrap += ["--die-with-parent", "--ro-bind", "/", "/", "--dev", "/dev", "--proc", "/proc", "--tmpfs", "/tmp"]
        for shown in (ROOT, Path(sys.prefix), Path(sys.base_prefix), self.etc):
            wrap += ["--ro-bind", str(shown), str(shown)]
        wrap += ["--bind", str(self.state), str(self.state), "--chdir", str(self.state), "--clearenv"]
        for name, value in self._environ.items():
            wrap += ["--setenv", name, value]
        return [*wrap, *arguments]

    def program(self, *arguments: str) -> list[str]:
        """Give the command line of crossposter."""
        return self.command(sys.executable, "-m", "crossposter", *arguments)

    def run(self, *arguments: str) -> subprocess.CompletedProcess[str]:
        """Run crossposter to its end."""
        return subprocess.run(self.program(*arguments), capture_output=True, text=True, check=False)


@pytest.fixture
def container(city: City, tmp_path: Path) -> Container:
    if not can_wrap():
        pytest.skip("bubblewrap is not installed, or may not make namespaces here")
    yaml = tmp_path / "etc" / "crossposter.yaml"
    found = Container(tmp_path, {"CROSSPOSTER_CONFIG": str(yaml), "PYTHONPATH": str(ROOT)})
    (found.etc / "secrets").mkdir(parents=True)
    (found.state / "credentials").mkdir(parents=True)
    yaml.write_text(settled_yaml(city, etc=found.etc, state=found.state), "utf-8")
    for name, value in secrets_of(city, yaml.read_text("utf-8")).items():
        (found.etc / "secrets" / name).write_text(value + "\n", "utf-8")
    copy_sessions(city, found.state / "credentials")
    return found


@pytest.mark.timeout(120)
def test_it_publishes_on_a_read_only_system(city: City, container: Container) -> None:
    writes = container.command("sh", "-c", f"touch {shlex.quote(str(container.etc / 'x'))} || touch /usr/x || touch /x")
    assert subprocess.run(writes, capture_output=True, check=False).returncode != 0

    assert container.run("check").returncode == 0
    shown = container.run("dry-run")
    assert shown.returncode == 0, shown.stderr
    assert not (container.state / "ledger.db").exists()
    first = container.run("run", "--once")
    assert first.returncode == 0, first.stderr
    assert city.sandbox.posts() == []
    city.site.publish("tr")
    city.site.publish("en")
    second = container.run("run", "--once")
    assert second.returncode == 0, second.stderr
    assert len(city.sandbox.posts()) == POSTS
    assert container.run("check", "--health").returncode == 1  # no daemon has ever run here


@pytest.mark.timeout(120)
def test_the_daemon_is_healthy_on_a_read_only_system_and_ends_when_told(city: City, container: Container) -> None:
    reading, writing = os.pipe()
    wrap, *rest = container.program("run")
    with subprocess.Popen(
        [wrap, "--info-fd", str(writing), *rest], pass_fds=[writing], stderr=subprocess.PIPE, text=True
    ) as process:
        os.close(writing)
        with os.fdopen(reading, encoding="utf-8") as told:
            daemon = json.load(told)["child-pid"]
        try:
            until(lambda: container.run("check", "--health").returncode == 0)
        finally:
            os.kill(daemon, signal.SIGTERM)
        _, log = process.communicate(timeout=GRACE_S + 10)
    assert process.returncode == 0, log
    assert "daemon stopped" in log


# ---- The page, word by word ------------------------------------------------------------------------------------------

#: What takes root or a running systemd is played; everything else on the page is real. systemctl starts the daemon.
_PLAYED = {
    "apt-get": "exit 0",
    "useradd": "exit 0",
    "userdel": "exit 0",
    "chown": "exit 0",
    "journalctl": 'cat "$PREFIX/journal"',
    "nano": 'cp "$PREFIX/edited.yaml" "$1"',
    "runuser": 'shift 3; exec "$@"',
    "install": (
        'words=; while [ $# -gt 0 ]; do case $1 in -o | -g) shift ;; *) words="$words $1" ;; esac; shift; done\n'
        "exec /usr/bin/install $words"
    ),
    "systemctl": """
crossposter=$PREFIX/opt/crossposter/bin/crossposter
export CROSSPOSTER_CONFIG=$PREFIX/etc/crossposter/crossposter.yaml
case $1 in
enable | start) "$crossposter" run </dev/null >/dev/null 2>>"$PREFIX/journal" & echo $! >"$PREFIX/pid" ;;
disable | stop) kill "$(cat "$PREFIX/pid")"; while kill -0 "$(cat "$PREFIX/pid")" 2>/dev/null; do sleep 0.1; done ;;
reload) "$crossposter" check && "$crossposter" run --reload ;;
esac""",
}
_PLACES = (
    r"(?<![\w$/}])/(?=opt/crossposter|(?:etc|var/lib|usr/local/src)/crossposter|etc/systemd|etc/cron\.d"
    r"|usr/local/bin|var/backups)"
)


class Walk:
    """Runs the page's commands with its places moved into a folder."""

    def __init__(self, prefix: Path) -> None:
        self.prefix = prefix
        self._played = prefix / "played"
        for folder in ("played", "etc/systemd/system", "etc/cron.d", "usr/local/bin", "opt", "var/lib", "var/backups"):
            (prefix / folder).mkdir(parents=True)
        for name, body in _PLAYED.items():
            (self._played / name).write_text(f"#!/bin/sh\n{body}\n", "utf-8")
            (self._played / name).chmod(0o755)

    def moved(self, text: str) -> str:
        """Put the prefix before every place of the page."""
        return re.sub(_PLACES, f"{self.prefix}/", text).replace("-C / ", f"-C {self.prefix} ")

    def run(self, commands: str, *, answers: str = "") -> str:
        """Run a block as a shell of its own, stopping at the first mistake; give what it says."""
        path = f"{self._played}:{self.prefix}/usr/local/bin:/usr/local/bin:/usr/bin:/bin"
        environ = {name: value for name, value in os.environ.items() if name.startswith(("PIP_", "SSL_", "http"))}
        environ |= {"PATH": path, "PREFIX": str(self.prefix), "HOME": str(self.prefix), "PYTHON": sys.executable}
        done = subprocess.run(
            ["bash", "-e", "-o", "pipefail", "-c", self.moved(commands)],
            input=answers,
            env=environ,
            cwd=self.prefix,
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.returncode == 0, f"{commands}\n{done.stdout}\n{done.stderr}"
        return done.stdout

    def section(self, title: str) -> None:
        """Run all commands of a section."""
        for block in blocks(title):
            self.run(block)


def checkout(target: Path) -> None:
    """Copy the project as a release has it; no built files, no local configuration."""
    names = ["crossposter", "config", "deploy", "docs", "scripts", "pyproject.toml", "README.md", "LICENSE"]
    for name in [*names, *(lock.name for lock in ROOT.glob("requirements*.lock"))]:
        copy_from_here(name, target / name)


def assert_lean(program: Path) -> None:
    """Look for what must not be installed, and for what is not compiled."""
    (packages,) = program.glob("lib/python3.*/site-packages")
    for left_out in ("crossposter/sandbox", "crossposter/testing.py", "pip", "hatchling", "setuptools", "pytest"):
        assert not (packages / left_out).exists(), left_out
    sources = [path for path in packages.rglob("*.py") if path.stat().st_size]
    assert [
        path for path in sources if not list((path.parent / "__pycache__").glob(f"{path.stem}.cpython-*.pyc"))
    ] == []


@pytest.mark.skipif(
    not os.environ.get("CROSSPOSTER_INSTALL_TEST"), reason="it takes a minute and a package index: make installation"
)
@pytest.mark.timeout(900)
def test_the_page_leads_from_nothing_to_a_daemon_and_back(city: City, tmp_path: Path) -> None:
    prefix = tmp_path / "root"
    walk = Walk(prefix)
    source, etc, state = (
        prefix / "usr/local/src/crossposter",
        prefix / "etc/crossposter",
        prefix / "var/lib/crossposter",
    )
    checkout(source)
    for name in ("crossposter", "crossposter.service"):
        deployed = source / "deploy" / name
        deployed.write_text(walk.moved(deployed.read_text("utf-8")), "utf-8")

    walk.section("Install")
    assert_lean((prefix / "opt/crossposter").resolve())
    text = settled_yaml(city, etc=etc, state=state)
    (prefix / "edited.yaml").write_text(text, "utf-8")
    walk.section("Configure")
    assert not (state / "ledger.db").exists()
    asks, owns, sessions, check = blocks("Secrets")
    secrets = secrets_of(city, text)
    walk.run(asks, answers="".join(f"{value}\n" for value in secrets.values()))
    assert {path.name: path.read_text("utf-8").strip() for path in (etc / "secrets").iterdir()} == secrets
    walk.run(owns)
    copy_sessions(city, state / "credentials")
    walk.run(sessions)
    walk.run(check)

    walk.section("Start")
    try:
        assert city.sandbox.posts() == []
        city.site.publish("tr")
        city.site.publish("en")
        until(lambda: len(city.sandbox.posts()) == POSTS)
        walk.run("systemctl reload crossposter")
        walk.section("Logs")
        walk.section("Health")
        walk.section("Backup")
        assert len(list((prefix / "var/backups").glob("*.tar.gz"))) == 1
        update, rollback = blocks("Update")
        before = (prefix / "opt/crossposter").resolve()
        walk.run(update)
        assert (prefix / "opt/crossposter").resolve() != before
        walk.run(rollback)
        assert (prefix / "opt/crossposter").resolve() == before
        assert len(city.sandbox.posts()) == POSTS
    finally:
        program, rest = blocks("Uninstall")
        walk.run(program)
    walk.run(rest)
    left = {path.relative_to(prefix).as_posix() for path in prefix.rglob("*crossposter*")}
    assert {path for path in left if not path.startswith("var/backups/")} == set()

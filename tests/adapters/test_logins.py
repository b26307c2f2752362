"""Logging in, with the real client libraries against the sandbox: what is asked, sent, told, and given to be kept."""

from __future__ import annotations

import json
import re
import traceback
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, urlencode, urlsplit

import pytest

from crossposter.adapters import adapter_class
from crossposter.adapters.logins import TRIES, Login, RefusedAnswer, UnfinishedLogin
from crossposter.adapters.options import Connection
from crossposter.core.model import Identity
from crossposter.errors import AccountError, CrossposterError, LoginError, PublishError, TransientError
from crossposter.ports import PublicPictures
from crossposter.references import Secret
from crossposter.sandbox import Sandbox
from crossposter.wording import Message

Answer = str | Callable[[], str]


class Scripted:
    """A person whose answers are known before."""

    def __init__(self, answers: Sequence[Answer]) -> None:
        self._answers = list(answers)
        self.told: list[str] = []
        self.asked: list[str] = []

    def tell(self, message: Message) -> None:
        self.told.append(str(message))

    def ask(self, question: Message, wrong: Callable[[str], Message | None], *, default: str = "") -> str:
        self.asked.append(str(question))
        for _ in range(TRIES):
            answer = self._answers.pop(0)
            typed = answer if isinstance(answer, str) else answer()
            if (mistake := wrong(typed)) is None:
                return typed or default
            self.tell(mistake)
        raise LoginError(mistake or question)

    def ask_hidden(self, question: Message, wrong: Callable[[str], Message | None]) -> Secret:
        return Secret(self.ask(question, wrong))

    def choose(self, question: Message, options: Sequence[Message], *, default: int | None) -> int:
        self.told += [str(option) for option in options]
        typed = self.ask(question, lambda _: None, default="" if default is None else str(default + 1))
        return int(typed) - 1

    def agrees(self, question: Message) -> bool:
        return self.ask(question, lambda _: None) == "y"

    @property
    def address(self) -> str:
        """The address that the person was told last."""
        return [found[0] for line in self.told if (found := re.search(r"http\S+", line))][-1]


#: Logs a person in; gives the login and what the person was told and asked.
LogIn = Callable[..., tuple[Login, Scripted]]


@pytest.fixture
def person() -> Scripted:
    return Scripted([])


@pytest.fixture
def log_in(sandbox: Sandbox, now: Any, person: Scripted, tmp_path: Path, pictures: PublicPictures) -> LogIn:
    def log_in(
        platform: str,
        *answers: Answer,
        pinned: Identity | None = None,
        saved: Mapping[str, Any] | None = None,
        secrets: Mapping[str, str] | None = None,
        picture_by: str = "folder",
        **overrides: Any,
    ) -> tuple[Login, Scripted]:
        account = sandbox.account(platform, "izmirbld")
        keys = {name: value for name, value in account.login.items() if name in ("api_key", "api_secret", "app_id")}
        keys |= {"app_secret": account.login["app_secret"]} if platform == "facebook" else {}
        connection: dict[str, Any] = {
            "account_id": f"izmir-{platform}",
            "remote_id": "?",
            "secrets": {name: Secret(value) for name, value in (keys | dict(secrets or {})).items()},
            "now": lambda: now,
            "sleep": lambda _: None,
            "pictures": pictures,
            "timeout_s": (5.0, 5.0),
        }
        person._answers[:] = answers
        settings: dict[str, Any] = {}
        if platform == "instagram":
            settings = {"backend": "instagrapi", "i_accept_account_risk": True}
        if platform == "instagram-graph":
            settings = {"backend": "graph", "picture_by": picture_by}
        adapter = adapter_class(platform.removesuffix("-graph"))
        context = {"folder": tmp_path, "environ": {}, "secrets_needed": False}
        model = adapter.Options.variants()[platform == "instagram"]
        options = model.model_validate(settings, context=context)
        reached = Connection(**(connection | dict(account.endpoint) | overrides))
        return adapter.login(reached, options, person, pinned=pinned, saved=saved or {}), person

    return log_in


def allowed_as(handle: str, person: Scripted) -> str:
    """Open the address that the person was told, as an account, and give the PIN."""
    address = urlsplit(person.address)
    with urllib.request.urlopen(person.address) as page:
        assert f"@{handle}" in page.read().decode()
    form = urlencode({**dict(parse_qsl(address.query)), "account": handle}).encode()
    with urllib.request.urlopen(address._replace(query="").geturl(), data=form) as page:
        found = re.search(r"<code>(\d+)</code>", page.read().decode())
    assert found
    return found[1]


# -- X ---------------------------------------------------------------------------------------------------------------


def test_a_pin_of_x_becomes_tokens_that_work(sandbox: Sandbox, log_in: LogIn, person: Scripted) -> None:
    found, _ = log_in("twitter", lambda: allowed_as("izmirbld", person))
    account = sandbox.account("twitter", "izmirbld")
    assert found.identity == Identity(id=account.id, handle="izmirbld")
    assert found.content
    assert set(found.content) == {"access_token", "access_secret"}
    assert found.content["access_token"] != account.credentials["access_token"]
    assert [request.path for request in sandbox.requests("twitter") if request.operation] == [
        "/twitter/oauth/request_token",
        "/twitter/oauth/authorize",
        "/twitter/oauth/authorize",
        "/twitter/oauth/access_token",
        "/twitter/2/users/me",
    ]


def test_whoever_allows_the_app_is_who_is_logged_in(log_in: LogIn, person: Scripted) -> None:
    found, _ = log_in("twitter", lambda: allowed_as("izmirenglish", person))
    assert found.identity.handle == "izmirenglish"


def test_a_pin_that_is_none_costs_no_address_and_a_wrong_one_costs_a_new_one(
    sandbox: Sandbox, log_in: LogIn, person: Scripted
) -> None:
    log_in("twitter", "abc", "0000000", lambda: allowed_as("izmirbld", person))
    assert len([r for r in sandbox.requests("twitter") if r.path.endswith("request_token")]) == 2
    assert any("digits only" in line for line in person.told)
    assert "X does not accept this PIN" in person.told


def test_three_wrong_pins_are_enough(sandbox: Sandbox, log_in: LogIn) -> None:
    with pytest.raises(RefusedAnswer, match="does not accept this PIN"):
        log_in("twitter", "0000000", "0000001", "0000002")
    assert len([r for r in sandbox.requests("twitter") if r.path.endswith("access_token")]) == 3


def test_an_app_that_x_does_not_know_is_told(log_in: LogIn) -> None:
    with pytest.raises(AccountError, match=r"does not take the app's keys.*HTTP 401: Could not authenticate you"):
        log_in("twitter", secrets={"api_secret": "wrong"})


def test_an_app_that_may_only_read_gives_nothing_to_be_kept(sandbox: Sandbox, log_in: LogIn, person: Scripted) -> None:
    sandbox.twitter.access_level = "read"
    try:
        with pytest.raises(AccountError, match="may only read"):
            log_in("twitter", lambda: allowed_as("izmirbld", person))
    finally:
        sandbox.twitter.access_level = "read-write"


def test_a_request_token_serves_once_and_only_with_its_own_signature(
    sandbox: Sandbox, log_in: LogIn, person: Scripted
) -> None:
    log_in("twitter", lambda: allowed_as("izmirbld", person))
    with pytest.raises(urllib.error.HTTPError, match="403"):
        urllib.request.urlopen(person.address)
    for path in ("request_token", "access_token", "elsewhere"):
        address = f"{sandbox.url}/twitter/oauth/{path}"
        with pytest.raises(urllib.error.HTTPError):
            urllib.request.urlopen(urllib.request.Request(address, method="POST"))


# -- Facebook --------------------------------------------------------------------------------------------------------


@pytest.fixture
def permissions(sandbox: Sandbox) -> Iterator[list[str]]:
    """What the sandbox's tokens may do, to be changed."""
    before = list(sandbox.graph.permissions)
    yield sandbox.graph.permissions
    sandbox.graph.permissions[:] = before


def test_a_person_s_token_becomes_that_of_the_chosen_page(sandbox: Sandbox, log_in: LogIn, person: Scripted) -> None:
    page = sandbox.account("facebook", "izmirenglish")
    found, _ = log_in("facebook", f" {sandbox.graph.user_token}\n", "2")
    assert found.identity == Identity(id=page.id, handle="izmirenglish")
    assert found.content == {"page_token": page.credentials["page_token"]}
    assert [request.path.rpartition("v26.0/")[2] for request in sandbox.requests("facebook")] == [
        "debug_token",
        "oauth/access_token",
        "debug_token",
        "me/accounts",
        "debug_token",
        "me",
        "me",
    ]
    assert "Facebook says: a Page's token, valid without an end" in person.told
    assert any(line.startswith("Access to data ends on 20") for line in person.told)
    assert "No permission is missing." in person.told
    assert any("'izmirenglish'; its 'expect:' has the id 1784140" in line for line in person.told)


def test_the_pinned_page_is_suggested(sandbox: Sandbox, log_in: LogIn) -> None:
    page = sandbox.account("facebook", "izmirenglish")
    found, _ = log_in("facebook", sandbox.graph.user_token, "", pinned=Identity(id=page.id, handle=None))
    assert found.identity.id == page.id


def test_a_system_user_s_token_is_not_exchanged(sandbox: Sandbox, log_in: LogIn) -> None:
    found, _ = log_in("facebook", sandbox.graph.system_user_token, "1")
    assert found.identity.handle == "izmirbld"
    assert not [r for r in sandbox.requests("facebook") if r.path.endswith("oauth/access_token")]


def test_a_page_s_own_token_is_taken_as_it_is(sandbox: Sandbox, log_in: LogIn) -> None:
    token = sandbox.account("facebook", "izmirbld").credentials["page_token"]
    found, person = log_in("facebook", token)
    assert found.content == {"page_token": token}
    assert len(person.asked) == 1


def test_a_page_without_instagram_says_nothing_of_it(sandbox: Sandbox, log_in: LogIn, person: Scripted) -> None:
    page = sandbox.account("facebook", "izmirbld")
    linked = sandbox.graph.linked.pop(page.id)
    try:
        log_in("facebook", page.credentials["page_token"])
    finally:
        sandbox.graph.linked[page.id] = linked
    assert not any("Instagram" in line for line in person.told)


def test_a_page_s_instagram_that_may_not_be_seen_is_nothing_to_stop_at(sandbox: Sandbox, log_in: LogIn) -> None:
    sandbox.inject("facebook", "verify", "status:403", skip=1)
    found, person = log_in("facebook", sandbox.account("facebook", "izmirbld").credentials["page_token"])
    assert found.identity.handle == "izmirbld"
    assert not any("Instagram" in line for line in person.told)


def test_a_token_that_may_not_post_is_refused_with_what_it_lacks(
    sandbox: Sandbox, log_in: LogIn, permissions: list[str]
) -> None:
    permissions[:] = ["pages_show_list"]
    with pytest.raises(RefusedAnswer, match=r"may not post: .* pages_manage_posts, pages_read_engagement as well"):
        log_in("facebook", *[sandbox.graph.user_token] * 3)


def test_a_permission_that_is_only_useful_is_told(
    sandbox: Sandbox, log_in: LogIn, permissions: list[str], person: Scripted
) -> None:
    permissions.remove("pages_read_engagement")
    log_in("facebook", sandbox.account("facebook", "izmirbld").credentials["page_token"])
    assert "Permissions that are missing: pages_read_engagement" in person.told


def test_what_is_no_token_of_the_app_is_refused_three_times(sandbox: Sandbox, log_in: LogIn, person: Scripted) -> None:
    with pytest.raises(RefusedAnswer, match="does not accept this token: The access token could not be decrypted"):
        log_in("facebook", "short", *["EAA" + "x" * 40] * 3)
    assert "this is no token: it is one long word of letters and digits" in person.told


def test_wrong_keys_of_the_app_are_told(sandbox: Sandbox, log_in: LogIn) -> None:
    with pytest.raises(AccountError, match="does not take the app's keys"):
        log_in("facebook", sandbox.graph.user_token, secrets={"app_secret": "wrong"})


@pytest.mark.parametrize(
    ("said", "kind", "words"),
    [
        ({"app_id": "1", "is_valid": True, "type": "USER", "scopes": []}, RefusedAnswer, "belongs to another app"),
        ({"app_id": "", "is_valid": True, "type": "APP", "scopes": []}, RefusedAnswer, "of the kind APP"),
        (
            {"app_id": "", "is_valid": True, "type": "PAGE", "scopes": [], "expires_at": 1_800_000_000},
            RefusedAnswer,
            "ends on 2027-01-15",
        ),
        ([], RefusedAnswer, "does not accept this token"),
    ],
)
def test_what_meta_says_of_a_token_decides(
    sandbox: Sandbox, log_in: LogIn, said: Any, kind: type[CrossposterError], words: str
) -> None:
    if isinstance(said, dict) and not said["app_id"]:
        said = said | {"app_id": sandbox.graph.app_id}
    sandbox.inject("facebook", "login", "status:200", times=3, body={"data": said})
    with pytest.raises(kind, match=words):
        log_in("facebook", *[sandbox.graph.user_token] * 3)


@pytest.mark.parametrize(
    ("pages", "words"),
    [
        ([], "sees no Page"),
        ([{"id": "7", "name": "Park", "access_token": "EAAPx", "tasks": ["ANALYZE"]}], "may not post on 'Park'"),
    ],
)
def test_a_page_that_cannot_be_used_is_told(sandbox: Sandbox, log_in: LogIn, pages: Any, words: str) -> None:
    sandbox.inject("facebook", "login", "status:200", skip=3, body={"data": pages})
    with pytest.raises(AccountError, match=words):
        log_in("facebook", sandbox.graph.user_token)


# -- Instagram -------------------------------------------------------------------------------------------------------


def door(sandbox: Sandbox) -> Any:
    return sandbox.instagram.logins.doors["izmirbld"]


def passwords_sent(sandbox: Sandbox) -> int:
    paths = [request.path.rstrip("/") for request in sandbox.requests("instagram")]
    return sum(1 for path in paths if path.endswith(("send_login_request", "accounts/login")))


@pytest.mark.parametrize("is_legacy", [False, True])
def test_a_password_becomes_a_session_that_works(sandbox: Sandbox, log_in: LogIn, is_legacy: bool) -> None:
    door(sandbox).is_legacy = is_legacy
    found, person = log_in("instagram", "izmirbld", door(sandbox).password)
    assert found.identity == Identity(id=sandbox.account("instagram", "izmirbld").id, handle="izmirbld")
    assert found.content
    assert found.content["authorization_data"]["ds_user_id"] == found.identity.id
    assert (found.content["locale"], found.content["country"]) == ("tr_TR", "TR")
    assert (found.content["country_code"], found.content["timezone_offset"]) == (90, 10800)
    assert person.asked == ["The account's name on Instagram", "The password of 'izmirbld'"]
    assert passwords_sent(sandbox) == 1 + is_legacy
    assert sandbox.requests("instagram")[-1].operation == "verify"
    assert not sandbox.refused_hosts


def test_a_named_password_is_not_asked_for(sandbox: Sandbox, log_in: LogIn) -> None:
    pinned = Identity(id="1", handle="izmirbld")
    _, person = log_in("instagram", pinned=pinned, secrets={"password": door(sandbox).password})
    assert person.asked == []


@pytest.mark.parametrize("asks", ["totp", "sms", "mail", "challenge"])
@pytest.mark.parametrize("is_legacy", [False, True])
def test_a_code_is_asked_for_and_a_wrong_one_again(
    sandbox: Sandbox, log_in: LogIn, asks: str, is_legacy: bool, person: Scripted
) -> None:
    if asks == "mail" and is_legacy:
        pytest.skip("of the new flow only")
    door(sandbox).asks, door(sandbox).is_legacy = asks, is_legacy
    pinned = Identity(id="1", handle="@izmirbld")
    code = door(sandbox).code
    wrong = f"{(int(code) + 1) % 10**6:06}"
    found, _ = log_in("instagram", door(sandbox).password, "my code", wrong, f"{code[:3]} {code[3:]}", pinned=pinned)
    assert found.identity.handle == "izmirbld"
    assert [question for question in person.asked if "password" in question] == ["The password of 'izmirbld'"]
    expected = {"totp": "authenticator", "sms": "by SMS", "mail": "e-mail", "challenge": "e-mail"}[asks]
    assert all(expected in question for question in person.asked[1:])


def test_a_backup_code_stands_in_for_the_authenticator(sandbox: Sandbox, log_in: LogIn) -> None:
    door(sandbox).asks, door(sandbox).code = "totp", "12345678"
    found, _ = log_in("instagram", "izmirbld", door(sandbox).password, "1234 5678")
    assert found.identity.handle == "izmirbld"


def test_three_wrong_codes_are_enough(sandbox: Sandbox, log_in: LogIn) -> None:
    door(sandbox).asks, door(sandbox).code = "totp", "111111"
    with pytest.raises(LoginError, match="does not accept this code"):
        log_in("instagram", "izmirbld", door(sandbox).password, "000000", "000001", "000002")
    assert passwords_sent(sandbox) == 1


def test_a_wrong_password_is_asked_for_again_and_never_sent_by_itself(
    sandbox: Sandbox, log_in: LogIn, person: Scripted
) -> None:
    log_in("instagram", "izmirbld", "yanlış", door(sandbox).password)
    assert any("If you are sure of the password, stop here" in line for line in person.told)
    assert passwords_sent(sandbox) == 3  # the wrong one in the new flow and, as Instagram wants it, in the older one


@pytest.mark.parametrize("asks", ["confirm", "app"])
def test_a_challenge_that_wants_more_than_a_code_is_left_to_the_person(
    sandbox: Sandbox, log_in: LogIn, asks: str
) -> None:
    door(sandbox).asks = asks
    with pytest.raises(UnfinishedLogin, match="open the Instagram app with this account") as caught:
        log_in("instagram", "izmirbld", door(sandbox).password)
    device = caught.value.content
    assert device["uuids"]["android_device_id"]
    assert "authorization_data" not in device
    posted = [r for r in sandbox.requests("instagram") if "/challenge/" in r.path and r.method == "POST"]
    assert posted == []  # nobody has said "it was me" in the person's place

    door(sandbox).asks = ""
    found, _ = log_in("instagram", "izmirbld", door(sandbox).password, saved=device)
    assert found.content
    assert found.content["uuids"] == device["uuids"]


def test_the_device_stays_when_somebody_logs_in_anew(sandbox: Sandbox, log_in: LogIn) -> None:
    first, _ = log_in("instagram", "izmirbld", door(sandbox).password)
    assert first.content
    account = sandbox.account("instagram", "izmirbld")
    sandbox.instagram.end_sessions(account)
    try:
        second, person = log_in("instagram", "izmirbld", door(sandbox).password, saved=first.content)
    finally:  # the sandbox is that of other tests, too
        settings = json.loads(Path(account.credentials["session_file"]).read_text("utf-8"))
        sandbox.instagram.accept(account, settings["authorization_data"]["sessionid"])
    assert second.content
    for name in ("uuids", "device_settings", "user_agent", "usdid", "locale", "timezone_offset"):
        assert second.content[name] == first.content[name], name
    assert second.content["authorization_data"] != first.content["authorization_data"]
    assert not any("still works" in question for question in person.asked)


def test_a_login_that_still_works_is_left_alone_unless_a_new_one_is_wanted(sandbox: Sandbox, log_in: LogIn) -> None:
    first, _ = log_in("instagram", "izmirbld", door(sandbox).password)
    assert first.content
    sent = passwords_sent(sandbox)
    again, _ = log_in("instagram", "", saved=first.content)
    assert again.content is None
    assert again.identity == first.identity
    assert passwords_sent(sandbox) == sent
    anew, _ = log_in("instagram", "y", "izmirbld", door(sandbox).password, saved=first.content)
    assert anew.content
    assert anew.content["authorization_data"] != first.content["authorization_data"]


@pytest.mark.parametrize(
    ("status", "body", "kind", "words"),
    [
        (429, {"message": "x", "status": "fail"}, TransientError, "Instagram asks to wait"),
        (400, {"message": "Please wait a few minutes before you try again."}, TransientError, "Instagram asks to wait"),
        (400, {"error_type": "sentry_block", "message": "x"}, LoginError, "refuses logins from this network"),
        (400, {"message": "feedback_required"}, AccountError, "wait a day"),
        (400, {"error_type": "needs_upgrade", "message": "x"}, AccountError, "update crossposter"),
        (400, {"message": "checkpoint_required", "error_type": "x"}, AccountError, "Instagram wants a person"),
        (400, {"message": "something new"}, AccountError, "and wants a person"),
        (500, {"message": "x"}, TransientError, "failed while it worked"),
        (200, {"status": "ok", "data": {}}, LoginError, "does not say why"),
        (200, {"status": "fail"}, LoginError, "does not say why"),
    ],
)
def test_each_refusal_of_instagram_is_told(
    sandbox: Sandbox, log_in: LogIn, status: int, body: Any, kind: type[CrossposterError], words: str
) -> None:
    sandbox.inject("instagram", "login", f"status:{status}", skip=1, times=9, body=body)
    with pytest.raises(kind, match=words):
        log_in("instagram", "izmirbld", door(sandbox).password)


# -- Instagram, the official way -------------------------------------------------------------------------------------


@pytest.fixture
def token(sandbox: Sandbox) -> str:
    return sandbox.account("instagram-graph", "izmirbld").login["access_token"]


def test_a_pasted_token_is_tried_on_the_account_and_kept(sandbox: Sandbox, log_in: LogIn, token: str) -> None:
    professional = sandbox.account("instagram-graph", "izmirbld")
    found, person = log_in("instagram-graph", f" {token}\n", pinned=Identity(id=professional.id, handle="izmirbld"))
    assert found == Login(identity=Identity(id=professional.id, handle="izmirbld"), content={"access_token": token})
    (request,) = sandbox.requests("instagram")
    assert (request.method, request.path) == ("GET", f"/instagram/v26.0/{professional.id}")
    assert request.query == {"fields": "id,username"}
    assert "instagram_content_publish" in person.told[0]
    assert len(person.asked) == 1


def test_calls_are_signed_where_the_app_s_secret_is_known(sandbox: Sandbox, log_in: LogIn, token: str) -> None:
    professional = sandbox.account("instagram-graph", "izmirbld")
    log_in("instagram-graph", professional.id, token, secrets={"app_secret": sandbox.graph.app_secret})
    (request,) = sandbox.requests("instagram")
    assert set(request.query) == {"fields", "appsecret_proof"}


def test_without_a_pin_the_account_s_number_is_asked_for(sandbox: Sandbox, log_in: LogIn, token: str) -> None:
    found, person = log_in("instagram-graph", "@izmirbld", sandbox.account("instagram-graph", "izmirbld").id, token)
    assert found.identity.id == sandbox.account("instagram-graph", "izmirbld").id
    assert person.told[0] == "the number is made of digits only"  # not what was typed: a token may have been pasted
    assert person.told[1].startswith("Paste a token")


def test_the_page_s_login_prints_the_number(sandbox: Sandbox, log_in: LogIn) -> None:
    _, person = log_in("facebook", sandbox.account("facebook", "izmirbld").credentials["page_token"])
    assert sandbox.account("instagram-graph", "izmirbld").id in person.told[-1]


def test_a_page_s_token_knows_its_account(sandbox: Sandbox, log_in: LogIn, token: str) -> None:
    found, person = log_in("instagram-graph", token, picture_by="page")
    assert found.identity == Identity(id=sandbox.account("instagram-graph", "izmirbld").id, handle="izmirbld")
    assert "pages_manage_posts" in person.told[0]


def test_a_token_that_instagram_does_not_accept_may_be_pasted_anew(sandbox: Sandbox, log_in: LogIn, token: str) -> None:
    number = sandbox.account("instagram-graph", "izmirbld").id
    found, _ = log_in("instagram-graph", number, "EAAI" + "0" * 30, token)
    assert found.content == {"access_token": token}
    with pytest.raises(RefusedAnswer):
        log_in("instagram-graph", number, *["EAAI" + "0" * 30] * 3)


def test_a_token_of_another_account_is_refused(sandbox: Sandbox, log_in: LogIn, token: str) -> None:
    with pytest.raises(RefusedAnswer):
        log_in("instagram-graph", sandbox.account("instagram-graph", "izmirenglish").id, *[token] * 3)


# -- all of them -----------------------------------------------------------------------------------------------------


def answers(sandbox: Sandbox, platform: str, person: Scripted) -> list[Answer]:
    found: dict[str, list[Answer]] = {
        "twitter": [lambda: allowed_as("izmirbld", person)],
        "facebook": [sandbox.graph.user_token, "1"],
        "instagram": ["izmirbld", door(sandbox).password],
        "instagram-graph": [
            sandbox.account("instagram-graph", "izmirbld").id,
            sandbox.account("instagram-graph", "izmirbld").login["access_token"],
        ],
    }
    return found[platform]


@pytest.mark.parametrize("do", ["reset", "html", "garbage", "empty", "truncate", "status:503"])
def test_a_platform_that_gives_no_answer_is_told_and_no_secret_with_it(
    sandbox: Sandbox, log_in: LogIn, platform: str, person: Scripted, do: str
) -> None:
    sandbox.inject(platform, "verify" if platform == "instagram-graph" else "login", do, times=9)
    with pytest.raises((PublishError, LoginError)) as caught:
        log_in(platform, *answers(sandbox, platform, person))
    told = "".join([*traceback.format_exception(caught.value), *person.told])
    for secret in (*sandbox.account(platform, "izmirbld").login.values(), sandbox.graph.user_token):
        assert secret in ("izmirbld", sandbox.graph.app_id) or secret not in told


def test_a_platform_that_cannot_be_reached_is_told(
    sandbox: Sandbox, log_in: LogIn, platform: str, person: Scripted, closed_port: int
) -> None:
    nowhere = f"http://127.0.0.1:{closed_port}"
    way = {"proxy": nowhere} if platform == "instagram" else {"url": nowhere}
    with pytest.raises(
        TransientError, match=r"cannot be reached|no usable answer|does not know|failed while it worked"
    ):
        log_in(platform, *answers(sandbox, platform, person), **way)


def test_a_login_hides_what_it_holds(log_in: LogIn, sandbox: Sandbox) -> None:
    token = sandbox.account("facebook", "izmirbld").credentials["page_token"]
    found, _ = log_in("facebook", token)
    assert token not in repr(found)

"""The real Apprise in its child, against a real mail server and a webhook."""

from __future__ import annotations

import sys
import threading
import time

import pytest

from crossposter.alerts import carrier as module
from crossposter.alerts.carrier import Carrier, Letter
from crossposter.core.alerting import Level
from crossposter.references import Secret
from crossposter.web import Network
from tests.alerts.conftest import PASSWORD, MailServer, Webhook, free_port

LETTER = Letter(
    title="crossposter: hesap durdu", body="“Kültürpark <b>açıldı</b>”\ncrossposter queue", level=Level.CRITICAL
)
INSIDE = Network()


def why_not(address: str, *, letter: Letter = LETTER, deadline_s: float = 40) -> str | None:
    said = Carrier(deadline_s=deadline_s).send(letter, Secret(address), INSIDE)
    return str(said) if said else None


def test_a_mail_arrives_with_its_letters(mail: tuple[MailServer, str]) -> None:
    server, address = mail
    assert why_not(address) is None
    (message,) = server.messages
    assert message["subject"] == LETTER.title
    assert message["to"] == "nobet@izmir.example"
    body = message.get_body(("plain", "html"))
    assert body
    text = body.get_content()
    assert "Kültürpark" in text
    assert "crossposter queue" in text


@pytest.mark.parametrize(
    ("level", "is_good", "kind"),
    [
        (Level.INFO, False, "info"),
        (Level.WARNING, False, "warning"),
        (Level.CRITICAL, False, "failure"),
        (Level.CRITICAL, True, "success"),
    ],
)
def test_a_webhook_gets_title_text_and_kind(webhook: Webhook, level: Level, is_good: bool, kind: str) -> None:
    assert why_not(webhook.url, letter=Letter(title="t", body="ş\nb", level=level, is_good=is_good)) is None
    (message,) = webhook.got
    assert (message["title"], message["message"], message["type"]) == ("t", "ş\nb", kind)


@pytest.mark.parametrize("status", [302, 404, 500])
def test_a_refusal_is_told_without_the_address(webhook: Webhook, status: int) -> None:
    webhook.status = status
    said = why_not(webhook.url)
    assert said
    assert said.startswith("not taken: ")
    assert str(status) in said
    assert PASSWORD not in said
    assert webhook.paths == []  # no redirect was followed


def test_a_wrong_password_is_told_without_it(mail: tuple[MailServer, str]) -> None:
    server, address = mail
    said = why_not(address.replace(PASSWORD, "wrong-wrong-wrong"))
    assert said
    assert "wrong-wrong-wrong" not in said
    assert server.messages == []


def test_a_server_that_is_down_is_told() -> None:
    assert why_not(f"mailto://a:{PASSWORD}@127.0.0.1:{free_port()}?from=a@b.example&to=c@d.example&mode=insecure")


@pytest.mark.parametrize("address", ["no address", "gopher://x", f"tgram://{PASSWORD}"])
def test_an_address_of_no_service_is_told_and_not_repeated(address: str) -> None:
    assert why_not(address) == "this is no address of a service that is known: see docs/alerts.md"


def test_a_slow_server_is_left_at_the_deadline(webhook: Webhook) -> None:
    webhook.delay_s = 30
    begun = time.monotonic()
    assert why_not(webhook.url + "?rto=30", deadline_s=3) == "it took longer than 3 s"
    assert time.monotonic() - begun < 10


def test_stopping_ends_what_is_being_sent_and_sends_no_more(webhook: Webhook) -> None:
    webhook.delay_s = 30
    carrier = Carrier()
    threading.Timer(1.5, carrier.stop).start()
    begun = time.monotonic()
    assert "ended" in str(carrier.send(LETTER, Secret(webhook.url + "?rto=30"), INSIDE))
    assert time.monotonic() - begun < 10
    assert str(carrier.send(LETTER, Secret(webhook.url), INSIDE)) == "crossposter is ending"


def test_no_process_can_be_started(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "executable", "/nowhere/python")
    assert why_not("json://127.0.0.1") == "no process starts that could send it: No such file or directory"


def test_the_child_gets_the_network_of_the_yaml_and_no_secret_of_the_environment() -> None:
    network = Network(proxy="http://proxy.example:3128", ca_file="/etc/ssl/city.pem")
    found = module._environment(network, {"PATH": "/bin", "X_API_SECRET": PASSWORD, "HTTPS_PROXY": "http://other"})
    assert found.pop("PATH") == "/bin"
    assert found == {
        "http_proxy": "http://proxy.example:3128",
        "https_proxy": "http://proxy.example:3128",
        "no_proxy": "localhost,127.0.0.1,::1",
        "REQUESTS_CA_BUNDLE": "/etc/ssl/city.pem",
        "SSL_CERT_FILE": "/etc/ssl/city.pem",
    }
    assert module._environment(INSIDE, {}) == {}


def test_apprise_is_never_loaded_into_the_program(webhook: Webhook) -> None:
    assert why_not(webhook.url) is None
    assert "apprise" not in sys.modules

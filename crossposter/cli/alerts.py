"""`alerts test`: does an alert reach everybody?"""

from __future__ import annotations

import typer

from crossposter.cli.context import ConfigOption, Context, JsonOption

alerts_app = typer.Typer(help="Look at the alerts.", no_args_is_help=True, rich_markup_mode=None)


@alerts_app.callback()
def _every_command() -> None:
    """Look at the alerts."""


@alerts_app.command("test")
def send_test(ctx: typer.Context, config: ConfigOption = None, json: JsonOption = False) -> None:
    """Send one message to every target, and ping; tells what came of it."""
    _send_test(ctx.obj.at(config), as_json=json)


def _send_test(context: Context, *, as_json: bool) -> None:
    """Send; exit code 1 where one failed."""
    from crossposter import logs
    from crossposter.alerts.carrier import Carrier, Letter
    from crossposter.alerts.ping import ping
    from crossposter.audience import audience_of, pings_of, secrets_of
    from crossposter.cli.context import print_json
    from crossposter.cli.tables import printable
    from crossposter.core.alerting import Level
    from crossposter.errors import CrossposterError
    from crossposter.messages import Translator
    from crossposter.references import SecretMemory
    from crossposter.web import WebClient
    from crossposter.wording import Message, say

    config = context.load(secrets_needed=True)
    secrets = SecretMemory(context.environ)
    logs.configure(secrets=secrets_of(config, secrets))
    if not any(city.alerts for city in config.cities):
        raise CrossposterError(say("the YAML has no alerts: docs/alerts.md says how to set them up"))
    translate = Translator(config.language)
    carrier = Carrier()
    found: dict[str, Message | None] = {}
    for listener in audience_of(config, secrets).listeners:
        title = listener.speak(say("crossposter: a test"))
        body = listener.speak(say("this is how alerts arrive; nothing has happened, and nothing needs to be done"))
        letter = Letter(title=title, body=body, level=Level.INFO)
        found[listener.target.name] = carrier.send(letter, listener.address, listener.network)
    for heard in pings_of(config, secrets):
        web = WebClient(heard.network)
        found[heard.name] = ping(web, heard.address)
        web.close()
    if as_json:
        results = [
            {"target": name, "sent": why is None, "message": why and translate(why)} for name, why in found.items()
        ]
        print_json({"alerts": results})
    else:
        for name, why in found.items():
            line = say("{target}: not sent: {why}", target=name, why=why) if why else say("{target}: sent", target=name)
            typer.echo(printable(translate(line)))
    if any(found.values()):
        raise typer.Exit(1)

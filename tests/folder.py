"""Two municipalities in one folder of configurations, on one sandbox: İzmir in Turkish, Smyrna in English."""

from __future__ import annotations

from pathlib import Path

from tests.city import City

#: Each city's file: its language, its feed, and whose accounts it posts to.
CITIES = {"izmir": ("tr", "izmirbld"), "smyrna": ("en", "izmirenglish")}
#: What every post of a city carries.
TAGS = {"izmir": "#Körfez", "smyrna": "#Aegean"}
YAML = """\
timezone: ZONE
language: LANGUAGE
ledger: env:DEMO_LEDGER
network: {allow: [127.0.0.1], contact: it@CITY.example}
brand: {name: CITY, colour: "COLOUR"}
feeds:
  - {id: news, url: env:DEMO_FEED_LANGUAGE, language: LANGUAGE, every: 1s, accounts: [x, page, ig]}
accounts:
  - id: x
    platform: twitter
    approval: none
    expect: {id: "128100000000000000NUMBER", handle: HANDLE}
    credentials:
      api_key: env:SANDBOX_TWITTER_HANDLE_API_KEY
      api_secret: env:SANDBOX_TWITTER_HANDLE_API_SECRET
      access_token: env:SANDBOX_TWITTER_HANDLE_ACCESS_TOKEN
      access_secret: env:SANDBOX_TWITTER_HANDLE_ACCESS_SECRET
    endpoint: {url: env:SANDBOX_TWITTER_HANDLE_URL}
    post: {hashtags: ["MARK"]}
  - id: page
    platform: facebook
    approval: none
    expect: {id: "10020030040050NUMBER", handle: HANDLE}
    credentials:
      page_token: env:SANDBOX_FACEBOOK_HANDLE_PAGE_TOKEN
      app_id: env:SANDBOX_FACEBOOK_HANDLE_APP_ID
      app_secret: env:SANDBOX_FACEBOOK_HANDLE_APP_SECRET
    endpoint: {url: env:SANDBOX_FACEBOOK_HANDLE_URL}
    post: {hashtags: ["MARK"]}
  - id: ig
    platform: instagram
    approval: none
    backend: instagrapi
    i_accept_account_risk: true
    expect: {id: "555123456NUMBER", handle: HANDLE}
    credentials: {session_file: env:SANDBOX_INSTAGRAM_HANDLE_SESSION_FILE}
    endpoint: {proxy: env:SANDBOX_INSTAGRAM_HANDLE_PROXY, ca_file: env:SANDBOX_INSTAGRAM_HANDLE_CA_FILE}
    post: {hashtags: ["MARK"]}
"""


def yaml_of(name: str) -> str:
    """Give a city's file."""
    language, handle = CITIES[name]
    is_first = name == "izmir"
    text = YAML.replace("DEMO_FEED_LANGUAGE", f"DEMO_FEED_{language.upper()}").replace("LANGUAGE", language)
    for platform in ("TWITTER", "FACEBOOK", "INSTAGRAM"):
        text = text.replace(f"{platform}_HANDLE", f"{platform}_{handle.upper()}")
    text = text.replace("HANDLE", handle).replace("CITY", name).replace("NUMBER", "1" if is_first else "2")
    text = text.replace("MARK", TAGS[name])
    zone, colour = ("Europe/Istanbul", "#aa0000") if is_first else ("Europe/London", "#00aa00")
    return text.replace("ZONE", zone).replace("COLOUR", colour)


def a_folder(city: City, path: Path) -> Path:
    """Write both files into a folder."""
    path.mkdir()
    for name in CITIES:
        (path / f"{name}.yaml").write_text(yaml_of(name), "utf-8")
    return path


def posts(city: City) -> list[tuple[str, str]]:
    """Give what stands on the platforms: on whose account, with which city's hashtag."""
    return sorted((post["handle"], city_in(post["text"])) for post in city.sandbox.posts())


def city_in(text: str) -> str:
    """Tell by its hashtag whose post this is."""
    (name,) = (name for name, tag in TAGS.items() if tag in text)
    return name

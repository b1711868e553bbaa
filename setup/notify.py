"""Notifications: --test sends one to each sender in config.py, and prints the result."""

import argparse
import asyncio
import os
import sys
from datetime import UTC, datetime
from pathlib import Path

from apps.shared.reader import language_of
from apps.shared.secrets import Secrets, load_secrets
from apps.shared.senders import senders
from apps.shared.settings import Settings, load_settings
from base import messages
from base.checked import ConfigError
from base.http_client import WebError
from notify import sentences
from notify.senders.family import Letter, Sender
from setup.findings import Finding, ok, wrong
from store.kept import KeptFile

ROOT = Path(__file__).resolve().parent.parent
LIMIT_S = 20.0
NOBODY = "config.py names nobody to notify: set notify there (docs/notifications.md)"
IDENT = "digital_meter_test"


async def probed(settings: Settings, secrets: Secrets) -> list[Finding]:
    """The check of each sender without sending anything."""
    try:
        made = senders(settings, secrets)
    except ConfigError as error:
        return [wrong("notifications", str(error))]
    return [await _probed(name, sender) for name, sender in made.items()]


async def _probed(name: str, sender: Sender) -> Finding:
    try:
        return ok("notifications", f"{name}: {await sender.probe()}")
    except WebError as error:
        return wrong("notifications", f"{name}: {error}")


async def tested(settings: Settings, secrets: Secrets, folder: Path) -> int:
    """The exit code: 0 when every sender, and the broker, accepted a test; one line for each."""
    made = senders(settings, secrets)
    if not made and settings.mqtt is None:
        print(NOBODY, file=sys.stderr)
        return 2
    told, language = sentences.test(), language_of(settings, os.environ)
    told = sentences.Told(language.read(told.title), language.read(told.text))
    letter = Letter(title=told.title, text=told.text)
    lines = [await _line(name, sender, letter) for name, sender in made.items()]
    if settings.mqtt is not None:
        lines.append(await _published(settings, secrets, folder, told))
    for good, line in lines:
        print(line, file=sys.stdout if good else sys.stderr)
    return 0 if all(good for good, _ in lines) else 1


async def _line(name: str, sender: Sender, letter: Letter) -> tuple[bool, str]:
    try:
        async with asyncio.timeout(LIMIT_S):
            return True, f"{name}: {await sender.send(letter)}"
    except WebError as error:
        return False, f"{name}: it {error}"
    except TimeoutError:
        return False, f"{name}: no answer within {LIMIT_S:.0f} s"


async def _published(
    settings: Settings, secrets: Secrets, folder: Path, told: sentences.Told
) -> tuple[bool, str]:
    """The test as an event on the broker, where Home Assistant hears those of this house."""
    from apps.mqtt import notifications  # a house without a broker does not load its client
    from apps.mqtt.broker import publish_once
    from apps.mqtt.discovery import Kept
    from apps.mqtt.topics import Topics

    assert settings.mqtt is not None
    kept = KeptFile(folder / "mqtt.json", Kept).load()
    if kept is None or not kept.home:
        return False, "mqtt: the MQTT program has not heard the meter yet: start it first"
    topics = Topics(settings.mqtt.topic, kept.home, settings.mqtt.discovery)
    now = datetime.now(UTC)
    test = messages.Notification(
        reason="test", key="test", at=now, title=told.title, text=told.text
    )
    topic, payload = topics("notification"), notifications.payload(topics, test)
    try:
        async with asyncio.timeout(LIMIT_S):
            await publish_once(settings.mqtt, secrets.mqtt_password, IDENT, topic, payload)
    except (ConnectionError, TimeoutError) as error:
        return False, f"mqtt: {str(error) or 'no answer'}"
    return True, f"mqtt: the broker accepted it on {topic}"


def main() -> int:
    """The exit code of `./do_py.sh notify`."""
    parser = argparse.ArgumentParser(prog="./do_py.sh notify", description=__doc__)
    parser.add_argument(
        "--test", action="store_true", required=True, help="send a test to each telephone"
    )
    parser.add_argument("--config", type=Path, default=ROOT / "config.py", help="the settings")
    options = parser.parse_args()
    try:
        settings, secrets = load_settings(options.config), load_secrets()
        return asyncio.run(tested(settings, secrets, ROOT))
    except ConfigError as error:
        print(error, file=sys.stderr)
        return 2


if __name__ == "__main__":
    sys.exit(main())

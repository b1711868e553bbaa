"""The notification senders of config.py, with their secrets of secrets.json."""

from collections.abc import Mapping

from apps.shared.secrets import Secrets
from apps.shared.settings import Settings
from base.checked import ConfigError
from notify.senders import registry
from notify.senders.family import Sender


def senders(settings: Settings, secrets: Secrets) -> Mapping[str, Sender]:
    """Each sender by its name in config.py. ConfigError when a secret is missing."""
    made = {}
    for name, its in settings.notify.items():
        try:
            made[name] = registry.sender_of(its, secrets.notify.get(name, {}))
        except ValueError as error:
            where = f'notify["{name}"]'
            raise ConfigError(f"{where}: {error}") from None
    return made

"""~/secrets.json becomes checked, frozen secrets, or a sentence."""

import json
import stat
from pathlib import Path
from typing import Annotated

from pydantic import Field

from base.checked import Checked, ConfigError, checked, where_json
from base.language import setting

SECRETS = Path("~/secrets.json")
OTHERS_MAY_READ = stat.S_IRWXG | stat.S_IRWXO


class Secrets(Checked):
    """~/secrets.json, typed."""

    websocket_token: str = ""
    websocket_tokens: dict[str, Annotated[str, Field(min_length=8)]] = Field(default_factory=dict)
    entsoe_token: str = ""
    cables: dict[str, dict[str, str]] = Field(default_factory=dict)
    cars: dict[str, dict[str, str]] = Field(default_factory=dict)
    ical_addresses: dict[str, str] = Field(default_factory=dict)
    homewizard_tokens: dict[str, str] = Field(default_factory=dict)
    notify: dict[str, dict[str, str]] = Field(default_factory=dict)
    mqtt_password: str = ""
    fleet_password: str = ""

    @property
    def has_tokens(self) -> bool:
        """True if somebody on another machine can show a token."""
        return bool(self.websocket_token or self.websocket_tokens)

    def token_of(self, name: str) -> str:
        """The token that a program of this name shows to the others."""
        return self.websocket_tokens.get(name, self.websocket_token)


def load_secrets(path: Path = SECRETS) -> Secrets:
    """The secrets, or empty ones when there is no file. Refused when others can read it."""
    path = path.expanduser()
    if not path.exists():
        return Secrets()
    if path.stat().st_mode & OTHERS_MAY_READ:
        raise ConfigError(setting("{path} can be read by other users: chmod 600 {path}", path=path))
    try:
        values = json.loads(path.read_text(encoding="utf-8-sig"))
    except OSError as error:
        raise ConfigError(
            setting("{path} cannot be read: {reason}", path=path, reason=error.strerror)
        ) from None
    except json.JSONDecodeError as error:
        raise ConfigError(f"{path}: {where_json(error)}") from None
    except UnicodeDecodeError:
        raise ConfigError(
            setting("{path} is not text in UTF-8: save it as UTF-8", path=path)
        ) from None
    return checked(Secrets, values, path.name, secret=True)

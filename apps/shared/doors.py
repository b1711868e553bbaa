"""Access to a program, by its settings and secrets."""

from collections.abc import Callable
from dataclasses import replace

from apps.shared.secrets import Secrets
from apps.shared.settings import Settings
from base.checked import ConfigError
from base.language import setting
from base.wire.access import Access
from base.wire.guard import Guard


def guard(
    settings: Settings,
    secrets: Secrets,
    file: str,
    admits: Callable[[str], bool] | None = None,
) -> Guard:
    """The guard of all listeners of one program.

    `admits` recognises the cookie of a browser that signed in before; `phones_read` allows others
    to read.

    ConfigError when other machines may connect without a token and `file` does not allow that
    explicitly.
    """
    if settings.lets_others_in and not secrets.has_tokens and not settings.open_to_network:
        raise ConfigError(
            setting(
                "{file}: remote_ips allows other machines, but websocket_token in"
                " ~/secrets.json is empty: set a token there, or set open_to_network = True in"
                " {file} to allow them without one",
                file=file,
            )
        )
    access = Access(
        remote_ips=settings.remote_ips,
        token=secrets.websocket_token,
        tokens=secrets.websocket_tokens,
        web_origins=settings.web_origins,
    )
    if admits is not None:
        access = replace(access, admits=admits, read_only=settings.phones_read)
    return Guard(access)

"""Registry of notification services, one row each. docs/notifications.md shows each."""

from base.language import setting
from base.registry import ByKey, Families
from notify.senders.family import Family, Login, Sender, SenderSettings

FAMILIES: Families[Family] = Families(
    {
        "ntfy": "notify.senders.ntfy",
        "apprise": "notify.senders.apprise",
    }
)
BY_KEY = ByKey("kind", FAMILIES, usual="ntfy")


def sender_of(settings: SenderSettings, login: Login) -> Sender:
    """The sender; nothing is sent yet. ValueError names the missing secret."""
    family = FAMILIES[settings.kind]
    if missing := [key for key in family.secrets if not login.get(key)]:
        raise ValueError(
            setting(
                "secrets.json has no {names} for this service under notify",
                names=", ".join(missing),
            )
        )
    return family.sender(settings, login)

"""The login to Google: made once in the owner's browser, or a service account's key."""

import json
import logging
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from base import http_client
from base.language import clause, phrase
from ev.calendars.kept import write_private

if TYPE_CHECKING:
    from google.auth.credentials import Credentials

SCOPES = ["https://www.googleapis.com/auth/calendar.events.readonly"]
LOGIN_PORT = 8765
LOGIN_S = 600
LOG_IN = phrase("log in again: ./do_py.sh ev_app.py --login")
TESTING = phrase(
    'a consent screen that is still in "Testing" ends each login after 7 days: publish it'
)
log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Access:
    """The files for access to Google: the stored login, or a service account's key.

    `api` is another address than Google's own.
    """

    token: Path
    service_account: Path | None = None
    api: str = ""


def credentials_of(access: Access) -> "Credentials":
    """The login in its file. http_client.RefusedError with the command to run when there is
    none."""
    from google.oauth2 import credentials, service_account

    path = access.service_account or access.token
    try:
        said = json.loads(path.read_bytes())
        if access.service_account:
            return service_account.Credentials.from_service_account_info(said, scopes=SCOPES)  # type: ignore[no-any-return, no-untyped-call]
        kept = credentials.Credentials.from_authorized_user_info(said, SCOPES)  # type: ignore[no-untyped-call]
        # Renewed where it was given; without this, at Google's own address whatever the file says.
        ours: Credentials = kept.with_token_uri(said.get("token_uri", kept.token_uri))
        ours.expiry = kept.expiry
        return ours
    except FileNotFoundError:
        why = clause("needs {path}, which is missing", path=path)
    except OSError as error:
        why = clause(
            "needs {path}, which cannot be read ({reason})", path=path, reason=error.strerror
        )
    except (ValueError, TypeError, KeyError, AttributeError):
        why = clause("needs {path}, which is not a Google credentials file", path=path)
    raise http_client.RefusedError(f"{why}; {LOG_IN}" if access.service_account is None else why)


def keep_login(access: Access, renewed: "Credentials") -> None:
    """Save the renewed login; a failure is logged, and the login stays valid for an hour."""
    try:
        write_private(access.token, renewed.to_json().encode())  # type: ignore[attr-defined]
    except OSError as error:
        log.warning(
            phrase(
                "The login could not be saved in {token} ({reason}).",
                token=access.token,
                reason=error.strerror,
            )
        )


def trouble_of(error: Exception) -> http_client.WebError:
    """Cause of a token that Google does not renew."""
    from google.auth.exceptions import TransportError

    if isinstance(error, TransportError) or getattr(error, "retryable", False):
        return http_client.UnreachableError(clause("cannot be reached to renew the login"))
    text = str(error)
    if "invalid_grant" in text and "JWT" in text:
        return http_client.RefusedError(
            clause("refuses the service account's key; check this machine's clock")
        )
    if "invalid_grant" in text:
        return http_client.RefusedError(
            clause(
                "does not accept our login any more; {text} ({reason})",
                text=LOG_IN,
                reason=TESTING,
            )
        )
    return http_client.RefusedError(clause("does not accept our login") + f"; {LOG_IN}")


def login(client: Path, token: Path, port: int = LOGIN_PORT) -> None:
    """Let the owner allow access to the calendar; `token` is the file of the login. Blocks; for
    the terminal.

    `client` is the file of the desktop client made at console.cloud.google.com. Works over ssh:
    `ssh -L` forwards the page to which Google sends the browser.
    http_client.RefusedError names what is missing.
    """
    from google_auth_oauthlib.flow import InstalledAppFlow, WSGITimeoutError
    from oauthlib.oauth2 import OAuth2Error

    try:
        flow = InstalledAppFlow.from_client_secrets_file(str(client), scopes=SCOPES)
    except (OSError, ValueError) as error:
        why = error.strerror if isinstance(error, OSError) else error
        raise http_client.RefusedError(
            clause(
                "needs {client}, the file of a desktop client ({reason})", client=client, reason=why
            )
        ) from None
    prompt = (
        f"From another computer, first type there:  ssh -L {port}:localhost:{port} <this machine>\n"
        "Then open this address in its browser and allow the calendar to be read:\n{url}"
    )
    try:
        credentials = flow.run_local_server(
            port=port, open_browser=False, access_type="offline", prompt="consent",
            timeout_seconds=LOGIN_S, authorization_prompt_message=prompt,
            success_message="The calendar can be read now. You may close this page.",
        )  # fmt: skip
    except WSGITimeoutError:
        raise http_client.RefusedError(
            clause("received no login within {min} minutes", min=LOGIN_S // 60)
        ) from None
    except (OAuth2Error, OSError) as error:
        raise http_client.RefusedError(clause("did not log in ({text})", text=error)) from None
    write_private(token, credentials.to_json().encode())

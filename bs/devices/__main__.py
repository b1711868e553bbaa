"""Pairs with a HomeWizard device: press its button, and run this within 30 s.

It prints the line for homewizard_tokens in secrets.json.
"""

import argparse
import asyncio
import json
import sys

from base.device_errors import DeviceError
from bs.devices.homewizard_api import pair, url_of


async def paired(host: str) -> int:
    """Print its token (exit code 0), or what to do (1)."""
    try:
        token = await pair(url_of(host))
    except DeviceError as error:
        print(f"{host} {error}", file=sys.stderr)
        return 1
    print(f"{json.dumps(host)}: {json.dumps(token)}")
    return 0


def main() -> int:
    options = argparse.ArgumentParser(prog="./do_py.sh bs.devices", description=__doc__)
    options.add_argument("host", help="the P1 meter's or a battery's address, as in battery_info")
    return asyncio.run(paired(options.parse_args().host))


if __name__ == "__main__":
    sys.exit(main())

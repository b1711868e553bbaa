"""The MQTT program loads no unneeded modules, which would cost memory."""

import subprocess
import sys

NOT_ITS_OWN = {
    "aiohttp",
    "bs.devices.victron",
    "ev.cars.eudataact",
    "ev.chargers.alfen",
    "notify.senders.apprise",
    "rich",
    "xml.etree.ElementTree",
}


def test_it_loads_no_screen_and_no_family_of_devices() -> None:
    code = "import sys, mqtt_app, apps.mqtt.bridge; print(*sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert not NOT_ITS_OWN & set(done.stdout.split())

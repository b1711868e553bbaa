"""The householder's settings. Edit, save, restart. A wrong value is named at start.

This file holds values only; settings.py says what each may be.
"""

# Where the telegrams come from:
#   "/dev/ttyUSB0"           the P1 cable
#   "auto"                   the one port on which telegrams arrive
#   "socket://host:port"     ser2net (raw), SlimmeLezer
#   "homewizard://ip"        HomeWizard P1 meter, local API enabled
#   "file:///path?speed=60"  a recorded stream
#   "sim://"                 the simulated house
serial_port = "/dev/ttyUSB0"

# Where each app's websocket is found. {} turns the websockets off; the meter works on alone.
socket_info = {
    "dm": {"host": "127.0.0.1", "port": 8080},
}

# Who may connect besides this machine: addresses and networks, such as "192.168.1.0/24".
remote_ips: list[str] = []

# Web pages that may connect, such as "http://pi-dm:3000". Others are refused.
web_origins: list[str] = []

# The tariff hours of the rate panel (what was used is split by the meter's own registers).
# Flanders: day on weekdays 07-22, and a public holiday on a weekday is day.
day_hours = ("07:00", "22:00")
weekend_is_night = True
holidays_are_night = False

# The capacity tariff never bills less than this, kW.
month_peak_floor_kw = 2.5

# Never plan above this quarter-hour peak, kW. None: no ceiling of your own.
month_peak_ceiling_kw = None

# The solar panels, for a forecast of the sun; None without:
#   {"latitude": 50.9, "longitude": 4.4, "inverter_kw": 5.0,
#    "planes": [{"kwp": 5.0, "tilt_deg": 35.0, "azimuth_deg": 0.0}]}   0 south, -90 east, 90 west
solar = None

# "unicode", or "console" for the Pi's own HDMI screen, which lacks the finer glyphs.
glyphs = "unicode"

"""The householder's settings. Edit, save, restart. A wrong value is named at start.

This file holds values only; apps/shared/settings.py defines the allowed ones.
"""

# Where the telegrams come from:
#   "/dev/ttyUSB0"           the P1 cable
#   "auto"                   the one port on which telegrams arrive
#   "socket://host:port"     ser2net (raw), SlimmeLezer
#   "homewizard://ip"        HomeWizard P1 meter, local API enabled
#   "file:///path?speed=60"  a recorded stream
#   "sim://"                 the simulated house
#   ""                       the meter is on another machine: chargers or batteries alone run here
serial_port = "/dev/ttyUSB0"

# Where each app's websocket is found. {} turns the websockets off; the meter works on alone.
socket_info = {
    "dm": {"host": "127.0.0.1", "port": 8080},
    "ev": {"host": "127.0.0.1", "port": 8081},
    "bs": {"host": "127.0.0.1", "port": 8082},
    "mqtt": {"host": "127.0.0.1", "port": 8083},
}

# Who may connect besides this machine: addresses and networks, such as "192.168.1.0/24".
# They need the websocket_token of ~/secrets.json; True here lets them in without one.
remote_ips: list[str] = []
open_to_network = False

# True: who may connect but has no token, such as a phone that was not let in by ./do_py.sh phone,
# sees the page of the meter and changes nothing. False: it sees nothing.
phones_read = False

# Web pages that may connect, such as "http://pi-dm:3000". Others are refused.
web_origins: list[str] = []

# The hours of the day tariff (what was used is split by the meter's own registers). None: those
# of the grid area in rates.json; without one, Flanders': weekdays 07-22, public holidays too.
# Some towns differ: day_hours = ("06:00", "21:00").
day_hours = None
weekend_is_night = None
holidays_are_night = None

# Where a dynamic contract's market prices are asked, in this order. entsoe needs the entsoe_token
# of ~/secrets.json and is left out without one.
price_services = [{"kind": "energy_charts"}, {"kind": "entsoe"}, {"kind": "elia"}]

# The capacity tariff never bills less than this, kW.
month_peak_floor_kw = 2.5

# Never plan above this quarter-hour peak, kW. None: no ceiling of your own.
month_peak_ceiling_kw = None

# The solar panels, for a forecast of the sun; None without:
#   {"latitude": 50.9, "longitude": 4.4, "inverter_kw": 5.0,
#    "planes": [{"kwp": 5.0, "tilt_deg": 35.0, "azimuth_deg": 0.0}]}   0 south, -90 east, 90 west
# Without "planes" the panels are fitted each day to what the meter sees, from the second week on.
# The temperature at that place improves the forecast of a heat pump's load.
solar = None

# The chargers, by a name of your own, with what the circuit carries on each phase:
#   {"main": {"host": "192.168.1.50", "most_a": 16}}      user and password: secrets.json, cables
# Any charger that speaks OCPP 1.6J (docs/chargers.md); id is how it names itself:
#   {"main": {"kind": "ocpp", "id": "EVB-P123", "most_a": 16}}   its server: ws://THIS_MACHINE:8887/
# Others: alfen, keba, heidelberg, goe, peblar, homeassistant:
#   {"main": {"kind": "alfen", "host": "192.168.1.60", "most_a": 16}}
# A charger that may switch between one and three phases must allow it in its own app.
cable_info: dict[str, object] = {}

# The cars, by the name that stands between the @ in the calendar. docs/cars.md tells how each
# is read: {"q4": {"capacity_kwh": 77, "source": {"kind": "eudataact", "brand": "audi"}}}
# Besides: most_a, phases, least_a (6; what it needs on several phases), default_target_pct (80),
# least_pct (20), consumption_kwh_100km (18).
cars: dict[str, object] = {}

# A port for an HTTP POST of a car's state, such as 8091; docs/cars.md shows it. None: no port.
car_push_port = None

# Google calendars to read trips from, such as ["primary"]; docs/calendar.md tells the ways.
google_calendars: list[str] = []

# Your own e-mail addresses: an invitation that one of them declined is not a trip. A calendar
# that is named after an address, as Google's are, needs none.
own_mail: list[str] = []

# An entry without a time leaves then.
all_day_departure = "07:00"

# The main fuse, A on each phase: no car brings the house above it. None: not guarded.
main_fuse_a = None

# After a stop a charger rests at least so many minutes: its contactors wear.
least_idle_min = 10

# Without a word of the meter: "pause", or "least" for 6 A. A car below least_pct gets 6 A.
without_meter = "pause"

# A trip that needs a higher month peak or expensive hours: "accept", or "refuse"
# and leave with less. It is said in euro beforehand; type accept or refuse to ev to say otherwise.
over_peak = "accept"

# Trips that a car makes in most weeks are expected where the calendar says nothing; they never
# raise the month peak. Type forget to ev when a habit has ended; False: none is expected.
usual_trips = True

# The home batteries, by a name of your own. family: "victron" (GX), "marstek" (Venus), "sunspec"
# (Fronius GEN24 and others), "homewizard" (host is the P1 meter, packs the batteries' addresses;
# tokens: secrets.json, homewizard_tokens), or "sim" for one that does not exist:
#   {"home": {"family": "victron", "host": "192.168.1.30", "capacity_kwh": 10.0}}
# Besides: charge_kw and discharge_kw (5), phases (1), reserve_pct (10), most_pct (100),
# efficiency one way (0.95), wear_eur_kwh (0.02), port (502). A car that can discharge: the time it
# leaves each day, leaves ("07:00"), and how full it is then, leaves_pct (80).
battery_info: dict[str, object] = {}

# The MQTT broker, for Home Assistant and evcc; {} for none:
#   {"host": "127.0.0.1", "user": "dm"}   its password: secrets.json, mqtt_password
# Besides: port (1883), tls (False), ca_file, topic ("digital_meter"), discovery ("homeassistant"),
# evcc (None; its own topic, "evcc", to charge within the month peak: docs/evcc.md), least_w (1380);
# cert_file and key_file where the broker asks for a certificate.
mqtt: dict[str, object] = {}

# Each closed quarter hour for anyone who looks after many homes (docs/fleet.md): amounts, money and
# peak, under a random id. Nothing leaves without "consent": True:
#   {"host": "fleet.example.org", "ca_file": "~/fleet/ca.crt", "cert_file": "~/fleet/home.crt",
#    "key_file": "~/fleet/home.key", "consent": True}
# Besides: port (8883), tls (True), topic ("dm/v1"), user (secrets.json, fleet_password).
fleet: dict[str, object] = {}

# Notifications on a telephone, by a name of your own; {} for none, and nothing is sent. Anyone who
# knows the topic reads them: take one that nobody guesses (docs/notifications.md).
#   {"phone": {"kind": "ntfy", "topic": "meter-k7Qx2mPz"}}      subscribe to it in the ntfy app
# Besides: server ("https://ntfy.sh"). kind "apprise" for other services. Token, url: secrets.json.
notify: dict[str, object] = {}

# In these hours only what needs an answer is sent. None: no such hours.
quiet_hours = ("22:00", "07:00")

# The address of the page as a telephone reaches it, such as "http://192.168.1.20:8080", for the
# buttons of a notification. None: this machine's address, when remote_ips lets telephones in.
page_address = None

# "unicode", or "console" for the Pi's own HDMI screen, which has no finer glyphs.
glyphs = "unicode"

# The language of screens, notifications and install: "en", "nl", "fr", or "auto" for the machine's
# own locale. The page speaks the language of the browser; logs are in English.
language = "auto"

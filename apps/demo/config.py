"""The settings of ./do_py.sh demo: a simulated house with a charger, a car and a battery.

No address: each program of the demo listens on a free port, and gets the address of its own meter
program.
"""

serial_port = "sim://?speed=60"
socket_info: dict[str, object] = {}
battery_info = {"battery": {"family": "sim", "capacity_kwh": 10.0}}

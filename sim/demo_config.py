"""The settings of ./do_py.sh demo: a simulated house with a charger, a car and a battery."""

serial_port = "sim://?speed=60"
socket_info = {
    "dm": {"host": "127.0.0.1", "port": 8080},
    "ev": {"host": "127.0.0.1", "port": 8081},
    "bs": {"host": "127.0.0.1", "port": 8082},
}
battery_info = {"battery": {"family": "sim", "capacity_kwh": 10.0}}

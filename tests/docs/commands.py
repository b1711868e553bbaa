"""Every command in the documents, with the test that covers it.

Commands are compared literally: a new one fails until it is in RUN or PROVED.
"""

import re
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).parents[2]
DOCUMENTS = [*ROOT.glob("*.md"), *sorted((ROOT / "docs").rglob("*.md"))]
COMMAND = re.compile(
    r"(?:\./do_py\.sh|\./startup_cron\.sh|\.venv/bin/python -m [a-z.]+|\bcurl -)[^`\n]*"
)
CONTINUED = re.compile(r"\\\n\s*")
WRAPPED = re.compile(r"(`[^`\n]+)\n *([^`\n]+`)")
REMARK = re.compile(r"\s{2,}.*$")


@dataclass(frozen=True, slots=True)
class Other:
    """A program that a command needs, and the pattern in its output when it is ready.

    A group in the pattern captures a port or a path.
    """

    command: str
    ready: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Run:
    """A command whose output must match `says` and whose exit code must be one of `codes`.

    `add` is appended to the command. `instead` replaces a word of it; {} stands for the value
    captured from `beside`. `typed` is sent to its input. If `stopped`, it is terminated after its
    output matched. `then` is a shell line that must succeed afterwards.
    """

    says: str
    codes: tuple[int, ...] = (0,)
    add: str = ""
    instead: tuple[str, str] = ("", "")
    beside: Other | None = None
    typed: str = ""
    stopped: bool = False
    then: str = "true"


DM = Other("./do_py.sh dm.py --headless", r"Listening on .*?port (\d+)")
EV = Other("./do_py.sh ev_app.py --headless --config with_charger.py", DM.ready)
CABLE = Other(".venv/bin/python -m tests.docs.simulated_cable", r"(/dev/\S+)")
HOUSE_LINE = r"headroom \d|kW over the target"
METER = r"(?s)1-0:1\.8\.1.*1 good telegram, none rejected"
LIVE = "until tmux capture-pane -p -t =dm: | grep -q headroom; do sleep 0.1; done; tmux has -t =log"
RUN = {
    "./do_py.sh bench": Run(says="parse: ours / dsmr_parser", add="parse"),
    # Without a device it reports an error. tests/bs/devices pairs with a simulated one.
    "./do_py.sh bs.devices HOST": Run(
        says="does not answer", codes=(1,), instead=("HOST", "127.0.0.1:9")
    ),
    "./do_py.sh demo": Run(
        says="(?s)page for a telephone: http.*telegrams ok, money ok, websocket ok, ev ok, bs ok",
        add="--for 6",
    ),
    "./do_py.sh mqtt_app.py --home": Run(says=r"(?m)^[0-9a-f]{16}$"),
    "./do_py.sh demo --charger ocpp": Run(says="money ok, websocket ok, ev ok", add="--for 6"),
    "./do_py.sh dm.py": Run(says=HOUSE_LINE, stopped=True),
    "./do_py.sh dm.py --watch ws://PI-DM:8080/ws": Run(
        says=HOUSE_LINE, instead=("PI-DM:8080", "127.0.0.1:{}"), beside=DM, stopped=True
    ),
    # The result depends on the clock and disk of the test machine.
    "./do_py.sh doctor": Run(says=r"dm :\d+ +ok", codes=(0, 1), beside=DM),
    "./do_py.sh doctor --report": Run(says="devices, without names, addresses and serial numbers"),
    # Without Google's file it reports an error. tests/ev/calendars tests the login.
    # Without a charger it reports an error. tests/ev/chargers/test_silence.py simulates one.
    "./do_py.sh ev_app.py --charger NAME --silence-test": Run(
        says="chargers of config.py are", codes=(2,), instead=("NAME", "main")
    ),
    "./do_py.sh ev_app.py --login": Run(
        says="Google needs .*client.json, .*No such file", codes=(2,)
    ),
    './do_py.sh faults "field 12"': Run(says="1 of 1 held"),
    "./do_py.sh fuzz p1 --for 600": Run(says="nothing escaped", instead=("600", "1")),
    "./do_py.sh notify --test": Run(says="docs/notifications.md", codes=(2,)),
    "./do_py.sh phone": Run(says="allows no other machine", codes=(2,)),
    "./do_py.sh prove which": Run(says="; 0 broken", add="--count 20"),
    ".venv/bin/python -m screen meter --language nl": Run(says="vrije ruimte"),
    "./do_py.sh prove grants": Run(says=", 0 broken", add="--count 200"),
    "./do_py.sh p1 /dev/ttyUSB0": Run(says=METER, instead=("/dev/ttyUSB0", "{}"), beside=CABLE),
    "./do_py.sh p1 SOURCE": Run(says=METER, instead=("SOURCE", "{}"), beside=CABLE),
    # The result depends on whether a P1 cable is plugged into the test machine.
    "./do_py.sh p1 auto": Run(says="serial port|telegram", codes=(0, 1), add="--for 1"),
    # This house has no history yet. tests/whatif replays a fortnight.
    "./do_py.sh contract": Run(
        says="the card prints 13.12 c, yours gives 13.12",
        add="--postcode 8500 --supplier engie --product dynamic",
    ),
    "./do_py.sh tariffs": Run(says="grid tariffs of Antwerpen +until 2026-12-31"),
    "./do_py.sh whatif.py --strategy": Run(
        says="quarters.db does not exist yet: dm creates it", codes=(2,)
    ),
    "./do_py.sh whatif.py FILE": Run(
        says="What the use of 1 Jun to 30 Jun 2025 costs", instead=("FILE", "year_2025.csv")
    ),
    "./do_py.sh whatif.py year_2025.csv --prices market_2025.csv --as-of 2026-09-01"
    " --contract fixed day_night engie_dynamic --svg whatif.svg": Run(
        says="What the use of 1 Jun to 30 Jun 2025 costs", then="grep -q '<svg' whatif.svg"
    ),
    "./startup_cron.sh": Run(says="", then=LIVE),
    ".venv/bin/python -m websockets ws://127.0.0.1:8080/ws": Run(
        says='"type":"house"', instead=("8080", "{}"), beside=DM, typed="house\n"
    ),
    ".venv/bin/python -m websockets ws://PI-DM:8080/ws": Run(
        says='"type":"house"', instead=("PI-DM:8080", "127.0.0.1:{}"), beside=DM, typed="house\n"
    ),
    ".venv/bin/python -m websockets ws://PI-EV:8081/ws": Run(
        says='"type":"health"', instead=("PI-EV:8081", "127.0.0.1:{}"), beside=EV, typed="health\n"
    ),
}


@dataclass(frozen=True, slots=True)
class Proved:
    """Reason for not running a command, and the test that covers it on a small scale.

    Its options are also checked against the program's --help.
    """

    why: str
    by: str


MACHINE = "it changes the machine"
LONG = "it takes minutes to hours"
INSTALL = "tests/setup/test_install.py::"
RUNNING = "tests/setup/test_running.py::test_a_changed_config_is_noticed_and_restart_takes_it_up"
FAULTS = Proved(LONG, "tests/faults/test_faults.py::test_the_promise_is_held")
LIVED = Proved(
    LONG, "tests/whatif/test_strategy_command.py::test_ones_own_past_is_lived_again_and_kept"
)
OVER = Proved(LONG, "tests/whatif/test_strategy_command.py::test_of_a_month_its_first_days_only")
HOMES = Proved(
    "it is about a folder of the reader's own",
    "tests/whatif/test_many_homes.py::test_a_finished_home_is_not_done_again",
)
DAY = Proved(
    "hours",
    "tests/prove/test_prove_day.py::test_a_quarter_of_a_day_by_the_programs_comes_to_its_promise",
)
PEERS = Proved(
    "it installs 800 MB of another program",
    "tests/prove/test_prove_peers.py::test_the_demand_rate_program_saves_most_of_what_can_be_saved",
)
INVOICE = Proved(
    "it is about an invoice of the reader's own",
    "tests/whatif/test_whatif_doc.py::test_the_invoice_of_the_page_is_real",
)
PROVED = {
    "./do_py.sh demo --mqtt localhost": Proved(
        "it needs a broker",
        "tests/demo/test_demo_on_broker.py::test_the_demo_is_announced_on_a_broker",
    ),
    "./do_py.sh prove mqtt evcc": Proved(
        "it needs data that are not in the project",
        "tests/apps/mqtt/test_prove_mqtt.py::test_evccs_car_charges_an_evening_below_the_target",
    ),
    "./do_py.sh prove mqtt fleet": Proved(
        "it takes ten minutes",
        "tests/apps/mqtt/test_mqtt_fleet.py::test_after_an_outage_nothing_is_lost",
    ),
    "./do_py.sh prove mqtt": Proved(
        "it installs Home Assistant and takes an hour",
        "tests/apps/mqtt/test_prove_mqtt.py::test_a_killed_program_lets_no_register_fall",
    ),
    ".venv/bin/python -m pip install apprise==2.3.0": Proved(
        "the tests' own packages have it",
        "tests/notify/test_senders.py::test_apprise_delivers_the_text_and_the_page",
    ),
    "./do_py.sh prove contracts": Proved(
        "it makes an environment and takes minutes",
        "tests/rates/test_prove_contracts.py::test_a_house_is_compared_line_by_line",
    ),
    "./do_py.sh prove page": Proved(
        "it is itself a test, in two browsers: ten minutes", "tests/prove/page.py::main"
    ),
    "./do_py.sh bare": Proved(
        "it is itself a test, for root: ten minutes", "tests/bare/__main__.py::main"
    ),
    "./do_py.sh bench battery_month": Proved(
        LONG, "tests/bench/test_bench.py::test_the_battery_month_in_small"
    ),
    "./do_py.sh bench load": Proved(
        LONG,
        "tests/bench/test_load_bench.py::test_every_method_has_its_column_and_every_hour_its_row",
    ),
    "./do_py.sh bench bill": Proved(
        "it measures seconds",
        "tests/bench/test_bill_time.py::test_a_year_through_every_form_of_a_contract",
    ),
    "./do_py.sh faults": FAULTS,
    "./do_py.sh faults --write": FAULTS,
    "./do_py.sh faults load": FAULTS,
    "./do_py.sh install": Proved(MACHINE, INSTALL + "test_installed_twice_and_taken_back"),
    "./do_py.sh install --mqtt dm@192.168.1.20": Proved(
        MACHINE, "tests/setup/test_answers.py::test_eight_answers_are_eight_settings"
    ),
    "./do_py.sh install --display": Proved(
        MACHINE, INSTALL + "test_installed_twice_and_taken_back"
    ),
    "./do_py.sh install --systemd": Proved(
        MACHINE, INSTALL + "test_never_two_ways_to_start_at_boot"
    ),
    "./do_py.sh languages": Proved(
        "it writes the catalogues",
        "tests/locales/test_catalogues.py::test_every_sentence_is_translated",
    ),
    "./do_py.sh lock": Proved(
        "it asks PyPI", "tests/programs/test_lock.py::test_each_pin_is_in_the_lock_with_its_hashes"
    ),
    "./do_py.sh prove bits": Proved(
        LONG,
        "tests/store/test_flips.py"
        "::test_one_wrong_bit_stops_no_start_and_changes_nothing_in_silence",
    ),
    "./do_py.sh prove chargers": Proved(
        "it installs other programs",
        "tests/ev/chargers/test_prove_chargers.py::test_a_client_that_reads_a_different_value_is_reported",
    ),
    "./do_py.sh prove liars": Proved(LONG, "tests/apps/dm/test_liars.py::test_liars_hurt_nobody"),
    "./do_py.sh prove ocpp": Proved(
        "it installs other programs and takes minutes",
        "tests/ev/chargers/test_prove_ocpp.py::test_a_fall_reaches_a_charge_point_that_is_not_ours",
    ),
    "./do_py.sh prove stops": Proved(
        LONG,
        "tests/programs/test_stops.py"
        "::test_each_program_ends_at_random_moments_and_keeps_what_it_must",
    ),
    "./do_py.sh restart": Proved(MACHINE, RUNNING),
    "./do_py.sh stop": Proved(MACHINE, RUNNING),
    "./do_py.sh soak": Proved(LONG, "tests/soak/test_soak.py::test_growth_is_reported"),
    "./do_py.sh test": Proved(
        "it is what runs this", "tests/docs/test_commands.py::test_the_command_runs"
    ),
    "./do_py.sh tariffs FILE": Proved(
        "it is about a file of the reader's own",
        "tests/rates/test_tariff_entries.py::test_the_command_lists_checks_and_says_what_changes",
    ),
    "./do_py.sh uninstall": Proved(MACHINE, INSTALL + "test_installed_twice_and_taken_back"),
    "./do_py.sh backtest": Proved(
        LONG, "tests/docs/test_backtest_doc.py::test_a_block_holds_what_its_command_says"
    ),
    "./do_py.sh whatif.py --strategy --homes FOLDER --contract fixed --svg homes.svg": HOMES,
    "./do_py.sh whatif.py --strategy --homes FOLDER --on tcp://scheduler:8786": HOMES,
    "./do_py.sh prove day": DAY,
    "./do_py.sh prove day --homes 1 --quarters": DAY,
    "./do_py.sh prove peers": PEERS,
    "./do_py.sh whatif.py --home be2022 --contract B --cars 2 --month 1 --days 14"
    " --trace FOLDER --strategy ours": Proved(
        LONG, "tests/whatif/test_strategy_command.py::test_of_a_month_its_first_days_only"
    ),
    "./do_py.sh whatif.py --home be2022 made2023 be2025 --contract A B --cars 1 2"
    " --month 1 7 10 --days 14 --strategy": LIVED,
    "./do_py.sh whatif.py --home be2022 --contract A --from 2022-01-20 --days 85 --every 4"
    " --strategy none ours": OVER,
    "./do_py.sh whatif.py --home be2022 --contract A --from 2022-01-10 --days 350 --every 4"
    " --strategy": OVER,
    "./do_py.sh whatif.py --home heat2023 --contract A --from 2023-01-20 --days 85 --every 4"
    " --strategy": OVER,
    "./do_py.sh whatif.py --home be2022 made2023 be2025 --contract A B --least 4.14"
    " --month 1 4 12 --days 14 --every 4 --strategy none ours": LIVED,
    "./do_py.sh whatif.py --home made2023 be2022 --contract A --told 1 --month 1 2 3 12"
    " --days 14 --every 4 --strategy none ours": LIVED,
    "./do_py.sh whatif.py --home nl2024 --contract A B --cars 1 2 --minute --days 14"
    " --strategy": Proved(
        LONG,
        "tests/plan/test_plan_backtest.py::test_minute_by_minute_loses_little_and_misses_no_trip",
    ),
    "./do_py.sh whatif.py --home nl2024 be2022 --contract A B --cars 1 2 --month 1 4 7 10"
    " --strategy": LIVED,
    "./do_py.sh whatif.py [FILE] [--contract NAME|FILE ...] [--prices FILE ...]": Proved(
        "it is the form of a command, no command",
        "tests/whatif/test_whatif_command.py::test_it_prints_the_bills_side_by_side_in_80_columns",
    ),
    "./do_py.sh whatif.py [FILE] --invoice [INVOICE]": INVOICE,
    "./do_py.sh whatif.py year_2026.csv --contract fixed --invoice invoice.txt": INVOICE,
    "./do_py.sh whatif.py 2024.csv 2025.zip --ean 541448800000000000": Proved(
        "it is about the reader's own files",
        "tests/whatif/test_exports_as_kept.py::test_several_files_are_typed",
    ),
    "./do_py.sh whatif.py export.csv --cars 2 --battery 5 2.5 --strategy none ours": LIVED,
    "curl -d '{\"soc\": 57}' http://PI-EV:8091/car/q4": Proved(
        "not every machine has curl",
        "tests/ev/test_car_door.py::test_a_pushed_state_is_taken_and_nonsense_is_explained",
    ),
    "./do_py.sh upgrade": Proved(
        MACHINE, "tests/setup/test_upgrade.py::test_the_new_version_comes_and_his_files_stay"
    ),
}


def commands() -> list[str]:
    """Each distinct command in the documents, on one line, without its comment."""
    texts = (CONTINUED.sub("", path.read_text(encoding="utf-8")) for path in DOCUMENTS)
    whole = (WRAPPED.sub(r"\1 \2", text) for text in texts)
    found = (REMARK.sub("", line) for text in whole for line in COMMAND.findall(text))
    return sorted({line.strip().rstrip(".,;:)") for line in found})

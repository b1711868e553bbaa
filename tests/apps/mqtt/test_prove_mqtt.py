"""Parts of `./do_py.sh prove mqtt` that need only Mosquitto, on a small scale."""

from datetime import UTC, datetime, timedelta

import pytest

from tests.prove import mqtt
from tests.prove.mqtt import evcc_rule, figures
from tests.prove.mqtt.report import Report


async def test_a_killed_program_lets_no_register_fall() -> None:
    report = Report("registers")
    await figures.registers(report, kills=3, lanes=1)
    assert not report.wrong


def test_a_register_that_falls_is_found() -> None:
    report = Report("registers")
    figures._never_fall(report, [{"gas_m3": 2.0}, {"gas_m3": 1.999}], 1)
    assert report.wrong


def test_evccs_rule_takes_what_the_circuit_leaves() -> None:
    """0 means no limit; a rise is limited to the remaining power; an excess is reduced."""
    assert evcc_rule.validated_w(0.0, 3680.0, 500.0, 0.0) == 3680.0
    assert evcc_rule.validated_w(0.0, 3680.0, 500.0, 2500.0) == 2000.0
    assert evcc_rule.validated_w(3680.0, 3680.0, 5000.0, 2500.0) == 1180.0
    assert evcc_rule.validated_w(3680.0, 0.0, 2000.0, 2500.0) == 0.0


def test_evccs_car_charges_an_evening_below_the_target() -> None:
    """With a constant load, the car uses the headroom and each quarter stays below the target."""
    start = datetime(2026, 1, 15, 15, 0, tzinfo=UTC)
    evening = [(start + timedelta(minutes=n), 400.0) for n in range(300)]
    quarters = evcc_rule.replayed(evening, 1, 2.5)
    assert all(kw <= target + 0.01 for kw, target in quarters.values())
    assert max(kw for kw, _ in quarters.values()) > 1.5


def test_a_missing_part_is_reported(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as end:
        mqtt.main(["entitys"])
    assert end.value.code == 2
    assert "there is no part entitys" in capsys.readouterr().err

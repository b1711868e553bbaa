"""The exercise for newcomers in CONTRIBUTING: one folder and two rows add a charger family."""

from pathlib import Path

import pytest

from apps.shared.secrets import Secrets
from apps.shared.settings import load_settings
from base.checked import ConfigError
from ev.chargers import registry
from setup.__main__ import arguments
from setup.answers import Given, cable_info
from setup.device_checks import ask_chargers
from setup.dialogue import dialogue
from sim.car import SimCar
from tests.ev.chargers import madeup

CONFIG = 'cable_info = {{"main": {{"kind": "{kind}", "host": "{host}"}}}}\n'


@pytest.fixture(autouse=True)
def row(monkeypatch: pytest.MonkeyPatch) -> None:
    """The row in the registry; the conformance suite has its own in sim/chargers.py."""
    monkeypatch.setitem(registry.FAMILIES, "madeup", madeup.FAMILY)


def written(folder: Path, kind: str, host: str) -> Path:
    path = folder / "config.py"
    path.write_text(CONFIG.format(kind=kind, host=host), encoding="utf-8")
    return path


def test_the_help_of_install_names_it(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        arguments(["install", "--help"])
    assert "madeup HOST" in " ".join(capsys.readouterr().out.split())


def test_install_lists_it_and_takes_it(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    settings = load_settings(written(tmp_path, "madeup", "10.0.0.6"))
    answers = {"charger": "madeup 10.0.0.7"}  # Enter accepts the default of the others

    def read(question: str) -> str:
        return next((said for key, said in answers.items() if key in question.lower()), "")

    answered = dialogue(Given(port="auto", contract="fixed"), None, settings, read)
    assert answered.charger == "madeup 10.0.0.7"
    assert madeup.FAMILY.help in capsys.readouterr().out
    assert cable_info("madeup 10.0.0.7") == '{"main": {"kind": "madeup", "host": "10.0.0.7"}}'


async def test_doctor_asks_it_and_says_what_its_silence_means(tmp_path: Path) -> None:
    sim = madeup.SimMadeUp(SimCar())
    async with sim.served(1.0) as found:
        settings = load_settings(written(tmp_path, "madeup", found["host"]))
        (well,) = await ask_chargers(settings, Secrets(), {})
    (gone,) = await ask_chargers(settings, Secrets(), {})
    assert (
        well.text
        == f"main: answers and can give 16 A; without this program it {madeup.FAMILY.silence}"
    )
    assert gone.text == "main: does not answer."


@pytest.mark.parametrize(
    ("kind", "host", "said"),
    [
        ("madeup", "a b", "cable_info.main.host = 'a b'; allowed: a name or address"),
        ("maedup", "x", 'or "madeup". Did you mean "madeup"?'),
    ],
)
def test_its_wrong_settings_are_reported(tmp_path: Path, kind: str, host: str, said: str) -> None:
    with pytest.raises(ConfigError) as error:
        load_settings(written(tmp_path, kind, host))
    assert said in str(error.value)


def test_its_folder_is_small() -> None:
    """Driver, settings, row and simulator together."""
    text = Path(madeup.__file__).read_text(encoding="utf-8")
    assert sum(bool(line.strip()) for line in text.splitlines()) < 150

"""The page says values in words: with a unit, without signs, and nothing where they are unknown.

The test needs node and fails without it.
"""

import json
import shutil
import subprocess
from pathlib import Path

from web.site import STATIC

SAY = """
import { readFileSync } from 'node:fs';
globalThis.document = { documentElement: { lang: 'en' }, getElementById: () => null };
const { begin } = await import('./acts.js');
const { cars } = await import('./cars.js');
const { history } = await import('./history.js');
const { now } = await import('./now.js');
const { plan } = await import('./plan.js');
const [tab, state] = JSON.parse(readFileSync('told.json', 'utf8'));
const empty = { need: {}, charging: {}, batteries: {}, stays: {}, at: {} };
const line = { may: 'act', age: () => 1, askYear: () => {}, state: { ...empty, ...state } };
begin(line, () => {});
const bars = ({ class: tone = '', d = '' }) =>
  tone.startsWith('bar') ? `[${tone} ${d.split('M').length - 1}]` : '';
const text = (each) =>
  each?.children ? [bars(each.props), ...each.children.map(text)].join(' ') : String(each ?? '');
const cards = { now, plan, history, cars }[tab](line, () => {});
console.log(cards.map(text).join(' ').replaceAll('\\u00a0', ' '));
"""


def said(tab: str, folder: Path, **state: object) -> str:
    """The text of this tab for what was heard; `[bar dear 2]`: two bars of that colour."""
    node = shutil.which("node")
    assert node, "this test needs node"
    for file in STATIC.glob("*.js"):
        shutil.copy(file, folder)
    (folder / "package.json").write_text('{"type": "module"}')
    (folder / "told.json").write_text(json.dumps([tab, state]))
    (folder / "say.js").write_text(SAY)
    done = subprocess.run([node, "say.js"], cwd=folder, capture_output=True, text=True, check=True)
    return done.stdout


def outlook(**more: object) -> dict[str, object]:
    return {"start": "2026-12-01T16:15:00Z", "buy_eur_kwh": [-0.1, 0.3], **more}


def test_a_negative_price_and_the_direction_of_a_power_are_words(tmp_path: Path) -> None:
    told = outlook(sell_eur_kwh=[-0.2, 0.1], load_kw=[-1.5, 0.4], plan_kw={"battery": [-5.0, 0]})
    text = said("plan", tmp_path, outlook=told)
    assert (
        "Tue 17:15: offtake earns 0.1000 €/kWh. Injection costs 0.2000 €/kWh."
        " The house injects 1.50 kW. Battery gives 5.00 kW."
    ) in text
    assert "from −0.10 to 0.30 €/kWh" in text


def test_an_unknown_part_of_the_plan_is_left_out(tmp_path: Path) -> None:
    text = said("plan", tmp_path, outlook=outlook(buy_eur_kwh=[None, 0.3]))
    assert "Tue 17:15: the price is not known yet." in text
    assert "–" not in text
    assert "Injection" not in text


def test_an_unread_car_and_battery_have_no_dash(tmp_path: Path) -> None:
    need = {
        "ev": {"name": "ev", "cars": [{"name": "q4", "plugged": True, "target_pct": 80}]},
        "bs": {"name": "bs", "batteries": [{"name": "battery", "soc_pct": None}]},
    }
    text = said("now", tmp_path, need=need, house={"headroom_kw": 2.0, "quarter": None})
    assert "→ 80 %" in text
    assert "–" not in text


def test_a_meter_that_was_never_heard_says_what_to_look_at(tmp_path: Path) -> None:
    assert "check the cable" in said("now", tmp_path, house={"headroom_kw": None})


def test_a_day_of_which_little_is_known(tmp_path: Path) -> None:
    """Each part that is known is said; the last day is the chosen one."""
    days = [{"start": "2026-11-30", "offtake_day": {"amount": 7.9}, "total_eur": None}]
    text = said("history", tmp_path, history={"days": days})
    assert "offtake 7.9 kWh." in text
    assert "Injection" not in text.partition("Full height")[0]
    assert "the offtake is not known." in said(
        "history", tmp_path, history={"days": [{"start": "2026-11-30"}]}
    )


def test_an_empty_history_says_when_there_will_be_some(tmp_path: Path) -> None:
    assert "within fifteen minutes" in said("history", tmp_path)


def test_a_quarter_hour_of_last_month_is_no_peak_of_this_one(tmp_path: Path) -> None:
    demand = {"start": "2026-11-30T22:30:00Z", "offtake_kw": [9.0, 9.0, 2.0, 1.0]}
    house = {"time": "2026-12-01T00:30:00Z", "month_peak": {"kw": 2.0}}
    text = said("history", tmp_path, demand=demand, house=house)
    assert "this month's peak, 2.00 kW" in text
    assert "[bar usual 3]" in text
    assert "[bar dear 1]" in text

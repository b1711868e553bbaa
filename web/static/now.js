// The first screen: what can be switched on, what the month costs, what car and battery do.

import { act, button, mayAct, modes, outcome } from './acts.js';
import { h } from './dom.js';
import { clean, clock, euro, known, kw, kwh, moment, number, percent, some, UNKNOWN, age } from './format.js';
import { read } from './read.js';
import { t } from './words.js';

const FIGURE = '\u2007'; // a space as wide as a digit or a minus: nothing moves
const SEEN_KW = 0.05;
const SOON_KW = 0.5;
const GONE_S = 15;
const SETTLED_MS = 5000;

// The cars that have a card in this visit keep it, and one that comes later stands below all others:
// nothing moves when a car comes or goes.
const early = new Set();
const late = new Set();

function comesLate(key) {
  if (!early.has(key) && !late.has(key)) (performance.now() < SETTLED_MS ? early : late).add(key);
  return late.has(key);
}

export function now(line) {
  const { state } = line;
  const shown = assets(line);
  return [
    headroom(line),
    month(state),
    ...shown.early,
    ...shown.batteries,
    ...whichCars(line),
    ...choices(line),
    ...shown.late,
    mayAct() || line.may === null ? null : h('p', { class: 'note', key: 'may' }, t('reads_only')),
  ];
}

function headroom({ state: { house, outlook, charging } }) {
  const room = house?.headroom_kw;
  const quarter = house?.quarter;
  const target = house?.target_kw;
  const over = known(target) && quarter ? quarter.forecast_kw - target : null;
  const alarm = known(over) && over > 0 && known(house.month_peak?.kw) && quarter.forecast_kw > house.month_peak.kw && quarter.forecast_kw > target;
  const eased = known(room) && room < 0 && (house.yields_kw ?? 0) >= -room; // nobody needs to act
  const tone = !known(room) ? '' : alarm && !eased ? 'alarm' : room < SOON_KW ? 'soon' : 'fine';
  const title = !known(room) ? 'waiting' : eased ? 'eased' : room < 0 ? 'switch_off' : 'switch_on';
  return h(
    'section',
    { class: `card ${tone}`, key: 'headroom', 'aria-labelledby': 'headroom' },
    h('h2', { id: 'headroom' }, h('span', {}, t(title))),
    h(
      'div',
      { class: 'first' },
      h('p', { class: 'big', 'aria-live': 'polite' }, h('span', {}, known(room) ? number(Math.abs(room), 1).padStart(4, FIGURE) : UNKNOWN), h('small', {}, ' kW')),
      question(outlook, charging),
    ),
    h('p', { class: 'until' }, h('span', {}, until(house)), yields(house)),
    bar(house),
    h('p', { class: 'lines2' }, alarm && !eased ? h('strong', {}, t('new_peak', { kw: kw(over), target: kw(target) })) : quarterHour(room, quarter, target)),
  );
}

function quarterHour(room, quarter, target) {
  if (!known(quarter?.forecast_kw)) return known(room) ? '' : t('waiting_why');
  return t(known(target) ? 'quarter_of' : 'quarter_only', { kw: kw(quarter.forecast_kw), target: kw(target) });
}

// Until when the headroom holds, and what of it may run on.
function until(house) {
  const room = house?.headroom_kw;
  if (!known(room) || !house.quarter) return '';
  const time = clock(house.quarter.end);
  const steady = house.steady_kw;
  const less = known(steady) && room > 0 && room - steady >= SEEN_KW;
  return less ? t('until_then', { time, kw: kw(Math.max(0, steady), 1) }) : t('until', { time });
}

function yields(house) {
  const given = house?.yields_kw;
  return known(given) && given >= SEEN_KW && h('span', {}, t('gives_way', { kw: kw(given, 1) }));
}

// A question that waits below for an answer; beside the number, so that nothing moves for it.
function question(outlook, charging) {
  const dear = (outlook?.choices || [])[0];
  const unknown = unknownCars(charging)[0]?.[1];
  if (!dear && !unknown) return null;
  const show = () => document.getElementById(dear ? 'choice' : 'which')?.scrollIntoView({ block: 'center' });
  const asks = dear ? t('choice_ask', { car: clean(dear.car), eur: euro(dear.eur) }) : t('which_car', { charger: clean(unknown.name) });
  return h('button', { class: 'ask', type: 'button', onclick: show }, h('span', {}, asks));
}

// [peer, charger] of the chargers whose car is not known.
function unknownCars(charging) {
  return Object.entries(charging).flatMap(([peer, said]) => (said.chargers || []).filter((each) => (each.asks || []).length).map((each) => [peer, each]));
}

function bar(house) {
  const quarter = house?.quarter;
  const target = house?.target_kw;
  const top = Math.max(1, Math.ceil(Math.max(known(target) ? target * 1.25 : 0, quarter?.forecast_kw ?? 0)));
  const x = (value) => Math.max(0, Math.min(100, (100 * (known(value) ? value : 0)) / top));
  const said = quarter && known(target) ? t('quarter_bar', { sofar: kw(quarter.so_far_kw), kw: kw(quarter.forecast_kw), target: kw(target) }) : t('waiting');
  return h(
    'div',
    { class: 'quarter' },
    h(
      'svg',
      { viewBox: '0 0 100 10', preserveAspectRatio: 'none', role: 'img', 'aria-label': said },
      h('rect', { class: 'rail', width: 100, height: 10 }),
      h('rect', { class: 'ahead', width: x(quarter?.forecast_kw), height: 10 }),
      h('rect', { class: 'sofar', width: x(quarter?.so_far_kw), height: 10 }),
      known(target) && h('rect', { class: 'target', x: Math.max(0, x(target) - 0.4), width: 0.8, height: 10 }),
    ),
    h('span', { 'aria-hidden': 'true' }, quarter ? kw(top, 0) : ''),
  );
}

function month({ bill, house }) {
  const total = bill?.total_eur;
  const expected = bill?.expected_eur;
  const peak = house?.month_peak?.kw;
  if (!known(total) && !known(expected) && !known(peak)) return null;
  const values = { eur: euro(expected, 0), kw: kw(peak) };
  const line = known(expected) && known(peak) ? 'expected_peak' : known(peak) ? 'month_peak' : 'expected';
  const money = known(total) && h('span', { class: 'value' }, euro(total, 0));
  return h(
    'section',
    { class: 'card', key: 'month', 'aria-labelledby': 'month' },
    h('h2', { id: 'month' }, h('span', {}, t('this_month')), money),
    h('p', { class: 'lines2' }, known(expected) || known(peak) ? t(line, values) : null),
  );
}

// The neighbours that were heard lately; of those that are silent nothing is certain.
function assets(line) {
  const cards = { early: [], batteries: [], late: [] };
  for (const [peer, need] of Object.entries(line.state.need)) {
    const old = line.age('need', peer) > GONE_S;
    for (const car of need.cars || []) {
      const key = `car ${peer} ${car.name}`;
      const here = car.plugged || car.deadline || need.cars.length === 1 || early.has(key) || late.has(key);
      if (here) cards[comesLate(key) ? 'late' : 'early'].push(carCard(line, peer, need, car, old));
    }
    for (const battery of need.batteries || []) cards.batteries.push(batteryCard(line, peer, need, battery, old));
  }
  return cards;
}

// Why the asset does what it does: the part of the grant that is meant for it, else its own word.
function why(house, peer, name, need) {
  const grant = house?.grants?.[peer];
  return read(need.why) || read(grant?.assets?.[name]?.why) || read(grant?.why);
}

export function carState(line, peer, name) {
  return (line.state.charging[peer]?.cars || []).find((each) => each.name === name);
}

function carCard(line, peer, need, car, old) {
  const { house, outlook } = line.state;
  const state = carState(line, peer, car.name);
  const name = clean(car.name);
  const ready = state?.ready_at ? t('ready_at', { time: moment(state.ready_at, house?.time) }) : car.deadline ? t('wanted_by', { time: moment(car.deadline, house?.time) }) : '';
  const lacks = known(state?.lacks_kwh) && state.lacks_kwh > 0.5 ? t('lacks', { kwh: kwh(state.lacks_kwh) }) : '';
  const granted = read(house?.grants?.[peer]?.assets?.[car.name]?.why);
  const reason = car.plugged === false ? t('away') : granted || why(house, peer, car.name, need);
  const told = [ready, reason, lacks].filter(Boolean);
  const key = `car ${peer} ${car.name}`;
  return h(
    'section',
    { class: old ? 'card old' : 'card', key, 'aria-label': t('car', { name }) },
    h('h2', {}, h('bdi', {}, t('car', { name })), h('span', { class: 'value' }, fullness(car))),
    h('p', { class: 'reason', tabindex: '0' }, told.join(' · '), old ? ` (${t('age_ago', { age: age(line.age('need', peer)) })})` : ''),
    mayAct() && modes(key, t('modes_of', { name }), peer, carModes(car, house, outlook), state?.mode),
    outcome(key),
  );
}

// How full it is, and how full it must be: each where it is known.
export function fullness(car) {
  return [some(percent, car.soc_pct), known(car.target_pct) ? `→ ${percent(car.target_pct)}` : ''].filter(Boolean).join(' ');
}

export function carModes(car, house, outlook) {
  const name = clean(car.name);
  const most = car.most_kw > 0 ? car.most_kw : null;
  const more = known(most) && known(house?.headroom_kw) ? most - Math.max(0, house.headroom_kw) - (car.power_kw || 0) : 0;
  const eur = known(outlook?.peak_eur_kw) && more > SEEN_KW ? more * outlook.peak_eur_kw : null;
  const dear = known(eur) && eur >= 0.01;
  const boost = t(dear ? 'does_boost_peak' : 'does_boost', { name, kw: kw(most, 1), over: kw(more, 1), eur: euro(eur) });
  return [
    { name: 'boost', text: t('boost'), does: boost, args: [car.name] },
    { name: 'pause', text: t('pause'), does: t('does_pause', { name }), args: [car.name] },
    { name: 'auto', text: t('auto'), does: t('does_auto', { name }), args: [car.name] },
  ];
}

// A battery without a name of its own is called so once.
export function batteryName(given) {
  const name = clean(given);
  return name.toLowerCase() === 'battery' ? t('the_battery') : t('battery', { name });
}

function batteryCard(line, peer, need, battery, old) {
  const power = battery.power_kw;
  const flow = !known(power) ? '' : Math.abs(power) < SEEN_KW ? t('resting') : power > 0 ? t('charging') : t('discharging');
  const sign = known(power) && power <= -SEEN_KW ? '' : FIGURE;
  const value = `${some(percent, battery.soc_pct)} ${known(power) ? sign + kw(power, 1) : ''}`.trim();
  const state = line.state.batteries[peer];
  const name = batteryName(battery.name);
  const key = `battery ${peer}`;
  const most = battery.charge_kw > 0 ? battery.charge_kw : null;
  const list = [
    { name: 'auto', text: t('auto'), does: t('does_auto', { name }) },
    { name: 'hold', text: t('hold'), does: t('does_hold') },
    known(most) && { name: 'charge', text: t('charge'), does: t('does_charge', { kw: kw(most, 1) }), args: [most.toFixed(1)] },
  ].filter(Boolean);
  return h(
    'section',
    { class: old ? 'card old' : 'card', key: `${key} ${battery.name}`, 'aria-label': name },
    h('h2', {}, h('bdi', {}, name), h('span', { class: 'value' }, value)),
    h('p', { class: 'reason', tabindex: '0' }, read(state?.why) || why(line.state.house, peer, battery.name, need) || flow, old ? ` (${t('age_ago', { age: age(line.age('need', peer)) })})` : ''),
    mayAct() && modes(key, t('modes_battery'), peer, list, state?.mode),
    outcome(key),
  );
}

// A charger whose car is not known: one tap says which it is.
function whichCars(line) {
  return unknownCars(line.state.charging).map(([peer, charger], at) => {
    const key = `which ${peer} ${charger.name}`;
    const title = t('which_car', { charger: clean(charger.name) });
    return h(
      'section',
      { class: 'card soon', key, id: at === 0 ? 'which' : null, 'aria-label': title },
      h('h2', {}, h('bdi', {}, title)),
      mayAct() && h('div', { class: 'modes wrap', role: 'group' }, whoButtons(key, peer, charger, charger.asks)),
      h('p', { class: 'note' }, t('which_until')),
      outcome(key),
    );
  });
}

export function whoButtons(key, peer, charger, names) {
  return [...names, 'guest'].map((name) => button(name === 'guest' ? t('guest') : clean(name), { 'aria-pressed': name === charger.car ? 'true' : 'false' }, () => act(key, peer, 'car', [name, 'on', charger.name], '')));
}

// A trip that costs more than usual: two buttons of one size, what holds now, and until when.
function choices(line) {
  const { outlook, house } = line.state;
  return (outlook?.choices || []).map((choice, at) => {
    const key = `choice ${choice.peer} ${choice.car}`;
    const time = moment(choice.leaves, house?.time);
    const without = known(choice.without_pct) ? t('choice_without', { soc: percent(choice.without_pct) }) : t('choice_lacks', { kwh: kwh(choice.lacks_kwh) });
    const peak = choice.over_kw > SEEN_KW ? t('choice_peak', { kw: kw(choice.over_kw, 1) }) : t('choice_hours');
    const say = (word) => button(t(word), { 'aria-pressed': choice.accepted === (word === 'accept') ? 'true' : 'false' }, () =>
      act(key, choice.peer, word, [], '', [choice.peer, choice.accepted ? 'accept' : 'refuse', [], '']),
    );
    return h(
      'section',
      { class: 'card soon', key, id: at === 0 ? 'choice' : null, 'aria-label': t('choice', { car: clean(choice.car), time, eur: euro(choice.eur) }) },
      h('h2', {}, h('bdi', {}, t('choice', { car: clean(choice.car), time, eur: euro(choice.eur) }))),
      h('p', {}, `${peak} ${without}`),
      mayAct() && h('div', { class: 'modes', role: 'group' }, say('accept'), say('refuse')),
      h('p', { class: 'note' }, t('choice_now', { answer: t(choice.accepted ? 'accept' : 'refuse').toLowerCase(), time })),
      outcome(key),
    );
  });
}

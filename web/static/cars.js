// Each car: how full, to what and by when, its trips, what its stay took; each charger: who is on.

import { act, button, mayAct, modes, outcome } from './acts.js';
import { h } from './dom.js';
import { age, clean, clock, euro, known, kw, kwh, longWeekday, moment, number, shortDay, some } from './format.js';
import { carModes, fullness, whoButtons } from './now.js';
import { read } from './read.js';
import { t } from './words.js';

const STAYS = 12;
const DAY_MS = 86400000;

export function cars(line) {
  const { charging, need, house, outlook } = line.state;
  const cards = [];
  for (const [peer, said] of Object.entries(charging)) {
    const needs = need[peer]?.cars || [];
    for (const car of said.cars || []) {
      const wants = needs.find((each) => each.name === car.name);
      cards.push(carCard(peer, car, wants, said, house, outlook));
    }
    for (const charger of said.chargers || []) cards.push(chargerCard(peer, charger, said));
    cards.push(...past(line.state.stays[peer]?.stays || []));
  }
  return cards.length ? cards : [h('section', { class: 'card wide', key: 'none' }, h('p', {}, t('no_cars')))];
}

function carCard(peer, car, wants, said, house, outlook) {
  const name = clean(car.name);
  const key = `car ${peer} ${car.name}`;
  const read = car.soc_at && house?.time ? (new Date(house.time) - new Date(car.soc_at)) / 1000 : null;
  const facts = [
    car.charger ? clean(car.charger) : t('away'),
    known(read) ? t('read_ago', { age: age(read) }) : '',
    car.ready_by ? t('wanted_by', { time: moment(car.ready_by, house?.time) }) : '',
    car.ready_at ? t('ready_at', { time: moment(car.ready_at, house?.time) }) : '',
  ].filter(Boolean);
  const trips = (wants?.trips || []).filter((trip) => (trip.chance ?? 1) === 1);
  const usual = car.usual || [];
  const stay = (said.chargers || []).find((each) => each.car === car.name && known(each.stay_kwh));
  const id = `${peer}-${car.name}`;
  return h(
    'section',
    { class: 'card', key, 'aria-label': t('car', { name }) },
    h('h2', {}, h('bdi', {}, t('car', { name })), h('span', { class: 'value' }, fullness(car))),
    h('p', {}, facts.join(' · ')),
    stay && h('p', {}, [t(known(stay.stay_eur) ? 'session_eur' : 'session', { kwh: kwh(stay.stay_kwh, 2), eur: euro(stay.stay_eur) }), stay.stay_since && t('since', { time: moment(stay.stay_since, house?.time) })].filter(Boolean).join(', ')),
    mayAct() && wants && modes(key, t('modes_of', { name }), peer, carModes(wants, house, outlook), car.mode),
    mayAct() && wants && target(peer, car, key, id),
    mayAct() && soc(peer, car, key, id),
    outcome(key),
    trips.length > 0 && h('h3', {}, t('trips')),
    usual.length > 0 && trips.length === 0 && h('h3', {}, t('trips')),
    trips.length > 0 && h('ul', {}, trips.slice(0, 5).map((trip) => h('li', {}, t('trip', { leaves: moment(trip.leaves), back: moment(trip.returns) })))),
    usual.length > 0 && h('ul', {}, usual.slice(0, 3).map((trip) => h('li', {}, t('usual', { weekday: longWeekday(trip.leaves), leaves: clock(trip.leaves), km: number(trip.km, 0) })))),
    mayAct() && usual.length > 0 && button(t('forget'), {}, () => act(key, peer, 'forget', [car.name], t('does_forget', { name }))),
  );
}

const PERCENT = { type: 'number', inputmode: 'numeric', max: 100 };
const typed = (id) => document.getElementById(id)?.value || '';
const field = (label, input, unit) => h('label', {}, h('span', {}, label), h('input', input), h('span', {}, unit));

function target(peer, car, key, id) {
  const send = () => {
    const by = typed(`${id}-by`);
    act(key, peer, 'charge', [car.name, typed(`${id}-to`), ...(by ? ['by', by] : [])], '', [peer, 'auto', [car.name], t('does_auto', { name: clean(car.name) })]);
  };
  return h(
    'div',
    { class: 'fields' },
    field(t('plan_car'), { id: `${id}-to`, ...PERCENT, min: 20, step: 5, value: known(car.target_pct) ? Math.round(car.target_pct) : 80 }, '%'),
    field(t('by_time'), { id: `${id}-by`, type: 'time', value: car.ready_by ? clock(car.ready_by) : '' }, ''),
    button(t('set'), {}, send),
  );
}

function soc(peer, car, key, id) {
  return h(
    'div',
    { class: 'fields' },
    field(t('how_full'), { id: `${id}-soc`, ...PERCENT, min: 0, value: known(car.soc_pct) ? Math.round(car.soc_pct) : '' }, '%'),
    button(t('tell'), {}, () => act(key, peer, 'soc', [car.name, typed(`${id}-soc`)], '')),
  );
}

function chargerCard(peer, charger, said) {
  const key = `charger ${peer} ${charger.name}`;
  const told = [some(kw, charger.power_kw), known(charger.told_a) ? `${number(charger.told_a, 1)}\u00a0A` : '', read(charger.why), read(charger.notice)].filter(Boolean);
  const names = (said.cars || []).map((each) => each.name).filter((name) => name !== `guest on ${charger.name}`);
  return h(
    'section',
    { class: 'card', key, 'aria-label': clean(charger.name) },
    h('h2', {}, h('bdi', {}, clean(charger.name))),
    h('p', {}, told.join(' · ')),
    mayAct() && charger.plugged && h('h3', {}, t('which_car', { charger: clean(charger.name) })),
    mayAct() && charger.plugged && h('div', { class: 'modes wrap', role: 'group' }, whoButtons(key, peer, charger, names)),
    outcome(key),
  );
}

// The last stays of each car that have ended, the newest first.
function past(stays) {
  const names = [...new Set(stays.map((stay) => stay.car ?? ''))];
  return names.map((name) => {
    const list = stays.filter((stay) => (stay.car ?? '') === name).slice(-STAYS).reverse();
    const id = `past ${name}`;
    const row = (stay) =>
      h(
        'tr',
        {},
        h('th', { scope: 'row' }, shortDay(stay.since), ' ', clock(stay.since)),
        h('td', {}, new Date(stay.until) - new Date(stay.since) < DAY_MS ? clock(stay.until) : moment(stay.until)),
        h('td', {}, number(stay.kwh, 1)),
        h('td', {}, number(stay.sun_kwh, 1)),
        h('td', {}, number(stay.eur, 2)),
      );
    const heads = ['stay_from', 'stay_to', 'stay_kwh', 'stay_sun', 'stay_eur'];
    return h(
      'section',
      { class: 'card wide broad', key: id },
      h('h2', { id: id.replaceAll(' ', '-') }, h('bdi', {}, name === 'guest' ? t('past_guest') : name ? t('past_of', { name: clean(name) }) : t('past_unknown'))),
      h(
        'div',
        { class: 'scroll', tabindex: 0, role: 'region', 'aria-labelledby': id.replaceAll(' ', '-') },
        h('table', {}, h('thead', {}, h('tr', {}, heads.map((each) => h('th', { scope: 'col' }, t(each))))), h('tbody', {}, list.map(row))),
      ),
    );
  });
}

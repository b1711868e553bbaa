// What was: the quarters of two days, a week, month or year, and the twelve month peaks.

import { chart } from './chart.js';
import { byDay, byMonth, injected, offtake } from './days.js';
import { h } from './dom.js';
import { clock, date, day, euro, known, kw, kwh, moment, month, monthName, number, weekday } from './format.js';
import { read } from './read.js';
import { t } from './words.js';

const QUARTER_MS = 900000;
let view = 'month';
const chosen = { quarters: Infinity, days: Infinity, peaks: Infinity };

export function history(line, redraw) {
  const { demand, usage, bill, peak, house, events } = line.state;
  const choose = (name) => (to) => {
    chosen[name] = to;
    redraw();
  };
  const shown = [
    quarters(demand, house, choose('quarters')),
    days(line, choose('days'), redraw),
    table(usage),
    peaks(bill, peak, choose('peaks')),
    happened(events, house),
  ];
  return shown.slice(0, -1).some(Boolean) ? shown : [h('section', { class: 'card wide', key: 'none' }, h('p', {}, t('no_past'))), ...shown];
}

// What was taken, given back and paid at that time: each where it is known.
function told(time, write, { up, down, eur }) {
  const off = known(up) ? t('read_off', { time, off: write(up) }) : t('read_off_none', { time });
  return [off, known(down) && t('read_inj', { inj: write(down) }), known(eur) && t('read_eur', { eur: euro(eur) })].filter(Boolean).join(' ');
}

const pick = (name, count) => Math.max(0, Math.min(count - 1, chosen[name]));

function quarters(demand, house, choose) {
  const start = date(demand?.start);
  const off = demand?.offtake_kw || [];
  const injection = demand?.injection_kw || [];
  if (!start || !off.some(known)) return null;
  const at = (index) => new Date(start.getTime() + index * QUARTER_MS);
  const peak = house?.month_peak?.kw;
  const bars = off.map((value, index) => ({ up: value, down: injection[index], tone: known(peak) && known(value) && value >= peak - 0.005 && month(at(index)) === month(house.time) ? 'dear' : 'usual' }));
  const highest = off.reduce((best, value, index) => (known(value) && !(off[best] >= value) ? index : best), 0);
  const top = Math.max(1, Math.ceil(Math.max(...off.filter(known), known(peak) ? peak : 0)));
  const bottom = Math.ceil(Math.max(0, ...injection.filter(known)));
  const ticks = [];
  off.forEach((_, index) => {
    const hour = clock(at(index));
    if (hour.endsWith(':00') && Number(hour.slice(0, 2)) % 12 === 0) ticks.push({ at: index, text: hour.slice(0, 2) === '00' ? weekday(at(index)) : '12' });
  });
  const index = pick('quarters', off.length);
  const time = `${weekday(at(index))} ${clock(at(index))}`;
  return h(
    'section',
    { class: 'card wide', key: 'quarters' },
    h('h2', {}, t('quarters')),
    chart({ key: 'q', height: 150, top, bottom, bars, rule: peak, ticks, label: t('pick_quarter'), chosen: index, choose, say: told(time, kw, { up: off[index], down: injection[index] }) }),
    h('p', {}, [t('highest', { kw: kw(off[highest]), time: `${weekday(at(highest))} ${clock(at(highest))}` }), known(peak) && t('line_peak', { peak: kw(peak) })].filter(Boolean).join(' ')),
    h('p', { class: 'note' }, t('scale_kw', { kw: kw(top, 0) })),
  );
}

// The last week or month by day, or the last year by month.
function days(line, choose, redraw) {
  const past = line.state.history?.days || [];
  if (!past.length) return null;
  if (view === 'year') line.askYear();
  const list = view === 'year' ? line.state.months || byMonth(past) : byDay(past).slice(view === 'week' ? -7 : -31);
  const bars = list.map((each) => ({ ...each, tone: 'usual' }));
  const top = Math.max(1, Math.ceil(Math.max(...bars.map((bar) => bar.up || 0))));
  const bottom = Math.ceil(Math.max(0, ...bars.map((bar) => bar.down || 0)));
  const index = pick('days', list.length);
  const each = list[index];
  const noon = `${each.start}T12:00:00Z`;
  const label = (one) => (view === 'year' ? monthName(`${one.start}T12:00:00Z`) : view === 'week' ? weekday(`${one.start}T12:00:00Z`) : String(Number(one.start.slice(8))));
  const ticks = list.map((one, at) => ({ at, text: label(one) })).filter((_, at) => at % Math.ceil(list.length / 8) === 0);
  const show = (name) => {
    view = name;
    chosen.days = Infinity;
    redraw();
  };
  return h(
    'section',
    { class: 'card wide', key: 'days' },
    h('h2', { id: 'days' }, t('days')),
    h(
      'div',
      { class: 'modes', role: 'group', 'aria-labelledby': 'days' },
      ['week', 'month', 'year'].map((name) => h('button', { type: 'button', 'aria-pressed': name === view ? 'true' : 'false', onclick: () => show(name) }, t(`view_${name}`))),
    ),
    chart({ key: 'd', height: 130, top, bottom, bars, ticks, label: t('days'), chosen: index, choose, say: told(view === 'year' ? month(noon) : day(noon), kwh, each) }),
    h('p', { class: 'note' }, t('scale_kwh', { kwh: kwh(top, 0) })),
  );
}

function table(usage) {
  const periods = (usage?.periods || []).filter((each) => ['today', 'week', 'month', 'year'].includes(each.label));
  const columns = [
    ['col_off', offtake, 1],
    ['col_inj', injected, 1],
    ['col_gas', (each) => each.gas?.amount, 1],
    ['col_water', (each) => each.water?.amount, 2],
    ['col_eur', (each) => each.total_eur, 2],
  ].filter(([, read]) => periods.some((each) => known(read(each))));
  if (!periods.length || !columns.length) return null;
  return h(
    'section',
    { class: 'card wide', key: 'use' },
    h('h2', { id: 'use' }, t('use_cost')),
    h(
      'div',
      { class: 'scroll', tabindex: 0, role: 'region', 'aria-labelledby': 'use' },
      h(
        'table',
        {},
        h('thead', {}, h('tr', {}, h('td', {}), periods.map((each) => h('th', { scope: 'col' }, t(`label_${each.label}`))))),
        h('tbody', {}, columns.map(([name, read, digits]) => h('tr', {}, h('th', { scope: 'row' }, t(name)), periods.map((each) => h('td', {}, number(read(each), each.label === 'year' ? 0 : digits)))))),
      ),
    ),
  );
}

function peaks(bill, peak, choose) {
  const list = bill?.peaks || [];
  if (!list.length) return null;
  const noon = (text) => `${text}T12:00:00Z`;
  const index = pick('peaks', list.length);
  const each = list[index];
  const next = list.find((one) => one.drops_out_next);
  const bars = list.map((one) => ({ up: one.kw, tone: one.drops_out_next ? 'dear' : 'usual' }));
  const top = Math.max(1, Math.ceil(Math.max(...list.map((one) => one.kw))));
  const ticks = list.map((one, at) => ({ at, text: monthName(noon(one.month)) })).filter((_, at) => at % 2 === 0);
  return h(
    'section',
    { class: 'card wide', key: 'peaks' },
    h('h2', {}, t('peaks')),
    chart({ key: 'p', height: 120, top, bars, rule: peak?.mean_kw, ticks, label: t('peaks'), chosen: index, choose, say: t('read_peak', { month: month(noon(each.month)), kw: kw(each.kw), billed: kw(each.billed_kw) }) }),
    h(
      'p',
      {},
      [known(peak?.mean_kw) && t('peaks_mean', { kw: kw(peak.mean_kw) }), next && t('peaks_next', { month: month(noon(next.month)), kw: kw(next.kw) }), known(bill.peak_eur_kw) && t('peaks_cost', { eur: euro(bill.peak_eur_kw) })].filter(Boolean).join(' '),
    ),
  );
}

function happened(events, house) {
  const list = (events?.events || []).slice(-12).reverse();
  if (!list.length) return null;
  return h(
    'section',
    { class: 'card wide', key: 'events' },
    h('h2', {}, t('events')),
    h('ul', { class: 'events' }, list.map((each) => h('li', { class: each.level }, h('time', {}, moment(each.at, house?.time)), ' ', h('bdi', {}, read(each.text))))),
  );
}

// The next two days on one axis: the price as bars, house and sun as lines, a band for each asset.

import { chart } from './chart.js';
import { h } from './dom.js';
import { clean, clock, date, known, kw, number, weekday } from './format.js';
import { read } from './read.js';
import { t } from './words.js';

const QUARTER_MS = 900000;
let chosen = 0;
let kept = { outlook: null, chosen: -1, drawn: null };

export function plan(line, redraw) {
  const { outlook } = line.state;
  const prices = outlook?.buy_eur_kwh || [];
  const start = date(outlook?.start);
  if (!start || !prices.some(known)) {
    return [h('section', { class: 'card wide', key: 'plan' }, h('h2', {}, t('next_days')), h('p', {}, read(outlook?.note) || t('no_plan')))];
  }
  if (kept.outlook !== outlook || kept.chosen !== chosen || kept.lang !== document.documentElement.lang) {
    kept = { outlook, chosen, lang: document.documentElement.lang, drawn: drawn(outlook, start, redraw) };
  }
  return [kept.drawn];
}

function drawn(outlook, start, redraw) {
  const prices = outlook.buy_eur_kwh;
  const count = prices.length;
  const at = (index) => new Date(start.getTime() + index * QUARTER_MS);
  const seen = prices.filter(known).sort((one, other) => one - other);
  const tone = (value) => (!known(value) ? 'none' : value <= seen[Math.floor(seen.length / 3)] ? 'cheap' : value >= seen[Math.floor((2 * seen.length) / 3)] ? 'dear' : 'usual');
  const flat = seen[0] === seen[seen.length - 1];
  const top = Math.max(0.05, ...seen);
  const assets = Object.entries(outlook.plan_kw || {});
  const loads = [...(outlook.load_kw || []), ...(outlook.solar_kw || [])].filter(known);
  const most = Math.max(1, Math.ceil(Math.max(...loads.map(Math.abs), 0)));
  const bottom = Math.max(0, -Math.min(0, ...seen), (-top * Math.min(0, ...loads)) / most);
  const sunny = (outlook.solar_kw || []).some((value) => known(value) && value > 0);
  const bars = prices.map((value) => ({ up: known(value) ? Math.max(0, value) : null, down: known(value) ? Math.max(0, -value) : 0, tone: flat && known(value) ? 'usual' : tone(value) }));
  const index = Math.min(count - 1, chosen);
  const lines = [{ values: outlook.load_kw || [], top: most, tone: 'house' }];
  if (sunny) lines.push({ values: outlook.solar_kw, top: most, tone: 'sun' });
  const ticks = [];
  for (let each = 0; each < count; each += 1) {
    const hour = clock(at(each));
    if (hour.endsWith(':00') && Number(hour.slice(0, 2)) % 6 === 0) ticks.push({ at: each, text: hour.slice(0, 2) === '00' ? weekday(at(each)) : hour.slice(0, 2) });
  }
  const bands = assets.flatMap(([, values], row) => {
    const list = [{ values, tone: `asset${row % 3}` }];
    if (values.some((value) => value < -0.05)) list.push({ values: values.map((value) => -value), tone: `asset${row % 3} out` });
    return list;
  });
  return h(
    'section',
    { class: 'card wide', key: 'plan', 'aria-labelledby': 'plan' },
    h('h2', { id: 'plan' }, t('next_days')),
    chart({ key: 'outlook', height: 180 + bands.length * 10, top, bottom, bars, lines, bands, ticks, label: t('pick_quarter'), chosen: index, choose: (to) => ((chosen = to), redraw()), say: sentence(outlook, index, at(index), sunny) }),
    h(
      'ul',
      { class: 'key' },
      h('li', {}, h('i', { class: 'usual' }), t('key_price')),
      h('li', {}, h('i', { class: 'house' }), t('key_house')),
      sunny && h('li', {}, h('i', { class: 'sun' }), t('key_sun')),
      assets.map(([name, values], row) => [
        h('li', {}, h('i', { class: `asset${row % 3}` }), h('bdi', {}, `${called(name)} ${t('charging')}`)),
        values.some((value) => value < -0.05) && h('li', {}, h('i', { class: `asset${row % 3} out` }), h('bdi', {}, `${called(name)} ${t('discharging')}`)),
      ]),
    ),
    h('p', { class: 'note' }, t('scale_price', { max: number(top, 2), kw: kw(most, 0) })),
    outlook.note && h('p', { class: 'note' }, read(outlook.note)),
  );
}

// A battery without a name of its own, and every other asset by its name.
const called = (name) => (name === 'battery' ? t('the_battery') : clean(name));

function sentence(outlook, index, at, sunny) {
  const price = (value) => `${number(value, 4)}\u00a0€`;
  const parts = [t('read_price', { time: `${weekday(at)} ${clock(at)}`, buy: price(outlook.buy_eur_kwh[index]), sell: price(outlook.sell_eur_kwh?.[index]) })];
  if (known(outlook.load_kw?.[index])) parts.push(t('read_load', { load: kw(outlook.load_kw[index]) }));
  if (sunny) parts.push(t('read_sun', { solar: kw(outlook.solar_kw[index]) }));
  for (const [name, values] of Object.entries(outlook.plan_kw || {})) parts.push(t('read_asset', { name: called(name), kw: kw(values[index]) }));
  if (outlook.provisional?.[index]) parts.push(t('provisional'));
  return parts.join(' ');
}

// The next two days on one axis: the price as bars, house and sun as lines, a band for each asset.

import { chart } from './chart.js';
import { h } from './dom.js';
import { clean, clock, date, known, kw, number, weekday } from './format.js';
import { read } from './read.js';
import { t } from './words.js';

const QUARTER_MS = 900000;
const SEEN_KW = 0.05;
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
  const [least, highest] = [seen[0], seen[seen.length - 1]];
  const top = Math.max(0.05, highest, -least / 2); // room for the lines where every price is negative
  const assets = Object.entries(outlook.plan_kw || {});
  const loads = [...(outlook.load_kw || []), ...(outlook.solar_kw || [])].filter(known);
  const most = Math.max(1, Math.ceil(Math.max(...loads.map(Math.abs), 0)));
  const flat = least === highest;
  const bottom = Math.max(0, -least, (-top * Math.min(0, ...loads)) / most);
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
    if (values.some((value) => value < -SEEN_KW)) list.push({ values: values.map((value) => -value), tone: `asset${row % 3} out` });
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
      (flat ? ['price'] : ['cheap', 'usual', 'dear']).map((each) => h('li', {}, h('i', { class: flat ? 'usual' : each }), t(`key_${each}`))),
      h('li', {}, h('i', { class: 'house' }), t('key_house')),
      sunny && h('li', {}, h('i', { class: 'sun' }), t('key_sun')),
      assets.map(([name, values], row) => [
        h('li', {}, h('i', { class: `asset${row % 3}` }), h('bdi', {}, `${called(name)} ${t('charging')}`)),
        values.some((value) => value < -SEEN_KW) && h('li', {}, h('i', { class: `asset${row % 3} out` }), h('bdi', {}, `${called(name)} ${t('discharging')}`)),
      ]),
    ),
    h('p', { class: 'note' }, t('scale_price', { min: number(least, 2), max: number(highest, 2), kw: kw(most, 0) })),
    outlook.note && h('p', { class: 'note' }, read(outlook.note)),
  );
}

// A battery without a name of its own, and every other asset by its name.
const called = (name) => (name === 'battery' ? t('the_battery') : clean(name));

function sentence(outlook, index, at, sunny) {
  const time = `${weekday(at)} ${clock(at)}`;
  const [buy, sell] = [outlook.buy_eur_kwh[index], outlook.sell_eur_kwh?.[index]];
  const [load, solar] = [outlook.load_kw?.[index], outlook.solar_kw?.[index]];
  const price = (value) => ({ time, eur: `${number(Math.abs(value), 4)}\u00a0€/kWh` });
  const parts = [known(buy) ? t(buy < 0 ? 'read_buy_low' : 'read_buy', price(buy)) : t('read_buy_none', { time })];
  if (known(sell)) parts.push(t(sell < 0 ? 'read_sell_low' : 'read_sell', price(sell)));
  if (outlook.provisional?.[index]) parts.push(t('provisional'));
  if (known(load)) parts.push(t(load < 0 ? 'read_load_out' : 'read_load', { kw: kw(Math.abs(load)) }));
  if (sunny && known(solar)) parts.push(t('read_sun', { kw: kw(solar) }));
  for (const [name, values] of Object.entries(outlook.plan_kw || {})) {
    const power = values[index];
    if (!known(power)) continue;
    const does = Math.abs(power) < SEEN_KW ? 'read_rests' : power > 0 ? 'read_takes' : 'read_gives';
    parts.push(t(does, { name: called(name), kw: kw(Math.abs(power)) }));
  }
  return parts.join(' ');
}

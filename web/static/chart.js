// Charts as SVG: bars up and down, lines, bands and a rule, on one axis; a finger or the arrow
// keys on the slider below choose a place, and a sentence says what is there.

import { h } from './dom.js';
import { known } from './format.js';

const W = 320;

// bars: [{up, down, tone}], lines: [{values, top, tone}], bands: [{values, top, tone}] (0..1 of
// a row each), rule: a value of the bars, ticks: [{at, text}].
export function chart({ key, height, top, bottom, bars, lines, bands, rule, ticks, label, chosen, choose, say }) {
  const count = Math.max(1, bars.length);
  const step = W / count;
  const low = bottom || 0;
  const span = top + low || 1;
  const rows = (bands || []).length;
  const body = height - 14 - rows * 10;
  const y = (value) => body - (body * (value + low)) / span;
  const gap = step > 4 ? 1 : 0.25;
  const shape = (tone, test) => {
    const d = bars.map((bar, at) => (test(bar) ? box(at * step, gap, step, bar, y) : '')).join('');
    return d && h('path', { class: `bar ${tone}`, d });
  };
  const tones = [...new Set(bars.map((bar) => bar.tone))];
  const at = Math.min(count - 1, Math.max(0, chosen));
  const pick = (event) => {
    const box = event.currentTarget.getBoundingClientRect();
    choose(Math.max(0, Math.min(count - 1, Math.floor(((event.clientX - box.left) / box.width) * count))));
  };
  return h(
    'figure',
    { key },
    h(
      'svg',
      { class: 'chart', viewBox: `0 0 ${W} ${height}`, 'aria-hidden': 'true', onpointerdown: pick, onpointermove: (event) => event.buttons && pick(event) },
      low > 0 && h('line', { class: 'zero', x1: 0, x2: W, y1: y(0), y2: y(0) }),
      tones.map((tone) => shape(tone, (bar) => bar.tone === tone)),
      (lines || []).map(({ values, top: most, tone }) => h('path', { class: `trace ${tone}`, d: trace(values, step, (value) => y((value * top) / (most || 1))) })),
      known(rule) && h('line', { class: 'rule', x1: 0, x2: W, y1: y(rule), y2: y(rule) }),
      (bands || []).map(({ values, tone }, row) => h('path', { class: `band ${tone}`, d: values.map((value, index) => (value > 0 ? `M${fix(index * step)} ${body + 3 + row * 10}h${fix(step)}v7h${fix(-step)}z` : '')).join('') })),
      h('rect', { class: 'chosen', x: fix(at * step), y: 0, width: fix(Math.max(1, step)), height: height - 14 }),
      ticks.map((tick) => h('text', { x: fix(tick.at * step), y: height - 3 }, tick.text)),
    ),
    h('input', { type: 'range', min: 0, max: count - 1, step: 1, value: at, 'aria-label': label, 'aria-valuetext': say, oninput: (event) => choose(Number(event.currentTarget.value)) }),
    h('figcaption', {}, say),
  );
}

const fix = (value) => Number(value.toFixed(2));

function box(x, gap, step, bar, y) {
  const up = known(bar.up) ? bar.up : 0;
  const down = known(bar.down) ? bar.down : 0;
  if (up === 0 && down === 0) return '';
  const width = Math.max(0.5, step - gap);
  return `M${fix(x)} ${fix(y(up))}h${fix(width)}V${fix(y(-down))}h${fix(-width)}z`;
}

function trace(values, step, y) {
  let d = '';
  let pen = 'M';
  values.forEach((value, at) => {
    if (!known(value)) {
      pen = 'M';
      return;
    }
    d += `${pen}${fix(at * step)} ${fix(y(value))}H${fix((at + 1) * step)}`;
    pen = 'L';
  });
  return d;
}

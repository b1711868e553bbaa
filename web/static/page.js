// The page: one line to the meter, four tabs, drawn anew whenever something was heard.

import { begin } from './acts.js';
import { cars } from './cars.js';
import { h, patch } from './dom.js';
import { age, clock } from './format.js';
import { history } from './history.js';
import { Line } from './line.js';
import { now } from './now.js';
import { plan } from './plan.js';
import { learn } from './read.js';
import { speak, t } from './words.js';

const LATE_S = 10;
const FIGURE = '\u2007'; // a space as wide as a digit
const TABS = { now, plan, history, cars };
const $ = (id) => document.getElementById(id);
let asked = false;

function tab() {
  const name = location.hash.slice(1);
  return name in TABS ? name : 'now';
}

// What must be said across the top: no line, or a meter that is silent.
function trouble(line, telegram) {
  if (line.may === 'nothing') return t('outside');
  if (line.outdated) return t('outdated');
  const oldest = line.age('house');
  if (!line.connected && line.failures > 0) return oldest === null ? t('lost_new') : t('lost', { age: age(oldest) });
  if (line.connected && line.state.house && line.state.house.health?.state !== 'fresh') return telegram === null ? t('unheard') : t('stale', { age: age(telegram) });
  return '';
}

function draw() {
  asked = false;
  const { house } = line.state;
  const heard = line.age('house');
  const telegram = house?.health?.age_s === null || heard === null ? null : (house?.health?.age_s ?? 0) + heard;
  const late = telegram === null || telegram >= LATE_S || !line.connected;
  const band = trouble(line, telegram);
  document.body.classList.toggle('stale', late);
  patch($('band'), band ? h('p', {}, band) : []);
  patch($('top'), [
    h('h1', {}, t('title')),
    h('time', {}, clock(house?.time)),
    h('span', { class: late ? 'age late' : 'age' }, telegram === null ? '' : t('meter_ago', { age: age(telegram).padStart(4, FIGURE) })),
  ]);
  const here = tab();
  patch($('main'), line.may === 'nothing' ? [] : TABS[here](line, redraw));
  $('tabs').setAttribute('aria-label', t('tabs'));
  patch(
    $('tabs'),
    Object.keys(TABS)
      .filter((name) => name !== 'cars' || Object.keys(line.state.charging).length > 0)
      .map((name) => h('a', { href: `#${name}`, 'aria-current': name === here ? 'page' : null }, t(`tab_${name}`))),
  );
}

function redraw() {
  if (asked) return;
  asked = true;
  if (document.visibilityState === 'visible') requestAnimationFrame(draw);
  else setTimeout(draw, 1000);
}

speak();
const line = new Line(redraw);
begin(line, redraw);
addEventListener('hashchange', () => {
  draw();
  scrollTo(0, 0);
});
line.open();
learn(redraw).catch(() => {}); // then they stay English until the next visit
if (line.age('house') !== null) redraw(); // what was kept; else the first thing heard is drawn

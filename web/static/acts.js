// Buttons that do something: each says at once that it was heard, then what came of it.

import { h } from './dom.js';
import { read } from './read.js';
import { t } from './words.js';

const told = new Map(); // what stands under the buttons of a thing: {text, bad, undo}
let page = null;

export function begin(line, redraw) {
  page = { line, redraw };
}

export const mayAct = () => page.line.may === 'act';

// A command for `to`; `does` is what it changes, `undo` the command that takes it back.
export async function act(key, to, word, args, does, undo) {
  told.set(key, { text: does ? `${t('sent')} ${does}` : t('sent') });
  page.redraw();
  const answer = await page.line.act(to, word, args);
  const text = answer ? read(answer.text) : t('unanswered');
  const good = Boolean(answer && answer.done);
  told.set(key, { text: good && does ? does : text, bad: !good, undo: good && undo ? undo : null });
  page.redraw();
}

export function outcome(key) {
  const now = told.get(key);
  if (!now) return h('p', { class: 'outcome', role: 'status', key: `out ${key}`, hidden: true });
  const back = now.undo && h('button', { class: 'link', type: 'button', onclick: () => act(key, ...now.undo) }, t('undo'));
  return h('p', { class: now.bad ? 'outcome bad' : 'outcome', role: 'status', key: `out ${key}` }, h('span', {}, now.text), ' ', back);
}

export function button(text, options, press) {
  const props = { type: 'button', onclick: press, disabled: !mayAct(), ...options };
  return h('button', props, text);
}

// Buttons of which one is in force: [{name, text, does, args}].
export function modes(key, label, to, list, current) {
  const now = list.find((each) => each.name === current);
  const undo = now && [to, now.name, now.args || [], now.does];
  return h(
    'div',
    { class: 'modes', role: 'group', 'aria-label': label },
    list.map((each) =>
      button(
        each.text,
        { 'aria-pressed': each.name === current ? 'true' : 'false', title: each.does },
        () => act(key, to, each.name, each.args || [], each.does, each === now ? null : undo),
      ),
    ),
  );
}

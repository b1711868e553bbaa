// Sentences that travel in English (reasons, events), read back in the language of the page: as
// base/language.py does it, with the same catalogue. What is not known stays as it came.

import { clean } from './format.js';
import { language, unbroken } from './words.js';

const NUMBER = '-?\\d+(?:\\.\\d+)?';
const ANYTHING = '.*?';
const NO_JOINT = '(?:(?![:;] ).)*?';
const NO_COMMA = '(?:(?![:;,] ).)*?';
const COLON = [': ', '']; // tried first where all that follows it is one sentence
const JOINTS = [['. ', '.'], ['; ', ''], [': ', ''], [', ', '']];
const ANOTHER = /; [^ ]*[.[][^ ]*: /; // the next mistake in the same file
const DEPTH_MOST = 16;
const KEPT_MOST = 500;
const SUBJECT = '{subject} '; // before a clause, where it may be missing
const PLACE = /\{(\w+)(?::([^}]*))?\}/g;

let catalogue = null;
const kept = new Map();

// The catalogue, once the first numbers stand; `then` when there is one.
export async function learn(then) {
  if (language() === 'en') return;
  const answer = await fetch(`reasons-${language()}.json`, { signal: AbortSignal.timeout(30000) });
  if (!answer.ok) return;
  catalogue = known(await answer.json());
  then();
}

// {reasons: [[English, translated]], days: {Mon: 'ma'}, months, sentences: [placeholder]}
export function known(told) {
  const names = (words) => Object.keys(words).join('|');
  const sentences = new Set(told.sentences);
  return {
    reasons: told.reasons.map(([message, translated]) => reason(message, translated, sentences)),
    dated: new RegExp(`\\b(${names(told.days)})\\b(?= \\d)|(?<=\\d )(?:${names(told.months)})\\b|\\b(?:${names(told.months)})\\b(?= \\d{4}\\b)`, 'g'),
    names: { ...told.days, ...told.months },
    french: told.language === 'fr',
  };
}

// A text from outside, in the language of the page.
export function read(text) {
  const sentence = clean(text);
  if (!catalogue || !sentence) return sentence;
  if (!kept.has(sentence)) {
    if (kept.size >= KEPT_MOST) kept.clear();
    kept.set(sentence, unbroken(translated(catalogue, sentence, 0)));
  }
  return kept.get(sentence);
}

function reason(message, text, sentences) {
  const fixed = [''];
  const numeric = new Set();
  const seen = new Set();
  const clause = message.startsWith(SUBJECT);
  let pattern = clause ? `(?:(?<subject>${NO_COMMA}) )?` : '';
  let last = clause ? SUBJECT.length : 0;
  let ends = false;
  const literal = (until) => {
    const part = message.slice(last, until);
    fixed.push(part);
    pattern += part.replace(/[.*+?^${}()|[\]\\]/g, '\\$&');
  };
  for (const found of message.matchAll(PLACE)) {
    if (found.index < last) continue;
    const [all, name, spec = ''] = found;
    literal(found.index);
    last = found.index + all.length;
    if (seen.has(name)) pattern += `\\k<${name}>`;
    else if (/[fdg]$/.test(spec)) {
      numeric.add(name);
      ends = last === message.length;
      pattern += `(?<${name}>[+]?${NUMBER})`;
    } else pattern += `(?<${name}>${sentences.has(name) ? ANYTHING : NO_JOINT})`;
    seen.add(name);
  }
  if (last < message.length) ends = !/[.?!]$/.test(message);
  literal(message.length);
  if (ends) pattern += '(?<_stop>\\.?)';
  const longest = fixed.reduce((best, each) => (each.length > best.length ? each : best));
  return { source: `^${pattern}$`, pattern: null, fixed: longest, numeric, text };
}

export function translated(words, sentence, depth) {
  if (depth < DEPTH_MOST) {
    const found = match(words, sentence);
    if (found) return told(words, ...found, depth + 1);
    for (const [joint, end] of named(words, sentence) ? [COLON, ...JOINTS] : JOINTS) {
      const at = sentence.indexOf(joint);
      if (at < 0) continue;
      const first = translated(words, sentence.slice(0, at) + end, depth + 1);
      const gap = joint.slice(end.length);
      const space = words.french && /^[:;]/.test(gap) ? ' ' : '';
      return first + space + gap + translated(words, sentence.slice(at + joint.length), depth + 1);
    }
  }
  return value(words, sentence);
}

// Whether one sentence follows the first colon, or the next one: a file, and a place in it.
function named(words, sentence) {
  const after = (text) => (text.includes(COLON[0]) ? text.slice(text.indexOf(COLON[0]) + COLON[0].length) : '');
  const rest = after(sentence);
  const further = after(rest);
  const alone = !rest.split(COLON[0])[0].includes(' ') && !ANOTHER.test(further);
  return [rest, alone ? further : ''].some((each) => each && match(words, each));
}

// The first sentence that this is, with the values in it.
function match(words, sentence) {
  for (const each of words.reasons) {
    if (!sentence.includes(each.fixed)) continue;
    each.pattern ||= new RegExp(each.source);
    const found = each.pattern.exec(sentence);
    if (found) return [each, found.groups || {}];
  }
  return null;
}

function told(words, each, parts, depth) {
  const text = parts.subject === undefined && each.text.startsWith(SUBJECT) ? each.text.slice(SUBJECT.length) : each.text;
  const filled = text.replace(PLACE, (_, name) => {
    const part = parts[name] ?? '';
    return each.numeric.has(name) ? grouped(part) : translated(words, part, depth);
  });
  return filled + (parts._stop ?? '');
}

// A number as it travels, as Belgians write it: thousands apart when it has decimals.
function grouped(number) {
  const [whole, decimals] = number.split('.');
  return decimals === undefined ? whole : `${whole.replace(/\B(?=(\d{3})+$)/g, '.')},${decimals}`;
}

// What stands in a sentence by itself: a name, a time, a number with its unit.
function value(words, text) {
  if (!/\d/.test(text)) return text;
  const dated = text.replace(words.dated, (name) => words.names[name]);
  return dated.replace(new RegExp(`(?<![\\w.])${NUMBER}(?![\\w.]*\\d)`, 'g'), (number) => number.replace('.', ','));
}

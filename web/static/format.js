// Numbers, times and amounts as a Belgian reads them. What is not known is a dash, never a zero.

import { locale } from './words.js';

export const UNKNOWN = '–';
const ZONE = 'Europe/Brussels';
const made = new Map();

// Belgians write 1.234,56 in Dutch and in French.
const numbers = () => (locale() === 'fr-BE' ? 'nl-BE' : locale());

function cached(kind, options) {
  const written = kind === Intl.NumberFormat ? numbers() : locale();
  const key = `${written} ${JSON.stringify(options)}`;
  if (!made.has(key)) made.set(key, new kind(written, options));
  return made.get(key);
}

export const known = (value) => typeof value === 'number' && Number.isFinite(value);

export function number(value, digits) {
  if (!known(value)) return UNKNOWN;
  const rounded = Number(value.toFixed(digits)) + 0; // no -0
  const options = { minimumFractionDigits: digits, maximumFractionDigits: digits };
  return cached(Intl.NumberFormat, options).format(rounded).replace('-', '−');
}

export const kw = (value, digits = 2) => `${number(value, digits)}\u00a0kW`;
export const kwh = (value, digits = 1) => `${number(value, digits)}\u00a0kWh`;
// A value with its unit, or nothing where it is not known: for a place that may stay empty.
export const some = (write, value, digits) => (known(value) ? write(value, digits) : '');

export const euro = (value, digits = 2) => `${number(value, digits)}\u00a0€`;
export const percent = (value) => `${number(value, 0)}\u00a0%`;

export function date(text) {
  const at = text ? new Date(text) : null;
  return at && !Number.isNaN(at.getTime()) ? at : null;
}

function told(value, options) {
  const at = value instanceof Date ? value : date(value);
  return at ? cached(Intl.DateTimeFormat, { timeZone: ZONE, ...options }).format(at) : UNKNOWN;
}

export const clock = (value) => told(value, { hour: '2-digit', minute: '2-digit', hourCycle: 'h23' });
export const day = (value) => told(value, { weekday: 'short', day: 'numeric', month: 'short' });
export const shortDay = (value) => told(value, { day: 'numeric', month: 'short' });
export const month = (value) => told(value, { month: 'short', year: '2-digit' });
export const monthName = (value) => told(value, { month: 'short' }).replace('.', '');
export const longWeekday = (value) => told(value, { weekday: 'long' });
export const weekday = (value) => told(value, { weekday: 'short' });

export function moment(value, now) {
  const at = date(value);
  if (!at) return UNKNOWN;
  return now && day(at) === day(now) ? clock(at) : `${weekday(at)} ${clock(at)}`;
}

export function age(seconds) {
  if (!known(seconds)) return UNKNOWN;
  const s = Math.max(0, Math.round(seconds));
  if (s < 120) return `${s} s`;
  if (s < 7200) return `${Math.round(s / 60)} min`;
  return s < 172800 ? `${Math.round(s / 3600)} h` : `${Math.round(s / 86400)} d`;
}

// A text from outside, as one line without control or direction characters.
export function clean(text) {
  return String(text ?? '').replace(/[\p{Cc}\p{Cf}\u2028\u2029]/gu, ' ').trim();
}

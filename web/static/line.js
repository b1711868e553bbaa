// The websocket: what was heard last of each topic, and when; it comes back by itself.
//
// A line that is silent for 3 s is asked something, and after 5 s it is lost: a telephone that
// slept does not know that its connection is gone. Ages are by this telephone's own steps of time,
// never by its clock against the house's.

import { byMonth } from './days.js';
import { connected, early, LOST_MS } from './start.js';

export const TOPICS = ['house', 'peak', 'bill', 'outlook', 'usage', 'demand', 'events', 'need', 'charging', 'batteries', 'stays'];
const NAMED = ['need', 'charging', 'batteries', 'stays']; // kept by who said it
const ASK_MS = 3000;
const ANSWER_MS = 6000;
const DAYS = 31;
const YEAR = 400;
const KEPT = 'home-2';
const RENEWED = 'home-renewed';
const KEEP_MS = 10000;

const NEVER = { wall: 0, steady: null };

// A moment by both clocks of this telephone: the one may be set, the other stops while it sleeps.
const mark = () => ({ wall: Date.now(), steady: performance.now() });

// Milliseconds since then, by whichever clock went further; a mark of an earlier visit has one.
const since = ({ wall, steady }) => Math.max(Date.now() - wall, steady === null ? 0 : performance.now() - steady);

// Whether this page is of the meter program's version. An older one is loaded again, once: when it
// comes back the same, somebody in between keeps it.
function current(version) {
  const own = document.documentElement.dataset.version;
  if (!own || own === version) return true;
  if (sessionStorage.getItem(RENEWED) === version) return false;
  sessionStorage.setItem(RENEWED, version);
  location.reload();
  return true;
}

export class Line {
  constructor(changed) {
    this.changed = changed;
    this.state = recalled();
    this.connected = false;
    this.may = null;
    this.outdated = false;
    this.waiting = new Map();
    this.number = 0;
    this.turn = 0;
    this.failures = 0;
    this.heardAt = NEVER;
    this.keptAt = 0;
    this.again = null;
    setInterval(() => this.tick(), 1000);
    document.addEventListener('visibilitychange', () => this.woke());
    addEventListener('online', () => this.woke());
    addEventListener('pagehide', () => this.keep());
  }

  // Seconds since this topic was heard; of what was kept from an earlier visit too.
  age(topic, name) {
    const at = this.state.at[name === undefined ? topic : `${topic} ${name}`];
    return at === undefined ? null : Math.max(0, since(at) / 1000);
  }

  async open() {
    clearTimeout(this.again);
    this.close();
    const turn = (this.turn += 1); // the newest of two that overlap goes on
    let begun;
    try {
      begun = await (turn === 1 ? early : connected());
    } catch {
      return turn === this.turn ? this.lost() : undefined;
    }
    const { socket } = begun;
    if (turn !== this.turn) return socket?.close();
    this.may = begun.may;
    if (!socket || socket.readyState > WebSocket.OPEN) return this.lost();
    this.socket = socket;
    this.heardAt = mark();
    socket.onmessage = (event) => socket === this.socket && this.hear(event.data);
    socket.onclose = () => socket === this.socket && this.lost();
    begun.heard.splice(0).forEach((text) => this.hear(text));
    return undefined;
  }

  close() {
    const socket = this.socket;
    this.socket = null;
    if (socket) socket.close();
    for (const { resolve } of this.waiting.values()) resolve(null);
    this.waiting.clear();
  }

  lost() {
    this.close();
    this.connected = false;
    this.failures += 1;
    clearTimeout(this.again);
    this.again = setTimeout(() => this.open(), Math.min(4000, 500 * 2 ** this.failures));
    this.changed();
  }

  woke() {
    if (document.visibilityState !== 'visible') return this.keep();
    if (since(this.heardAt) > ASK_MS) {
      this.connected = false;
      this.changed();
      this.open();
    }
    return undefined;
  }

  tick() {
    const silent = since(this.heardAt);
    if (this.socket && silent > LOST_MS) this.lost();
    else if (this.connected && silent > ASK_MS) this.say('hello');
    if (performance.now() - this.keptAt > KEEP_MS) this.keep();
    this.changed();
  }

  say(text) {
    if (this.socket && this.socket.readyState === WebSocket.OPEN) this.socket.send(text);
  }

  hear(text) {
    let message;
    try {
      message = JSON.parse(text);
    } catch {
      return;
    }
    this.heardAt = mark();
    switch (message.type) {
      case 'hello':
        if (!this.connected) this.greeted(message);
        return;
      case 'acted':
        this.answered(message);
        return;
      case 'reply':
      case 'error':
        return;
      default:
        this.note(message);
    }
    this.changed();
  }

  greeted(hello) {
    if (!current(hello.version)) this.outdated = true;
    this.connected = true;
    this.failures = 0;
    const offered = TOPICS.filter((topic) => (hello.offers || []).includes(topic));
    this.say(`watch ${offered.join(' ')}`);
    this.say(`history ${DAYS}`);
    return this.changed();
  }

  note(message) {
    const { state } = this;
    if (NAMED.includes(message.type)) {
      state[message.type] = { ...state[message.type], [message.name]: message };
      state.at[`${message.type} ${message.name}`] = mark();
    } else if (message.type === 'history' && message.days.length > DAYS) {
      state.months = byMonth(message.days); // a year of days is kept as its months only
    } else {
      const closed = message.type === 'demand' && state.demand && message.start !== state.demand.start;
      if (closed) this.say(`history ${DAYS}`);
      state[message.type] = message;
    }
    state.at[message.type] = mark();
  }

  // The months of the last year, once somebody looks at them; again when the oldest day is old.
  askYear() {
    const today = new Date().toDateString();
    if (!this.connected || this.yearAsked === today) return;
    this.yearAsked = today;
    this.say(`history ${YEAR}`);
  }

  // What came of a command to a neighbour of the meter: {done, text}; null when nobody answered.
  act(to, word, args) {
    const number = (this.number += 1);
    return new Promise((resolve) => {
      this.waiting.set(number, { resolve });
      setTimeout(() => this.waiting.delete(number) && resolve(null), ANSWER_MS);
      if (!this.connected) resolve(null);
      this.say(JSON.stringify({ type: 'act', number, to, word, args: args.map(String) }));
    });
  }

  answered(message) {
    const waiting = this.waiting.get(message.number);
    if (waiting) waiting.resolve(message);
    this.waiting.delete(message.number);
  }

  keep() {
    this.keptAt = performance.now();
    if (!this.connected) return;
    try {
      localStorage.setItem(KEPT, JSON.stringify(this.state));
    } catch {
      // a browser that keeps nothing shows dashes at its next start
    }
  }
}

function recalled() {
  const empty = { need: {}, charging: {}, batteries: {}, stays: {}, at: {} };
  try {
    const kept = JSON.parse(localStorage.getItem(KEPT));
    if (!kept || typeof kept !== 'object' || !kept.at) return empty;
    for (const at of Object.values(kept.at)) at.steady = null;
    return { ...empty, ...kept };
  } catch {
    return empty;
  }
}

// Closed days as the page draws them: what was taken, given back and paid, by day and by month.

const sum = (...parts) => (parts.some((part) => part) ? parts.reduce((all, part) => all + (part?.amount || 0), 0) : null);
const more = (one, other) => (one === null && other === null ? null : (one || 0) + (other || 0));

export const offtake = (period) => sum(period.offtake_day, period.offtake_night);
export const injected = (period) => sum(period.injection_day, period.injection_night);

// {start, up, down, eur} of each day, oldest first.
export function byDay(days) {
  return days.map((each) => ({ start: each.start, up: offtake(each), down: injected(each), eur: each.total_eur ?? null }));
}

export function byMonth(days) {
  const months = new Map();
  for (const each of byDay(days)) {
    const start = `${each.start.slice(0, 7)}-01`;
    const so = months.get(start) || { start, up: null, down: null, eur: null };
    months.set(start, { start, up: more(so.up, each.up), down: more(so.down, each.down), eur: more(so.eur, each.eur) });
  }
  return [...months.values()].slice(-13);
}

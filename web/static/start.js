// The connection, begun before the rest of the page is here: what this browser may do, then the
// line, and the first house on it. The first number, in the page itself, waits for no other file.

export const LOST_MS = 5000;

// {may, socket, heard}: what came over the socket until somebody listens.
export async function connected() {
  const answer = await fetch('access', { cache: 'no-store', signal: AbortSignal.timeout(LOST_MS) });
  const rights = answer.ok ? await answer.json() : {};
  const begun = { may: rights.may || 'nothing', socket: null, heard: [] };
  if (begun.may === 'nothing') return begun;
  const scheme = location.protocol === 'https:' ? 'wss' : 'ws';
  const socket = new WebSocket(`${scheme}://${location.host}/ws`);
  socket.onopen = () => socket.send('watch house');
  socket.onmessage = (event) => begun.heard.push(event.data);
  return { ...begun, socket };
}

export const early = connected();
early.catch(() => {}); // who waits for it is told too

// The rest comes once the number that is on the page is painted; unseen, nothing is.
const rest = () => import('./page.js');
if (document.visibilityState === 'hidden') rest();
else requestAnimationFrame(() => setTimeout(rest));

// Whether a request that changes the page was sent to Python and is not answered yet. One
// value for all components: a module is loaded once. Not here: showing it (searchline).

const BUSY_AFTER = 300;
const LONG_AFTER = 1500;

export const changes = new EventTarget();
/** @type {"" | "busy" | "long"} */
let state = "";
let timers = [];

export function waiting() {
  return state;
}

/** A request was sent. */
export function begin() {
  if (timers.length) return;
  timers = [setTimeout(() => become("busy"), BUSY_AFTER), setTimeout(() => become("long"), LONG_AFTER)];
}

/** The page shows what was requested. */
export function end() {
  timers.forEach(clearTimeout);
  timers = [];
  if (state) become("");
}

function become(now) {
  state = now;
  changes.dispatchEvent(new Event("change"));
}

// Whether Python was asked for something that changes the page and has not answered yet. One
// value for all components: a module is loaded once. Not here: showing it (searchline).

const SHOWN_AFTER = 300;
const SAID_AFTER = 1500;

export const changes = new EventTarget();
/** @type {"" | "busy" | "long"} */
let state = "";
let timers = [];

export function waiting() {
  return state;
}

/** Something was asked. */
export function begin() {
  if (timers.length) return;
  timers = [setTimeout(() => become("busy"), SHOWN_AFTER), setTimeout(() => become("long"), SAID_AFTER)];
}

/** The page is as it was asked to be. */
export function end() {
  timers.forEach(clearTimeout);
  timers = [];
  if (state) become("");
}

function become(now) {
  state = now;
  changes.dispatchEvent(new Event("change"));
}

// Compares the server's pulse with the one that was drawn. Not here: what is drawn (Python).

import { routeTo } from "../shared/bridge/address.js";

const ASK_EVERY = 1500;
const AGAIN_AFTER = 10_000;
// What nobody looks at for long is let go by a drawing.
const ANYWAY_EVERY = 600_000;

/** @typedef {{beat: string}} Data */

/** @type {WeakMap<object, Pulse>} */
const mounted = new WeakMap();

/** @param {{data: Data, parentElement: any, setTriggerValue: (name: string, value: any) => void}} component */
export default function pulse({ data, parentElement, setTriggerValue }) {
  const here = mounted.get(parentElement) ?? new Pulse();
  mounted.set(parentElement, here);
  here.drawn = data.beat;
  here.send = setTriggerValue;
  return () => {
    here.close();
    mounted.delete(parentElement);
  };
}

class Pulse {
  constructor() {
    this.drawn = "";
    /** What was told to have changed. @type {string | null} */
    this.lastDigest = null;
    this.last = Date.now();
    /** Streamlit's, and new with each run. @type {(name: string, value: any) => void} */
    this.send = () => {};
    this.timer = setInterval(() => document.hidden || this.check(), ASK_EVERY);
    this.seen = () => document.hidden || this.check();
    document.addEventListener("visibilitychange", this.seen);
  }

  async check() {
    try {
      const answer = await fetch(routeTo("/pulse"));
      if (answer.ok) this.compare(await answer.text());
      // What is stored is out of reach: the page says so, until it is there again.
      if (answer.status === 503) this.compare((await answer.json()).error);
    } catch {
      // The server is away: the next time asks again.
    }
  }

  /** @param {string} beat */
  compare(beat) {
    const since = Date.now() - this.last;
    const isDrawn = beat === this.drawn && since < ANYWAY_EVERY;
    const isOnItsWay = beat === this.lastDigest && since < AGAIN_AFTER;
    if (isDrawn || isOnItsWay) return;
    this.lastDigest = beat;
    this.last = Date.now();
    this.send("changed", beat);
  }

  close() {
    clearInterval(this.timer);
    document.removeEventListener("visibilitychange", this.seen);
  }
}

// What a component tells Python of presses, until Python has heard it. Streamlit keeps only the
// last message of a component that it has not taken yet, and cannot read one that arrives while
// it changes pages: here each message says again what was not confirmed, and what stays
// unconfirmed is sent again. Not here: values that only the last of counts (`setStateValue`).

// What was pressed so long ago is no longer expected to happen.
const EXPECTED_FOR = 30_000;
// Each message begins a run anew: a slow one is given ever more time to answer.
const AGAIN_AFTER = [1000, 3000, 9000];
/** Another page load counts from elsewhere. */
const FROM = `${Date.now().toString(36)}.${Math.random().toString(36).slice(2, 8)}`;
let count = 0;

/** @typedef {(name: string, value: any) => void} Send */

/** The presses of one component that wait to be heard. */
class Waiting {
  constructor() {
    /** @type {{key: string, at: number, name: string, value: any}[]} */
    this.presses = [];
    /** Streamlit's, and new with each run. @type {Send} */
    this.send = () => {};
  }

  /** @param {string[]} heard  keys of what Python has carried out */
  drop(heard) {
    this.presses = this.presses.filter((one) => !heard.includes(one.key) && Date.now() - one.at < EXPECTED_FOR);
    if (!this.presses.length) clearTimeout(this.timer);
  }

  /** @param {string} name @param {any} value */
  press(name, value) {
    this.presses.push({ key: `${FROM}.${(count += 1)}`, at: Date.now(), name, value });
    this.say(0);
  }

  say(times) {
    this.send("presses", this.presses);
    clearTimeout(this.timer);
    if (times === AGAIN_AFTER.length) return;
    this.timer = setTimeout(() => {
      this.drop([]);
      if (this.presses.length) this.say(times + 1);
    }, AGAIN_AFTER[times]);
  }
}

/** @type {WeakMap<object, Waiting>} */
const mounted = new WeakMap();

/**
 * What a component is mounted with: its own data, presses that are not lost, and how many of
 * them (`unheard`) Python has not heard yet.
 * @param {{data: {shown: any, heard: string[]}, parentElement: any, setTriggerValue: Send}} streamlit
 */
export function surely(streamlit) {
  const { data, parentElement, setTriggerValue } = streamlit;
  const waiting = mounted.get(parentElement) ?? new Waiting();
  mounted.set(parentElement, waiting);
  waiting.send = setTriggerValue;
  waiting.drop(data.heard);
  return {
    ...streamlit,
    data: data.shown,
    unheard: waiting.presses.length,
    setTriggerValue: (name, value) => waiting.press(name, value),
  };
}

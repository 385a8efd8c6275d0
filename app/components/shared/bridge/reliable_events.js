// What a component tells Python of presses, until Python has heard it. Streamlit keeps only the
// last message of a component that it has not taken yet, and cannot read one that arrives while
// it changes pages: here each message says again what was not confirmed, and what stays
// unconfirmed is sent again. Not here: values that only the last of counts (`setStateValue`).

// What was pressed so long ago is no longer expected to happen.
const EXPECTED_FOR = 30_000;
// Whether it was heard is looked at so often. It is said again after so many looks in a row at a
// server that does nothing, and at most so many times.
const LOOK_EVERY = 300;
const IDLE_LOOKS = 3;
const AGAIN_AT_MOST = 5;
/** Another page load counts from elsewhere. */
const FROM = `${Date.now().toString(36)}.${Math.random().toString(36).slice(2, 8)}`;
let count = 0;

/** @typedef {(name: string, value: any) => void} Send */

/** The presses of one component that wait to be heard. */
class Waiting {
  /** @param {Node} node  where the component is drawn */
  constructor(node) {
    this.node = node;
    /** @type {{key: string, at: number, name: string, value: any}[]} */
    this.presses = [];
    /** Streamlit's, and new with each run. @type {Send} */
    this.send = () => {};
  }

  /** @param {string[]} confirmed  keys of what Python has carried out */
  drop(confirmed) {
    this.presses = this.presses.filter(
      (press) => !confirmed.includes(press.key) && Date.now() - press.at < EXPECTED_FOR,
    );
    if (!this.presses.length) clearTimeout(this.timer);
  }

  /** @param {string} name @param {any} value */
  press(name, value) {
    this.presses.push({ key: `${FROM}.${(count += 1)}`, at: Date.now(), name, value });
    this.left = AGAIN_AT_MOST;
    this.page = location.pathname;
    this.sendPending();
  }

  sendPending() {
    this.send("presses", this.presses);
    this.idle = 0;
    this.lookLater();
  }

  lookLater() {
    clearTimeout(this.timer);
    this.timer = setTimeout(() => this.look(), LOOK_EVERY);
  }

  look() {
    // Said again from another page it would lead back from where it, or a link, has led.
    if (this.isLeft()) this.presses = [];
    this.drop([]);
    if (!this.presses.length) return;
    // A message would begin the run anew, and on the page from where it was sent.
    this.idle = isAtWork() ? 0 : this.idle + 1;
    if (this.idle < IDLE_LOOKS) this.lookLater();
    else if ((this.left -= 1) >= 0) this.sendPending();
  }

  /** Whether the component has gone with its page. */
  isLeft() {
    return !this.node.isConnected && location.pathname !== this.page;
  }
}

/** Whether Streamlit answers just now. */
function isAtWork() {
  const app = document.querySelector("[data-test-script-state]");
  return ["running", "rerunRequested"].includes(app?.getAttribute("data-test-script-state") ?? "");
}

/** @type {WeakMap<object, Waiting>} */
const mounted = new WeakMap();

/**
 * What a component is mounted with: its own data, presses that are not lost, and how many of
 * them (`unconfirmed`) Python has not carried out yet.
 * @param {{data: {shown: any, heard: string[]}, parentElement: any, setTriggerValue: Send}} streamlit
 */
export function withReliableEvents(streamlit) {
  const { data, parentElement, setTriggerValue } = streamlit;
  const waiting = mounted.get(parentElement) ?? new Waiting(parentElement);
  mounted.set(parentElement, waiting);
  waiting.send = setTriggerValue;
  waiting.drop(data.heard);
  return {
    ...streamlit,
    data: data.shown,
    unconfirmed: waiting.presses.length,
    setTriggerValue: (name, value) => waiting.press(name, value),
  };
}

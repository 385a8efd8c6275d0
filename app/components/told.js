// What a component tells Python of presses, until Python has heard it. Streamlit keeps only the
// last message of a component that it has not taken yet: here each message says again what was
// not confirmed. Not here: values that only the last of counts (`setStateValue`).

// What was pressed so long ago is no longer expected to happen.
const EXPECTED_FOR = 30_000;
/** Another page load counts from elsewhere. */
const FROM = `${Date.now().toString(36)}.${Math.random().toString(36).slice(2, 8)}`;
let count = 0;

/** @type {WeakMap<object, {key: string, at: number, name: string, value: any}[]>} */
const unheard = new WeakMap();

/**
 * What a component is mounted with: its own data, presses that are not lost, and how many of
 * them (`unheard`) Python has not heard yet.
 * @param {{data: {shown: any, heard: string[]}, parentElement: any, setTriggerValue: (name: string, value: any) => void}} streamlit
 */
export function surely(streamlit) {
  const { data, parentElement, setTriggerValue } = streamlit;
  const waiting = (unheard.get(parentElement) ?? []).filter((one) => !data.heard.includes(one.key) && Date.now() - one.at < EXPECTED_FOR);
  unheard.set(parentElement, waiting);
  return {
    ...streamlit,
    data: data.shown,
    unheard: waiting.length,
    setTriggerValue: (name, value) => {
      const told = unheard.get(parentElement);
      told.push({ key: `${FROM}.${(count += 1)}`, at: Date.now(), name, value });
      setTriggerValue("presses", told);
    },
  };
}

// The life of what a component shows: made where Streamlit mounts it, told the data of each run,
// closed when it leaves. Not here: presses that must not be lost (reliable_events.js).
import { isVersion } from "./address.js";
import { begin } from "./pending.js";

/** @typedef {(name: string, value: any) => void} Send */
/**
 * What is new with each run: `press` shows that something was begun and sends it, `send` sends it,
 * `state` sends what only the last of counts.
 * @typedef {{press: Send, send: Send, state: Send}} Sends
 */
/** @typedef {{setTriggerValue: Send, setStateValue: Send}} Setters */
/** @typedef {{update: (data: any, unconfirmed?: number) => unknown, close?: () => void}} Shown */

/**
 * The default export of a component.
 * @template {Shown} S
 * @param {(root: HTMLElement, data: any) => S} make
 * @param {(shown: S, sends: Sends) => void} [connect]
 * @param {(shown: S, data: any) => boolean} [isSame]  else it is made anew
 */
export function component(make, connect = () => {}, isSame = () => true) {
  /** @type {WeakMap<object, S>} */
  const mounted = new WeakMap();
  /**
   * @param {{data: any, parentElement: any, unconfirmed?: number} & Setters} streamlit
   */
  return ({ data, parentElement, unconfirmed, setTriggerValue, setStateValue }) => {
    const known = mounted.get(parentElement);
    const stays = known !== undefined && isSame(known, data);
    if (known && !stays) known.close?.();
    const root = parentElement.querySelector(".root");
    root.classList.toggle("at-version", isVersion);
    const shown = known && stays ? known : make(root, data);
    mounted.set(parentElement, shown);
    const press = (name, value) => {
      begin();
      setTriggerValue(name, value);
    };
    connect(shown, { press, send: setTriggerValue, state: setStateValue });
    shown.update(data, unconfirmed);
    return () => {
      shown.close?.();
      mounted.delete(parentElement);
    };
  };
}

/** Whether what is shown says the words of a language already: what it holds was made with them. */
export const inItsLanguage = (shown, data) => shown.data?.language === data.language;

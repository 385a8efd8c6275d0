// Making and changing elements, writing only what differs. Not here: any component's own parts.

/**
 * Make an element. Keys of `props` that start with "on" are listeners, the others attributes;
 * `false` and `null` leave an attribute out.
 * @template {keyof HTMLElementTagNameMap} Tag
 * @param {Tag} tag
 * @param {Record<string, any>} [props]
 * @param {...(Node | string | null | undefined)} children
 * @returns {HTMLElementTagNameMap[Tag]}
 */
export function el(tag, props = {}, ...children) {
  const node = document.createElement(tag);
  for (const [name, value] of Object.entries(props)) {
    if (name.startsWith("on")) node.addEventListener(name.slice(2), value);
    else set(node, name, value);
  }
  node.append(...children.filter((child) => child != null));
  return node;
}

/** A Material symbol, of the font that Streamlit brings. @param {string} name */
export function icon(name) {
  return el("span", { class: "icon", "aria-hidden": "true" }, name);
}

/** A button that shows an icon and says its `label` on hover and to screen readers. */
export function iconButton(name, label, onclick, props = {}) {
  return el(
    "button",
    { type: "button", class: "tool", title: label, "aria-label": label, onclick, ...props },
    icon(name),
  );
}

/**
 * Write an attribute only if it differs. `true` writes it empty, `false` or `null` removes it.
 * @param {Element} node @param {string} name @param {any} value
 */
export function set(node, name, value) {
  if (value === false || value == null) {
    if (node.hasAttribute(name)) node.removeAttribute(name);
    return;
  }
  const text = value === true ? "" : String(value);
  if (node.getAttribute(name) !== text) node.setAttribute(name, text);
}

/** Write a text only if it differs. @param {Node} node @param {string} text */
export function write(node, text) {
  if (node.textContent !== text) node.textContent = text;
}

/** The number that the element around an inner one says, or -1. */
export function numberOf(target, selector, attribute) {
  const element = target instanceof Element ? target.closest(selector) : null;
  return element ? Number(element.getAttribute(attribute)) : -1;
}

/** Fill `{name}` places of a text. @param {string} text @param {Record<string, any>} values */
export function fill(text, values) {
  return text.replace(/\{(\w+)\}/g, (match, name) => (name in values ? values[name] : match));
}

/** A number as the language writes it. @param {number} value @param {string} language */
export function number(value, language) {
  return new Intl.NumberFormat(language).format(value);
}

/**
 * Call `act` once, `wait` milliseconds after the last call. `now()` does not wait.
 * @param {(...args: any[]) => void} act @param {number} wait
 */
export function debounced(act, wait) {
  let timer = 0;
  const later = (...args) => {
    clearTimeout(timer);
    timer = setTimeout(() => act(...args), wait);
  };
  later.now = (...args) => {
    clearTimeout(timer);
    act(...args);
  };
  later.cancel = () => clearTimeout(timer);
  return later;
}

/** Whether a key press belongs to a field that someone is typing in. @param {Event} event */
export function isTyping(event) {
  const [target] = event.composedPath();
  return (
    target instanceof HTMLElement &&
    (target.isContentEditable || /^(TEXTAREA|SELECT)$/.test(target.tagName) || isTextField(target))
  );
}

function isTextField(target) {
  return target.tagName === "INPUT" && !/^(range|checkbox|radio|button)$/.test(target.type);
}

// What one component asks of another on the same page: open an image, the menu of a group, why a
// value is there. A press that comes before the other one is drawn waits for it. Not here: what
// Python is told (reliable_events.js).

// What was pressed so long ago is no longer expected to happen.
const EXPECTED_FOR = 30_000;

/** @typedef {"find" | "group" | "open" | "seek" | "suggest" | "why"} Subject */
/** @typedef {(detail: any) => void} Answer */

/** @type {Map<Subject, Set<Answer>>} */
const answers = new Map();
/** @type {Map<Subject, {detail: any, at: number, page: string}>} */
const waiting = new Map();

/** @param {Subject} subject @param {any} detail */
export function ask(subject, detail) {
  const all = answersTo(subject);
  if (!all.size) waiting.set(subject, { detail, at: Date.now(), page: location.pathname });
  for (const answer of all) answer(detail);
}

/**
 * Answer what is asked from now on, and what was asked last if nobody has answered.
 * @param {Subject} subject @param {Answer} answer
 * @returns {() => void} ends it
 */
export function answerTo(subject, answer) {
  const all = answersTo(subject);
  all.add(answer);
  const request = waiting.get(subject);
  waiting.delete(subject);
  const isExpected = request && request.page === location.pathname && Date.now() - request.at < EXPECTED_FOR;
  // The component that answers is still being made.
  if (isExpected) queueMicrotask(() => answer(request.detail));
  return () => all.delete(answer);
}

function answersTo(subject) {
  const all = answers.get(subject) ?? new Set();
  answers.set(subject, all);
  return all;
}

// Keys of the page. Not here: what they do (duplicates.js, pair.js), when a key press is for the page
// (shared/ui/review_keys.js).
import { isVersion } from "../shared/bridge/address.js";
import { MODES } from "./comparison.js";

/**
 * What a key does, or nothing.
 * @param {KeyboardEvent} event @param {import("./duplicates.js").DuplicatesPage} page
 * @returns {(() => void) | undefined}
 */
export function actionOfKey({ key, repeat }, page) {
  // A key that is held down goes through the groups, and decides about none that was not seen.
  const actions = page.isMerged ? groupActions(page) : { ...moves(page), ...(page.isPart ? partActions(page) : {}) };
  /** @type {(() => void) | undefined} */
  const action = (page.isMerged ? modeAction(key, page) : undefined) ?? actions[key];
  return action && repeat && !/^(Arrow|m$)/.test(key) ? () => {} : action;
}

/** @param {import("./duplicates.js").DuplicatesPage} page @returns {Partial<Record<string, () => void>>} */
function moves(page) {
  return {
    ArrowDown: () => page.open(page.index + 1),
    ArrowUp: () => page.open(page.index - 1),
    Home: () => page.open(0),
    End: () => page.open((page.listing?.total ?? 1) - 1),
    m: () => page.skip(),
  };
}

/** @param {import("./duplicates.js").DuplicatesPage} page @returns {Partial<Record<string, () => void>>} */
function partActions({ parts }) {
  return { ArrowRight: () => parts.group.step(1), ArrowLeft: () => parts.group.step(-1) };
}

/** @param {string} key @param {import("./duplicates.js").DuplicatesPage} page */
function modeAction(key, { pair }) {
  const mode = /** @type {import("./comparison.js").Mode | undefined} */ (MODES[Number(key) - 1]);
  return mode ? () => pair.setMode(mode) : undefined;
}

/** @param {import("./duplicates.js").DuplicatesPage} page @returns {Partial<Record<string, () => void>>} */
function groupActions(page) {
  const { pair } = page;
  const { zoom } = pair.comparison;
  return {
    ...moves(page),
    ...(isVersion
      ? {}
      : {
          y: () => page.decisions.merge(),
          Enter: () => page.decisions.merge(),
          n: () => page.decisions.keepApart(),
        }),
    " ": () => pair.flip(),
    "+": () => zoom.step(1),
    "-": () => zoom.step(-1),
    0: () => zoom.reset(),
    // Not while the next group is being read.
    ...(page.actionableGroup
      ? {
          k: () => pair.keepOther(),
          s: () => pair.toggleStay(),
          ArrowRight: () => pair.step(1),
          ArrowLeft: () => pair.step(-1),
        }
      : {}),
  };
}

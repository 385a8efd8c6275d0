// What becomes of groups: merged or kept apart, remembered until the list is read again, and written.
// Not here: which images of a group stay (pair.js), the order in which decisions are written
// (shared/store/answer_queue.js).
import { set } from "../shared/ui/dom.js";

// Groups that were decided last: one of them that is open again becomes the current one.
const RECENT_KEPT = 50;

/** @typedef {"merged" | "apart"} Outcome */

export class Decisions {
  /** @param {import("./duplicates.js").DuplicatesPage} page */
  constructor(page) {
    this.page = page;
    /** Of groups that are still listed, by id. @type {Map<string, Outcome>} */
    this.outcomes = new Map();
    /** Ids of the groups that were decided last, the last first. @type {string[]} */
    this.recent = [];
  }

  /** Do not expect a group to be open again. @param {string | undefined} id */
  forget(id) {
    this.recent = this.recent.filter((other) => other !== id);
  }

  /** Merge the current group as it was chosen. */
  merge() {
    const { actionableGroup: group, pair, tools } = this.page;
    const { keeper, leaving, staying } = pair;
    if (!group || this.outcomes.has(group.group)) return;
    if (!leaving.length) {
      this.keepApart();
      return;
    }
    const stay = staying.size ? [keeper, ...staying] : [];
    const body = { kind: group.kind, keeper, out: leaving, stay };
    this.decide(group.group, "merged", body, (result) => tools.t("merged", { count: result.left }));
  }

  /** All images of the current group stay: they are no duplicates. */
  keepApart() {
    const { actionableGroup: group, tools } = this.page;
    if (!group || this.outcomes.has(group.group)) return;
    const stay = group.members.map(({ sha1 }) => sha1);
    const body = { kind: group.kind, keeper: null, out: [], stay };
    this.decide(group.group, "apart", body, () => tools.t("kept_apart", { count: stay.length }));
  }

  /**
   * Write a decision, and go to the next group at once.
   * @param {string} id @param {Outcome} outcome @param {Record<string, any>} body
   * @param {(result: any) => string} doneText
   */
  async decide(id, outcome, body, doneText) {
    const { page } = this;
    this.outcomes.set(id, outcome);
    this.forget(id);
    this.recent = [id, ...this.recent].slice(0, RECENT_KEPT);
    const written = page.queue.write("/clearing/merge", body);
    page.goToNext();
    const result = await written;
    if (!result) this.outcomes.delete(id);
    else if (!("isKept" in result)) page.notify(doneText(result), result.batch);
  }

  /** Merge many groups. @param {Record<string, any>} body */
  async mergeGroups(body) {
    const { page } = this;
    set(page.stage, "aria-busy", "true");
    const result = /** @type {any} */ (await page.queue.write("/clearing/merge-all", body));
    if (result?.isKept) set(page.stage, "aria-busy", null);
    else if (result) page.notify(page.tools.t("merged", { count: result.left }), result.batch);
  }
}

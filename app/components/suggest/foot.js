// The foot of the page: answers by button or key, and how many images are answered. Not here: what an
// answer does (suggest.js).
import { el, set, write } from "../shared/ui/dom.js";

export class SuggestFoot {
  /** @param {import("./suggest.js").SuggestPage} page */
  constructor(page) {
    const skip = page.footButton("others", ["m"], () => page.skip());
    set(skip, "title", page.tools.t("others_title"));
    const answers = [
      page.footButton("accept", ["y"], () => page.decide(true)),
      page.footButton("refuse", ["n"], () => page.decide(false)),
    ];
    const others = [
      page.footButton("accept_rest", ["⇧", "y"], () => page.decideRest(true)),
      page.footButton("refuse_rest", ["⇧", "n"], () => page.decideRest(false)),
      skip,
      page.footButton("large", ["z"], () => page.enlarge()),
    ];
    this.page = page;
    this.buttons = [...answers, ...others];
    this.progress = el("span", { class: "quiet", role: "status" });
    this.node = page.makeFoot([...answers, el("span", { class: "bar" }), ...others], [this.progress]);
  }

  draw() {
    const { batch, isLoading } = this.page;
    write(this.progress, this.progressText());
    for (const button of this.buttons) button.disabled = !batch.length || isLoading;
  }

  progressText() {
    const { t } = this.page.tools;
    const { length, unanswered, isComplete } = this.page.batch;
    if (this.page.isLoading && (isComplete || !length)) return t("looking");
    return length ? t("done", { done: length - unanswered.length, count: length }) : "";
  }
}

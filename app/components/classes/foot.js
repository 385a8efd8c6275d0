// The foot of the page: answers to the current image or its class by button or key, how many images
// are answered, and sorting again. Not here: what an answer does (answers.js).
import { el, icon, number, write } from "../shared/ui/dom.js";

export class ClassesFoot {
  /** @param {import("./classes.js").ClassesPage} page */
  constructor(page) {
    const { t } = page.tools;
    const { answers } = page;
    const ofImage = [
      page.footButton("accept", ["y"], () => answers.decide(true)),
      page.footButton("refuse", ["n"], () => answers.decide(false)),
      page.footButton("other", ["c"], () => page.chooseOtherTagOfCurrent()),
    ];
    const others = [
      page.footButton("accept_here", ["⇧", "y"], () => answers.decideCurrentClass(true)),
      page.footButton("refuse_here", ["⇧", "n"], () => answers.decideCurrentClass(false)),
      page.footButton("large", ["z"], () => page.enlarge()),
    ];
    this.page = page;
    this.buttons = [...ofImage, ...others];
    this.progress = el("span", { class: "quiet", role: "status" });
    this.sortAgain = el(
      "button",
      { type: "button", class: "anew", title: t("anew_help"), "aria-label": t("anew"), onclick: () => page.load() },
      icon("refresh"),
      el("span", {}, t("anew")),
    );
    const rule = el("span", { class: "bar" });
    this.node = page.makeFoot([...ofImage, rule, ...others], [this.progress, this.sortAgain]);
  }

  /** @param {boolean} hasImage  whether there is a current image */
  drawButtons(hasImage) {
    for (const button of this.buttons) button.disabled = !hasImage || this.page.isLoading;
  }

  /** @param {number} shown @param {number} unanswered  images that are probable enough */
  drawProgress(shown, unanswered) {
    const { isLoading, sorted, tools } = this.page;
    const done = number(shown - unanswered, tools.language);
    write(this.progress, shown ? tools.t("done", { done, count: shown }) : "");
    this.sortAgain.disabled = !sorted.id || isLoading;
  }
}

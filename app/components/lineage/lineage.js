// Why an image has a value: a dialog that opens on a press on anything with `data-why`, in whatever
// component. Streamlit calls the default export with the data of each run. Not here: the graph
// (graph.js), finding the lineage (Python).
import { answerTo, ask } from "../shared/bridge/page_requests.js";
import { component } from "../shared/bridge/lifecycle.js";
import { el, iconButton, set, write } from "../shared/ui/dom.js";
import { routeTo } from "../shared/bridge/address.js";
import { Graph } from "./graph.js";

/**
 * @typedef {object} Step
 * @property {string} id
 * @property {string} kind
 * @property {string} title
 * @property {string} name
 * @property {string} label  its name for people
 * @property {string | null} stale
 * @property {Record<string, any>} details
 * @property {{dagster_runs: string[]} | null} origin
 * @property {[string, string][]} facts
 * @typedef {object} Value
 * @property {string} image
 * @property {string} path
 * @property {string} sentence
 * @property {Step[]} steps
 * @property {[string, string][]} edges
 * @typedef {{language: string, texts: Record<string, string>}} Data
 */

export default component((root) => new LineageDialog(root));

class LineageDialog {
  /** @param {HTMLElement} root */
  constructor(root) {
    this.graph = new Graph((step) => this.showFacts(step));
    /** Address of Dagster's page of this project, where it runs. @type {string | null} */
    this.dagster = null;
    this.heading = el("h2", {});
    this.picture = el("img", { alt: "" });
    this.values = el("ol", { class: "values" });
    this.message = el("p", { class: "message", role: "status" });
    this.factsTitle = el("h3", {});
    this.facts = el("dl", {});
    this.links = el("p", { class: "links" });
    this.aside = el("section", { class: "facts", tabindex: "0" }, this.factsTitle, this.links, this.facts);
    this.body = el("div", { class: "body" }, this.graph.node, this.aside);
    this.shut = iconButton("close", "", () => this.node.close(), { class: "tool shut" });
    this.node = el(
      "dialog",
      {
        class: "lineage",
        onclick: (event) => event.target === this.node && this.node.close(),
        onkeydown: (event) => event.stopPropagation(),
        onclose: () => this.request?.abort(),
      },
      el("header", {}, this.picture, el("div", {}, this.heading, this.values, this.message)),
      this.body,
      this.shut,
    );
    root.replaceChildren(this.node);
    this.onClick = (event) => this.pressed(event);
    document.addEventListener("click", this.onClick);
    // From what keeps its own presses: filters, headers of groups.
    this.unanswer = answerTo("why", ({ group, label }) => this.data && this.open({ group }, label));
  }

  /** @param {Data} data */
  update(data) {
    this.data = data;
    const { texts } = data;
    write(this.heading, texts.why);
    set(this.node, "aria-label", texts.why);
    set(this.shut, "title", texts.close);
    set(this.shut, "aria-label", texts.close);
  }

  /** @param {Event} event */
  pressed(event) {
    const button = event.composedPath().find((node) => node instanceof HTMLElement && node.dataset.why);
    if (!(button instanceof HTMLElement) || !this.data) return;
    event.preventDefault();
    const { image = "", why: of = "" } = button.dataset;
    this.open({ image, of }, button.getAttribute("aria-label"));
  }

  /** @param {{image: string, of: string} | {group: string}} what @param {string | null} label */
  async open(what, label) {
    const { texts, language } = this.data;
    this.request?.abort();
    this.request = new AbortController();
    write(this.heading, label ?? texts.why);
    this.say(texts.waiting);
    this.node.showModal();
    try {
      const query = new URLSearchParams({ ...what, lang: language });
      const response = await fetch(routeTo(`/lineage?${query}`), { signal: this.request.signal });
      const answer = await response.json();
      if (response.status !== 200) throw new Error(answer.message);
      this.dagster = answer.dagster;
      this.show(answer.values);
    } catch (error) {
      if (error.name !== "AbortError") this.say(error instanceof SyntaxError ? texts.failed : error.message);
    }
  }

  /** Say a text in place of a lineage. @param {string} text */
  say(text) {
    write(this.message, text || this.data.texts.failed);
    this.message.hidden = false;
    this.body.hidden = true;
    this.picture.hidden = true;
    this.values.replaceChildren();
  }

  /** @param {Value[]} values */
  show(values) {
    this.message.hidden = true;
    this.body.hidden = false;
    // A tag that no image has.
    this.picture.hidden = !values[0].image;
    if (values[0].image) set(this.picture, "src", routeTo(`/thumb/${values[0].image}`));
    const isChoice = values.length > 1;
    this.values.replaceChildren(
      ...values.map((value) =>
        el(
          "li",
          {},
          isChoice
            ? el("button", { type: "button", class: "sentence", onclick: () => this.showChain(value) }, value.sentence)
            : el("span", { class: "sentence" }, value.sentence),
        ),
      ),
    );
    this.all = values;
    this.showChain(values[0]);
    this.graph.focus();
  }

  /** @param {Value} value */
  showChain(value) {
    [...this.values.querySelectorAll("button")].forEach((button, index) =>
      set(button, "aria-pressed", String(this.all?.[index] === value)),
    );
    this.graph.show(value, this.data.texts.chain);
  }

  /** @param {Step} step */
  showFacts(step) {
    const { texts } = this.data;
    write(this.factsTitle, step.title);
    set(this.aside, "aria-label", step.title);
    const pairs = step.facts.map(([name, text]) => [el("dt", {}, name), el("dd", {}, text)]);
    this.facts.replaceChildren(...pairs.flat());
    /** @type {HTMLElement[]} */
    const links = (this.dagster ? (step.origin?.dagster_runs ?? []) : []).map((run) =>
      el("a", { href: `${this.dagster}/runs/${run}`, target: "_blank", rel: "noreferrer" }, texts.dagster),
    );
    const { sha1 } = step.details;
    if (step.kind === "member" && sha1) links.push(this.imageLink(sha1, step.name));
    this.links.replaceChildren(...links);
    this.links.hidden = !links.length;
  }

  imageLink(sha1, name) {
    const open = () => {
      this.node.close();
      ask("open", { sha1, name });
    };
    return el("button", { type: "button", onclick: open }, this.data.texts.open_image);
  }

  close() {
    this.request?.abort();
    this.graph.close();
    document.removeEventListener("click", this.onClick);
    this.unanswer();
  }
}

// What the page says where it has no images to sort, and what can be done about it. Not here: how it
// is shown (shared/ui/empty_state.js).
import { number } from "../shared/ui/dom.js";

/** @typedef {import("./classes.js").ClassesPage} ClassesPage */

/**
 * An icon, a heading, a sentence, buttons; null where there are images, or no property was chosen yet.
 * @param {ClassesPage} page
 * @returns {any[] | null}
 */
export function emptyStateOf(page) {
  const { t } = page.tools;
  if (!page.property) return page.data.property && !page.isDefined ? ["hourglass_empty", t("reading"), ""] : null;
  if (!page.isReady) return whyNotReady(page);
  if (page.trouble) return ["error", page.trouble, "", { text: t("again"), act: () => page.load() }];
  if (page.isLoading && !page.sorted.classes.length)
    return ["hourglass_empty", t("sorting"), page.data.loading ?? (page.isModelLoading ? t("model_loads") : "")];
  return page.sorted.id ? whyNoImages(page) : null;
}

/** No encoder that reads words, or fewer than two tags to sort into. @param {ClassesPage} page */
function whyNotReady(page) {
  const { t } = page.tools;
  const { encoder, waiting } = page.data;
  const { tags } = page.setup;
  if (!encoder) {
    const [name] = waiting;
    return [
      "text_fields_alt",
      t("no_reader"),
      name ? t("reader_waits", { name }) : t("no_reader_help"),
      page.linkTo("pipeline", "to_pipeline"),
    ];
  }
  if (!tags.length) return ["sell", t("no_tags"), t("no_tags_help"), page.linkTo("properties", "to_properties")];
  if (tags.length < 2) return ["sell", t("one_tag"), t("one_tag_help"), page.linkTo("properties", "to_properties")];
  const tickAll = { text: t("tick_all"), act: () => page.setup.tickAll(true) };
  return ["sell", t("few_ticked"), t("one_tag_help"), tickAll];
}

/** Nothing was found to sort, or nothing that is probable enough. @param {ClassesPage} page */
function whyNoImages(page) {
  const { sorted, includesTagged } = page;
  const { t, language } = page.tools;
  if (!sorted.classes.some(({ counts }) => counts[0])) {
    const all = includesTagged ? null : { text: t("sort_all"), act: () => page.setIncludesTagged(true) };
    const everywhere = page.isInView ? { text: t("look_everywhere"), act: () => page.setScope(false) } : null;
    return ["done_all", t("no_images"), t(includesTagged ? "no_images_all" : "no_images_help"), everywhere, all];
  }
  if (page.sheet.shownCount) return null;
  const highest = sorted.highestPercent;
  const lower = Math.floor(highest / 5) * 5;
  return [
    "percent",
    t("none_so_sure", { value: number(page.bar.threshold, language) }),
    t("surest", { value: number(highest, language) }),
    { text: t("lower", { value: number(lower, language) }), act: () => page.bar.setThreshold(lower) },
  ];
}

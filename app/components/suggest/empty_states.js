// What the page says where it has no images to suggest, and what can be done about it. Not here: how
// it is shown (shared/ui/empty_state.js).

/**
 * An icon, a heading, a sentence, buttons; null where there are images.
 * @param {import("./suggest.js").SuggestPage} page
 * @returns {any[] | null}
 */
export function emptyStateOf(page) {
  const { t } = page.tools;
  const { images, suggestions, skipped } = page.batch;
  if (!page.data.encoder)
    return ["scatter_plot", t("no_vectors"), t("no_vectors_help"), page.linkTo("pipeline", "to_pipeline")];
  if (page.trouble) return ["error", page.trouble, "", { text: t("again"), act: () => page.load() }];
  if (images.length) return null;
  if (page.isLoading) return ["hourglass_empty", t("looking"), t("looking_help")];
  if (!suggestions) return null;
  if (suggestions.kind === "none" && page.mode === "wrong")
    return ["sell", t("too_few"), t("too_few_help"), page.linkTo("explore", "to_explore")];
  if (suggestions.kind === "none")
    return [
      "sell",
      t("no_examples"),
      t("no_examples_help"),
      page.linkTo("explore", "to_explore"),
      { text: t("by_words"), act: () => page.sortByWords() },
    ];
  const skippedAgain = skipped.size ? { text: t("skipped_again"), act: () => page.restart() } : null;
  if (!page.isInView) return ["done_all", t("nothing"), t("nothing_help"), skippedAgain];
  const everywhere = { text: t("look_everywhere"), act: () => page.setScope(false) };
  return ["done_all", t("nothing"), t("nothing_view"), skippedAgain, everywhere];
}

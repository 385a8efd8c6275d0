// What the page says where no group is open, and what can be done about it. Not here: how it is shown
// (shared/ui/empty_state.js).

/**
 * An icon, a heading, a sentence, buttons; null where there are groups.
 * @param {import("./duplicates.js").DuplicatesPage} page
 * @returns {any[] | null}
 */
export function emptyStateOf(page) {
  const { listing, trouble } = page;
  const { t } = page.tools;
  if (trouble) return ["error", trouble, "", { text: t("again"), act: () => page.restart() }];
  if (!listing) return ["hourglass_empty", t("looking"), ""];
  if (page.isPart) return emptyPartOf(page, listing);
  if (listing.found === null)
    return ["content_copy", t("not_yet"), t("not_yet_help"), page.linkTo("pipeline", "to_pipeline")];
  const explore = page.linkTo("explore", "to_explore");
  if (!listing.found) return ["done_all", t("none"), t("none_help"), explore];
  if (listing.total) return null;
  if (!page.isInView) return ["done_all", t("cleared"), t("cleared_help"), explore];
  const everywhere = { text: t("look_everywhere"), act: () => page.setScope(false) };
  return ["done_all", t("cleared_view"), t("cleared_view_help"), everywhere];
}

/**
 * Where parts were not looked for yet, the page says what that costs (parts_making.js).
 * @param {import("./duplicates.js").DuplicatesPage} page @param {import("./api.js").GroupListing} listing
 */
function emptyPartOf(page, { parts, total }) {
  const { t } = page.tools;
  if (total || !parts.isMade) return null;
  if (page.isInView) {
    const everywhere = { text: t("look_everywhere"), act: () => page.setScope(false) };
    return ["join_inner", t("part_none_view"), t("cleared_view_help"), everywhere];
  }
  return ["join_inner", t("part_none"), t("part_none_help"), page.linkTo("explore", "to_explore")];
}

// Properties under their headings, each heading once. Pure.

/**
 * Those without a heading first, then each heading where its first property stands.
 * @template {{folder: string | null}} Property
 * @param {Property[]} properties  in their order
 * @returns {[string | null, Property[]][]}
 */
export function underHeadings(properties) {
  /** @type {Map<string | null, Property[]>} */
  const own = new Map([[null, []]]);
  for (const property of properties) {
    const heading = property.folder || null;
    own.set(heading, [...(own.get(heading) ?? []), property]);
  }
  return [...own].filter(([, listed]) => listed.length > 0);
}

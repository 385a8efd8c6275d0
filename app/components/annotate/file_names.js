// Short names of files that differ from each other. Pure.

/**
 * The name of a file, with as many of its folders as make it unique.
 * @param {string} path @param {string[]} paths  all of them
 */
export function shortName(path, paths) {
  const end = (of, parts) => of.split("/").slice(-parts).join("/");
  const isAlone = (parts) => paths.filter((other) => end(other, parts) === end(path, parts)).length === 1;
  const most = path.split("/").length;
  let parts = 1;
  while (parts < most && !isAlone(parts)) parts += 1;
  return end(path, parts);
}

// What a module finds in a browser and node lacks: storage that lives as long as the test.

/** A storage of at most `quota` characters. */
export function storage(quota = Infinity) {
  const kept = new Map();
  return {
    get length() {
      return kept.size;
    },
    key: (index) => [...kept.keys()][index] ?? null,
    getItem: (key) => kept.get(key) ?? null,
    removeItem: (key) => void kept.delete(key),
    setItem(key, text) {
      if (text.length > quota) throw new Error("QuotaExceededError");
      kept.set(key, text);
    },
  };
}

// Node 18 parts the thousands of four digits too: it does not know "min2".
export const YEAR = Number(process.versions.node.split(".")[0]) < 20 ? "1,936" : "1936";

globalThis.sessionStorage = storage();
globalThis.localStorage = storage();

import assert from "node:assert/strict";
import { test } from "node:test";
import { YEAR } from "./browser_stubs.js";
import { bestMatches, mostRecent } from "../../app/components/annotate/tag_ranking.js";
import { shortName } from "../../app/components/annotate/file_names.js";
import { dayName, dayOf, endOf, timeOf } from "../../app/components/history/batch_text.js";
import { fill, number } from "../../app/components/shared/ui/dom.js";
import { formatValue, isProperty, valueOf } from "../../app/components/shared/ui/format_value.js";
import { ignoringCase, tidied, typedOrFirst, withoutAccents } from "../../app/components/shared/ui/text.js";
import { translator } from "../../app/components/shared/ui/translate.js";

const NARROW_SPACE = "\u202f";

test("texts are compared without accents, capitals or ways of writing them", () => {
  assert.equal(withoutAccents("Éléphant DE mer, Ångström, Ελλάδα"), "elephant de mer, angstrom, ελλαδα");
  assert.equal(withoutAccents("e\u0301"), withoutAccents("É"));
  assert.equal(withoutAccents("Straße, Œuvre, İstanbul, l’été"), "strasse, oeuvre, istanbul, lete");
  assert.equal(ignoringCase("E\u0301t\u00c9"), "été");
  assert.notEqual(ignoringCase("été"), ignoringCase("ete"));
  assert.equal(tidied("  two \t words\n"), "two words");
  assert.equal(tidied(" "), "");
});

test("what is named as was typed comes before the first of a list", () => {
  const listed = ["Postwar", "Forets", "Forêts", "War"].map((name) => ({ name }));
  const taken = ["war", " FORÊTS ", "forets", "w", ""].map((text) => typedOrFirst(listed, text)?.name);
  assert.deepEqual(taken, ["War", "Forêts", "Forets", "Postwar", "Postwar"]);
  assert.equal(typedOrFirst([], "war"), undefined);
});

test("a text is filled where it has a name for it", () => {
  assert.equal(fill("{count} of {total}, {other}", { count: 0, total: "1,000" }), "0 of 1,000, {other}");
  assert.equal(fill("nothing", {}), "nothing");
  assert.equal(fill("{a}{a}", { a: "$&" }), "$&$&");
});

test("numbers are grouped as the language has it", () => {
  assert.deepEqual([number(100_000, "en"), number(100_000, "fr")], ["100,000", `100${NARROW_SPACE}000`]);
});

test("a count chooses its form, as the language counts", () => {
  const texts = { images_one: "{count} image", images_other: "{count} images", title: "Title of {name}" };
  const [en, fr] = [translator(texts, "en"), translator(texts, "fr")];
  const forms = (say) => [0, 1, 2, 100_000].map((count) => say("images", { count }));
  assert.deepEqual(forms(en), ["0 images", "1 image", "2 images", "100,000 images"]);
  assert.deepEqual(forms(fr), ["0 image", "1 image", "2 images", `100${NARROW_SPACE}000 images`]);
  assert.deepEqual([en("title", { name: "日本" }), en("unknown")], ["Title of 日本", "unknown"]);
});

test("values of properties are written by their type", () => {
  const en = { language: "en", texts: { said_true: "Yes", said_false: "No" } };
  const fr = { ...en, language: "fr" };
  const written = (field, text, words = en) => formatValue(field, text, words);
  assert.deepEqual(
    ["1936", "12345.5", "-0.000001", "1e15", ""].map((text) => written("p:number:x", text)),
    [YEAR, "12,345.5", "-0.000001", "1e15", ""],
  );
  assert.equal(written("p:number:x", "12345.5", fr), `12${NARROW_SPACE}345,5`);
  assert.deepEqual([written("p:checkbox:x", "true"), written("p:checkbox:x", "maybe")], ["Yes", "maybe"]);
  assert.equal(written("p:text:x", "Zoë"), "Zoë");
});

test("a row says a property's value, or nothing", () => {
  assert.deepEqual([isProperty("p:text:1"), isProperty("name"), isProperty(null)], [true, false, false]);
  const row = { values: { 1: "a" } };
  assert.deepEqual([valueOf(row, "p:text:1"), valueOf(row, "p:text:2"), valueOf(null, "p:text:1")], ["a", "", ""]);
});

const tag = (id, name) => ({ id, property: "p", name, colour: null, parents: [], key: null });

test("tags that begin with what is typed come first, then by word, then within", () => {
  const tags = ["Grande école", "École", "Préécole", "Horse", "Recole"].map((name) => tag(name, name));
  const names = (words) => bestMatches(tags, words).map(({ name }) => name);
  assert.deepEqual(names("ecole"), ["École", "Grande école", "Préécole", "Recole"]);
  assert.deepEqual(names("zebra"), []);
});

test("tags used last come first, the others stay", () => {
  const tags = ["a", "b", "c", "d"].map((id) => tag(id, id));
  assert.deepEqual(
    mostRecent(tags, ["d", "gone", "b"]).map(({ id }) => id),
    ["d", "b", "a", "c"],
  );
  assert.deepEqual(
    tags.map(({ id }) => id),
    ["a", "b", "c", "d"],
  );
});

test("files called alike are told apart by their folders", () => {
  const paths = ["a/x/été.jpg", "b/x/été.jpg", "b/y/été.jpg", "alone.jpg"];
  assert.deepEqual(
    paths.map((path) => shortName(path, paths)),
    ["a/x/été.jpg", "b/x/été.jpg", "y/été.jpg", "alone.jpg"],
  );
  assert.equal(shortName("a/b.jpg", ["a/b.jpg", "a/b.jpg"]), "a/b.jpg");
});

test("days and times are those of this clock", () => {
  const at = new Date(2026, 0, 5, 7, 9);
  const texts = { today: "Today", yesterday: "Yesterday" };
  assert.deepEqual([dayOf(at), timeOf(at, "en")], ["2026-01-05", "07:09"]);
  assert.equal(dayName(at, "en", texts), "Monday, January 5, 2026");
  const now = new Date();
  assert.equal(dayName(now, "en", texts), "Today");
  assert.equal(dayName(new Date(now.getFullYear(), now.getMonth(), now.getDate() - 1), "en", texts), "Yesterday");
});

test("a day ends where the ids of the next begin", () => {
  const end = new Date(2026, 0, 1).getTime();
  assert.equal(endOf("2025-12-31"), end.toString(16).padStart(12, "0"));
  assert.equal(endOf("2025-12-31").length, 12);
});

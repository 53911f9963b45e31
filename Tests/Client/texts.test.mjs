import assert from "node:assert/strict";
import { readdirSync, readFileSync } from "node:fs";
import test from "node:test";
import { fileURLToPath } from "node:url";

import { AREAS, LANGUAGES, loadCatalogue } from "../../Sources/Gateway/Console/texts/catalogue.js";
import { chooseLanguage, durationParts, format, formatPlural, stopwatch } from "../../Sources/Gateway/Console/app/message-format.js";

const folder = fileURLToPath(new URL("../../Sources/Gateway/Console", import.meta.url));

/** The forms that a language's plurals need beside `other`, which every one has; a text without its own uses that. */
const isPluralForm = (key) => /\.(zero|one|two|few|many)$/.test(key);

const catalogues = Object.fromEntries(
  await Promise.all(Object.keys(LANGUAGES).map(async (language) => [language, await loadCatalogue(language)])),
);

for (const language of Object.keys(LANGUAGES)) {
  test(`"${language}" has the texts of "en", and no others`, () => {
    const keys = (catalogue) => Object.keys(catalogue).filter((key) => !isPluralForm(key)).sort();
    assert.deepEqual(keys(catalogues[language]), keys(catalogues.en));
  });

  test(`"${language}" has the parameters of "en", and no empty text`, () => {
    const parameters = (text) => [...text.matchAll(/\{(\w+)\}/g)].map((match) => match[1]).sort().join();
    for (const [key, text] of Object.entries(catalogues[language])) {
      assert.ok(text.trim() !== "", `${key} is empty`);
      if (key in catalogues.en) assert.equal(parameters(text), parameters(catalogues.en[key]), key);
    }
  });
}

test("no key stands in two areas", async () => {
  const seen = new Map();
  for (const area of AREAS) {
    const { default: texts } = await import(`../../Sources/Gateway/Console/texts/${area}-en.js`);
    for (const key of Object.keys(texts)) {
      assert.ok(!seen.has(key), `${key} is in ${seen.get(key)} and ${area}`);
      seen.set(key, area);
    }
  }
});

test("every text that a page asks for by name exists", () => {
  const missing = [];
  const known = new Set(Object.keys(catalogues.en).flatMap((key) => [key, key.replace(/\.(one|other)$/, "")]));
  for (const entry of readdirSync(folder, { recursive: true })) {
    const name = String(entry);
    if (!name.endsWith(".js") || name.startsWith("texts")) continue;
    for (const [, key] of readFileSync(`${folder}/${name}`, "utf8").matchAll(/\b(?:t|plural)\("([a-z_]+\.[A-Za-z_.]+)"/g)) {
      if (!known.has(key)) missing.push(`${name}: ${key}`);
    }
  }
  assert.deepEqual(missing, []);
});

test("base names are unique over all folders, as the embedding needs", () => {
  const seen = new Map();
  for (const entry of readdirSync(folder, { recursive: true, withFileTypes: true })) {
    if (!entry.isFile() || !/\.(js|css|html|svg)$/.test(entry.name)) continue;
    assert.match(entry.name, /^[a-z0-9-]+\.(js|css|html|svg)$/);
    assert.ok(!seen.has(entry.name), `${entry.name} is in ${seen.get(entry.name)} and ${entry.parentPath ?? entry.path}`);
    seen.set(entry.name, entry.parentPath ?? entry.path);
  }
});

test("parameters are filled in, once, and what is missing shows", () => {
  assert.equal(format({ a: "{x} and {y}" }, "a", { x: "{y}", y: 2 }), "{y} and 2");
  assert.equal(format({ a: "{x}" }, "a", {}), "{x}");
  assert.equal(format({}, "gone"), "gone");
  assert.equal(format({ a: "{constructor}" }, "a", Object.create(null)), "{constructor}");
});

test("plurals go by the language", () => {
  const catalogue = { "a.one": "{n} thing", "a.other": "{n} things" };
  assert.equal(formatPlural(catalogue, "en", "a", 1), "1 thing");
  assert.equal(formatPlural(catalogue, "en", "a", 0), "0 things");
  assert.equal(formatPlural(catalogue, "de", "a", 1234), "1.234 things");
  assert.equal(formatPlural({ "a.other": "{n}" }, "en", "a", 1), "1");
});

test("spans of time have two parts at most", () => {
  const parts = (seconds) => durationParts(seconds * 1_000).map(({ unit, value }) => `${value}${unit[0]}`).join(" ");
  assert.equal(parts(-5), "0s");
  assert.equal(parts(59), "59s");
  assert.equal(parts(60), "1m 0s");
  assert.equal(parts(3_600), "1h");
  assert.equal(parts(3_660), "1h 1m");
  assert.equal(parts(90_000), "1d 1h");
  assert.equal(parts(86_400), "1d");
  assert.equal(stopwatch(59_999), "0:59");
  assert.equal(stopwatch(3_661_000), "1:01:01");
  assert.equal(stopwatch(-1), "0:00");
});

test("the reader's first language that there is", () => {
  assert.equal(chooseLanguage(["fr-CA", "pt-BR", "en"], ["en", "de", "pt"]), "pt");
  assert.equal(chooseLanguage(["fr"], ["en", "de", "pt"]), "en");
  assert.equal(chooseLanguage([], ["en"]), "en");
});

/** What only a program that is wrong can cause: for those the problem's own detail is shown. */
const OF_PROGRAMS = new Set([
  "unknown_member", "not_acceptable", "uri_too_long", "unsupported_media_type", "headers_too_large", "unknown_method",
  "method_not_allowed", "upgrade_required",
]);

test("every error code that a person can meet has its sentence", () => {
  const readme = readFileSync(`${folder}/../../../README.md`, "utf8");
  const codes = [...readme.matchAll(/^\| `([a-z_]+)`[^|]*\| \d{3} \| \d{3} \|$/gm)].map((match) => match[1]);
  assert.ok(codes.length > 40, "the table of codes was found");
  const missing = codes.filter((code) => !OF_PROGRAMS.has(code) && !(`problem.${code}` in catalogues.en));
  assert.deepEqual(missing, []);
});

// Sentences out of a catalogue of texts. Pure: the language and the catalogue are the caller's.

/** Plural rules by language, which are slow to make. @type {Map<string, Intl.PluralRules>} */
const rules = new Map();

/**
 * A text with its `{parameters}` filled in. A text that is missing shows its key, which tests look for.
 *
 * @param {Record<string, string>} catalogue
 * @param {string} key
 * @param {Record<string, any>} [parameters]
 */
export function format(catalogue, key, parameters = {}) {
  const text = catalogue[key];
  if (text === undefined) return key;
  return text.replace(/\{(\w+)\}/g, (whole, name) => (name in parameters ? String(parameters[name]) : whole));
}

/**
 * The text of a number: of `KEY.one`, `KEY.few`, ..., the one that the language says, else `KEY.other`; `{n}` is the
 * number as it is written there.
 *
 * @param {Record<string, string>} catalogue
 * @param {string} language
 * @param {string} key
 * @param {number} n
 * @param {Record<string, any>} [parameters]
 */
export function formatPlural(catalogue, language, key, n, parameters = {}) {
  if (!rules.has(language)) rules.set(language, new Intl.PluralRules(language));
  const exact = `${key}.${rules.get(language).select(n)}`;
  const found = exact in catalogue ? exact : `${key}.other`;
  return format(catalogue, found, { n: n.toLocaleString(language), ...parameters });
}

/**
 * The parts of a span of time that are worth showing: two at most, seconds only below an hour.
 *
 * @param {number} milliseconds
 * @returns {{unit: "day" | "hour" | "minute" | "second", value: number}[]} at least one
 */
export function durationParts(milliseconds) {
  const seconds = Math.max(0, Math.floor(milliseconds / 1_000));
  const parts = [
    { unit: "day", value: Math.floor(seconds / 86_400) },
    { unit: "hour", value: Math.floor(seconds / 3_600) % 24 },
    { unit: "minute", value: Math.floor(seconds / 60) % 60 },
    { unit: "second", value: seconds % 60 },
  ];
  const first = parts.findIndex(({ value }) => value > 0);
  if (first < 0) return [{ unit: "second", value: 0 }];
  const shown = parts.slice(first, first + 2);
  return /** @type {any} */ (first < 2 ? shown.filter(({ value, unit }) => value > 0 && unit !== "second") : shown);
}

/**
 * `M:SS`, or `H:MM:SS` from an hour on: a clock that ticks.
 *
 * @param {number} milliseconds
 */
export function stopwatch(milliseconds) {
  const seconds = Math.max(0, Math.floor(milliseconds / 1_000));
  const two = (/** @type {number} */ n) => String(n).padStart(2, "0");
  const [hours, minutes] = [Math.floor(seconds / 3_600), Math.floor(seconds / 60) % 60];
  return hours > 0 ? `${hours}:${two(minutes)}:${two(seconds % 60)}` : `${minutes}:${two(seconds % 60)}`;
}

/**
 * The first of the languages that a reader wants which there is; English else.
 *
 * @param {readonly string[]} wanted as in `navigator.languages`
 * @param {readonly string[]} available
 */
export function chooseLanguage(wanted, available) {
  for (const tag of wanted) {
    const language = tag.toLowerCase().split("-")[0];
    if (available.includes(language)) return language;
  }
  return "en";
}

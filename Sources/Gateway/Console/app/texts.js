// What the page says, in the language of its reader.

import { AREAS, LANGUAGES, loadCatalogue } from "../texts/catalogue.js";
import { chooseLanguage, durationParts, format, formatPlural, stopwatch } from "./message-format.js";

export { AREAS, LANGUAGES, stopwatch };

const KEPT = "usher.language";

/** The language of the page: a key of `LANGUAGES`. */
export let language = "en";
/** The same with its region, where the reader has one: times and numbers are written as they are there. */
let locale = "en";
/** @type {Record<string, string>} */
let catalogue = {};
/** @type {Set<() => void>} */
const listeners = new Set();
/** `Intl` objects of the present language, which are slow to make. @type {Map<string, any>} */
const formats = new Map();

await useLanguage(keptLanguage() ?? chooseLanguage(navigator.languages, Object.keys(LANGUAGES)));

/**
 * A text.
 *
 * @param {string} key
 * @param {Record<string, any>} [parameters]
 */
export function t(key, parameters) {
  return format(catalogue, key, parameters);
}

/**
 * A text that depends on a number, which is its `{n}`.
 *
 * @param {string} key
 * @param {number} n
 * @param {Record<string, any>} [parameters]
 */
export function plural(key, n, parameters) {
  return formatPlural(catalogue, language, key, n, parameters);
}

/**
 * True where there is such a text.
 *
 * @param {string} key
 */
export function hasText(key) {
  return key in catalogue;
}

/**
 * A span of time, such as `4 min 10 s`.
 *
 * @param {number} milliseconds
 */
export function duration(milliseconds) {
  const shown = durationParts(milliseconds).map(({ unit, value }) => {
    const options = { style: "unit", unit, unitDisplay: unit === "day" ? "long" : "short" };
    return kept(`unit ${unit}`, () => new Intl.NumberFormat(locale, /** @type {any} */ (options))).format(value);
  });
  return shown.join(" ");
}

/**
 * The time of day, such as `14:02`.
 *
 * @param {Date | string | number} date
 */
export function clockTime(date) {
  const options = { hour: "2-digit", minute: "2-digit" };
  return kept("clock", () => new Intl.DateTimeFormat(locale, /** @type {any} */ (options))).format(new Date(date));
}

/**
 * Day and time.
 *
 * @param {Date | string | number} date
 */
export function dateTime(date) {
  const options = { dateStyle: "medium", timeStyle: "short" };
  return kept("date", () => new Intl.DateTimeFormat(locale, /** @type {any} */ (options))).format(new Date(date));
}

/**
 * @param {number} value
 * @param {Intl.NumberFormatOptions} [options]
 */
export function number(value, options = {}) {
  return kept(`number ${JSON.stringify(options)}`, () => new Intl.NumberFormat(locale, options)).format(value);
}

/**
 * A sentence for what went wrong: ours for each code that people of the console meet, else the problem's own detail.
 *
 * @param {any} problem an `ApiProblem`, an `UsherError`, or whatever else was thrown
 */
export function problemText(problem) {
  const code = problem?.code;
  if (typeof code === "string" && hasText(`problem.${code}`)) {
    const wait = problem.retryAfter ? ` ${t("problem.retry_after", { wait: duration(problem.retryAfter * 1_000) })}` : "";
    const state = problem.state ? t(`state.${problem.state}`) : t("state.unknown");
    return t(`problem.${code}`, { state, detail: problem.detail || problem.message }) + wait;
  }
  return problem?.detail || problem?.message || t("problem.internal");
}

/**
 * Another language from now on, remembered.
 *
 * @param {string} name a key of `LANGUAGES`
 */
export async function setLanguage(name) {
  localStorage.setItem(KEPT, name);
  await useLanguage(name);
  for (const listener of listeners) listener();
}

/**
 * Calls back after each change of the language.
 *
 * @param {() => void} listener
 * @returns {() => void} takes the listener away again
 */
export function onLanguage(listener) {
  listeners.add(listener);
  return () => void listeners.delete(listener);
}

/** @param {string} name */
async function useLanguage(name) {
  catalogue = await loadCatalogue(name);
  language = name;
  locale = navigator.languages.find((tag) => tag.toLowerCase().split("-")[0] === name) ?? name;
  formats.clear();
  document.documentElement.lang = name;
}

function keptLanguage() {
  const name = localStorage.getItem(KEPT);
  return name && name in LANGUAGES ? name : null;
}

/**
 * @template T
 * @param {string} name
 * @param {() => T} make
 * @returns {T}
 */
function kept(name, make) {
  if (!formats.has(name)) formats.set(name, make());
  return formats.get(name);
}

// Every text of the console, by language. A further language is one more line here and a file for each area.

/** The languages that there are, each by its own name. */
export const LANGUAGES = { en: "English", de: "Deutsch", pt: "Português" };

/** The areas of the texts: each has a file `AREA-LANGUAGE.js` with the same keys in every language. */
export const AREAS = ["app", "work", "supervise", "admin", "people", "public"];

/**
 * All texts of a language, by key.
 *
 * @param {string} language a key of `LANGUAGES`
 * @returns {Promise<Record<string, string>>}
 */
export async function loadCatalogue(language) {
  const files = await Promise.all(AREAS.map((area) => import(`./${area}-${language}.js`)));
  return Object.assign({}, ...files.map((file) => file.default));
}

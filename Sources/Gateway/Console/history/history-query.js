// The filters of the history: from a form to a query, and to the page's address and back. Pure.

/** The states that a service of the history can be in, as the server names them. */
export const STATES = ["scheduled", "waiting", "claimed", "serving", "on_hold", "completed", "no_show", "cancelled", "dead"];
/** Entries of a page. */
export const PAGE_SIZE = 50;

/**
 * @typedef {{queue: string, employee: string, state: string, by: string, from: string, to: string}} Filters
 *   as the form has them: empty for any; times as `datetime-local` writes them
 */

/** @type {Filters} */
export const NO_FILTERS = { queue: "", employee: "", state: "", by: "submitted", from: "", to: "" };

/**
 * What to ask the server. Throws a `RangeError` whose message is the name of the field that is wrong.
 *
 * @param {Filters} filters
 * @returns {Record<string, string>}
 */
export function queryOf(filters) {
  /** @type {Record<string, string>} */
  const query = {};
  for (const name of ["queue", "employee", "state"]) {
    const text = filters[name].trim();
    if (text !== "") query[name] = text;
  }
  if (filters.by === "ended") query.by = "ended";
  for (const name of ["from", "to"]) {
    if (filters[name] === "") continue;
    const time = new Date(filters[name]);
    if (Number.isNaN(time.getTime())) throw new RangeError(name);
    query[name] = time.toISOString();
  }
  if (query.from && query.to && query.from >= query.to) throw new RangeError("to");
  return query;
}

/**
 * The filters of the page's address; what is unknown in it is left out.
 *
 * @param {Record<string, string>} query
 * @returns {Filters}
 */
export function filtersOf(query) {
  const filters = { ...NO_FILTERS };
  for (const name of Object.keys(NO_FILTERS)) filters[name] = (query[name] ?? NO_FILTERS[name]).slice(0, 128);
  if (filters.state !== "" && !STATES.includes(filters.state)) filters.state = "";
  if (filters.by !== "ended") filters.by = "submitted";
  return filters;
}

/**
 * The name of the file that an export is kept under.
 *
 * @param {Record<string, string>} query
 * @param {Date} now
 */
export function fileName(query, now) {
  const parts = ["history", query.queue, query.state, now.toISOString().slice(0, 10)];
  return parts.filter(Boolean).join("-") + ".csv";
}

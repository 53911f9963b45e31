// Which page an address is. Pure.

/** Access levels of the console's users, from the least on. */
const LEVELS = ["viewer", "agent", "supervisor", "admin"];

/**
 * True when somebody of one level may see what needs another.
 *
 * @param {string} level
 * @param {string} needed
 */
export function mayDo(level, needed) {
  return LEVELS.indexOf(level) >= LEVELS.indexOf(needed) && LEVELS.includes(needed);
}

/**
 * The parameters of an address, by a pattern such as `/admin/users/:id`; null where it is another page's.
 *
 * @param {string} pattern
 * @param {string} path
 * @returns {Record<string, string> | null}
 */
export function match(pattern, path) {
  const [wanted, given] = [pattern.split("/"), path.split("/")];
  if (wanted.length !== given.length) return null;
  /** @type {Record<string, string>} */
  const parameters = {};
  for (let i = 0; i < wanted.length; i++) {
    if (wanted[i].startsWith(":") && given[i] !== "") {
      try {
        parameters[wanted[i].slice(1)] = decodeURIComponent(given[i]);
      } catch {
        return null;
      }
    } else if (wanted[i] !== given[i]) {
      return null;
    }
  }
  return parameters;
}

/**
 * The path and the query of a fragment: `#/history?state=completed`.
 *
 * @param {string} hash
 */
export function splitHash(hash) {
  const [path, query = ""] = hash.replace(/^#/, "").split(/\?(.*)/s);
  return { path: path.length > 1 ? path.replace(/\/$/, "") : path, query: Object.fromEntries(new URLSearchParams(query)) };
}

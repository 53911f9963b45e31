// A queue's name as people write it.

/**
 * `front-desk` becomes `Front desk`: names are made for addresses, and the public reads them on a wall.
 *
 * @param {string} name
 */
export function queueTitle(name) {
  const words = name.replace(/[-_.]+/g, " ").trim();
  return words === "" ? name : words[0].toLocaleUpperCase() + words.slice(1);
}

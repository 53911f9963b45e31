// What a form of a user means: the members of a PATCH, and what to say when somebody else was faster.

/** What an administrator can change here, in the order in which it is shown. */
export const FIELDS = ["display_name", "email", "level", "queues", "skills", "capacity", "disabled"];

const SKILL = /^[a-z0-9._-]{1,32}$/;
const MAXIMUM_SKILLS = 64;
const MAXIMUM_CAPACITY = 10_000;
const USERNAME = /^[A-Za-z0-9][A-Za-z0-9._@+-]{0,63}$/;

/** @param {string} name */
export function isUsername(name) {
  return USERNAME.test(name) && !name.startsWith("erased-");
}

/**
 * Skills as people write them: by commas or blanks, in any case.
 *
 * @param {string} text
 * @returns {{skills: string[], wrong: string[], tooMany: boolean}} sorted, each once
 */
export function parseSkills(text) {
  const words = [...new Set(text.toLowerCase().split(/[\s,;]+/).filter(Boolean))].sort();
  const wrong = words.filter((word) => !SKILL.test(word));
  return { skills: words.filter((word) => SKILL.test(word)), wrong, tooMany: words.length > MAXIMUM_SKILLS };
}

/**
 * @param {string} text
 * @returns {number | null | undefined} null for the site's own number, undefined for what is no capacity
 */
export function parseCapacity(text) {
  const trimmed = text.trim();
  if (trimmed === "") return null;
  const value = /^[0-9]{1,5}$/.test(trimmed) ? Number(trimmed) : 0;
  return value >= 1 && value <= MAXIMUM_CAPACITY ? value : undefined;
}

/** @param {string} text what a field that may be absent holds */
export function textOrNull(text) {
  return text.trim() === "" ? null : text.trim();
}

/**
 * Whether two values of a field are the same; lists are sets.
 *
 * @param {any} a
 * @param {any} b
 */
function isSame(a, b) {
  if (!Array.isArray(a) || !Array.isArray(b)) return a === b;
  return a.length === b.length && [...a].sort().join("\n") === [...b].sort().join("\n");
}

/**
 * The members of the PATCH: only what is another now, so that nothing is set back that somebody else has changed.
 *
 * @param {object} before the user as the form was filled with it
 * @param {object} values what the form says, by field
 */
export function changesOf(before, values) {
  const changed = FIELDS.filter((field) => field in values && !isSame(before[field], values[field]));
  return Object.fromEntries(changed.map((field) => [field, values[field]]));
}

/**
 * What to show when the user was changed meanwhile: every field that they changed or that one wanted to change.
 *
 * @param {object} before the user as the form was filled with it
 * @param {object} changes one's own, as of `changesOf`
 * @param {object} now the user as it is now
 * @returns {{field: string, before: any, now: any, mine: any, isTheirs: boolean, isMine: boolean}[]}
 */
export function conflictOf(before, changes, now) {
  return FIELDS.map((field) => ({
    field,
    before: before[field],
    now: now[field],
    mine: field in changes ? changes[field] : now[field],
    isTheirs: !isSame(before[field], now[field]),
    isMine: field in changes && !isSame(changes[field], now[field]),
  })).filter((row) => row.isTheirs || row.isMine);
}

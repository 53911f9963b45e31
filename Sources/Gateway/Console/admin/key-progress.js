// How far a rotation is: what each key of the keyset still seals.

/**
 * @typedef {{id: number, state: string, isPrimary: boolean, since: string | null, values: number, share: number}} SealingKey
 * `share`: of all sealed values, 0 to 1. `since`: since when it is the primary; when a key was made nobody knows.
 */

/**
 * @param {object} keyset of `GET /v1/keys`
 * @returns {{keys: SealingKey[], indexKeys: number[], total: number, remaining: number, done: number}} the primary key
 *   first; `done` is the share of values that it has sealed, 1 where there are none
 */
export function sealingKeys(keyset) {
  const sealing = keyset.keys.filter((key) => key.kind === "encryption");
  const total = sealing.reduce((sum, key) => sum + key.values, 0);
  const keys = sealing.map((key) => ({
    id: key.id,
    state: key.state,
    isPrimary: key.is_primary,
    since: key.primary_since,
    values: key.values,
    share: total === 0 ? 0 : key.values / total,
  }));
  const remaining = keys.reduce((sum, key) => sum + (key.isPrimary ? 0 : key.values), 0);
  return {
    keys: keys.sort((a, b) => Number(b.isPrimary) - Number(a.isPrimary) || b.values - a.values || a.id - b.id),
    indexKeys: keyset.keys.filter((key) => key.kind === "index").map((key) => key.id),
    total,
    remaining,
    done: total === 0 ? 1 : (total - remaining) / total,
  };
}

/**
 * Where each column is: how many values it has, how many the primary key has not sealed, and how many nobody can read.
 *
 * @param {object} keyset
 * @returns {{column: string, values: number, remaining: number, unreadable: number}[]} what has most to do first
 */
export function columnProgress(keyset) {
  const primary = keyset.keys.find((key) => key.is_primary)?.id;
  const sum = (list) => list.reduce((values, key) => values + key.values, 0);
  return keyset.columns
    .map(({ column, keys, rewrap }) => ({
      column,
      values: sum(keys),
      remaining: sum(keys.filter((key) => key.id !== primary)),
      unreadable: rewrap?.unreadable ?? 0,
    }))
    .sort((a, b) => b.remaining - a.remaining || (a.column < b.column ? -1 : 1));
}

/**
 * Percent for people: 100 only where nothing remains, 0 only where nothing is done.
 *
 * @param {number} done
 * @param {number} total
 */
export function percent(done, total) {
  if (total === 0 || done >= total) return 100;
  if (done <= 0) return 0;
  return Math.min(99, Math.max(1, Math.round((done / total) * 100)));
}

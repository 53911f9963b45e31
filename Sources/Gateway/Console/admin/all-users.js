// All users of the site, page by page.

import { MAXIMUM_ROWS } from "./data-table.js";

/**
 * @param {any} api
 * @param {AbortSignal} signal
 * @returns {Promise<{users: object[], isWhole: boolean}>} at most 5,000
 */
export async function everyUser(api, signal) {
  const users = [];
  let cursor;
  do {
    const answer = await api.get("/v1/users", { query: { limit: 500, cursor }, signal });
    users.push(...answer.users);
    cursor = answer.next_cursor ?? undefined;
  } while (cursor && users.length < MAXIMUM_ROWS);
  return { users, isWhole: !cursor };
}

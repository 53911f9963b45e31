// The address that an invited user opens. The token stands in the fragment, which browsers keep to themselves.

const TOKEN = /^[A-Za-z0-9_-]{43}$/;

/**
 * @param {string} origin
 * @param {string} token
 */
export function invitationLink(origin, token) {
  return `${origin}/#/invitation/${token}`;
}

/**
 * The token of an address' fragment, or what somebody pasted: the token alone or the whole address.
 *
 * @param {string} text
 * @returns {string | null}
 */
export function invitationToken(text) {
  const last = text.trim().split("/").at(-1);
  return TOKEN.test(last) ? last : null;
}

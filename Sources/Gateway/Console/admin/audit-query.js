// The audit's filters: what the form says, the page's address, and the API's query.

/** The kinds of entries and the actions of each, as docs/audit.md lists them. */
export const ACTIONS = {
  user: ["create", "invite", "change", "password", "disable", "enable", "erase"],
  invitation: ["accept"],
  session: ["read", "end", "reuse"],
  history: ["read", "export", "drop"],
  dead_letter: ["read", "requeue", "purge"],
  subject: ["erase"],
  queue: ["create", "repair"],
  board_link: ["create", "revoke"],
  "signing-key": ["create", "retire"],
  schema: ["migrate"],
  audit: ["export", "expire"],
};

/**
 * A moment of a `datetime-local` field in the user's time zone, as the API takes it.
 *
 * @param {string} local
 * @returns {string | undefined} undefined where there is none
 */
export function moment(local) {
  const date = new Date(local);
  return local === "" || Number.isNaN(date.getTime()) ? undefined : date.toISOString();
}

/**
 * @param {{action?: string, actor?: string, object?: string, from?: string, to?: string}} values of the form
 * @returns {Record<string, string>} without what says nothing
 */
export function auditQuery(values) {
  const query = {
    action: values.action,
    actor: values.actor?.trim(),
    object: values.object?.trim(),
    from: moment(values.from ?? ""),
    to: moment(values.to ?? ""),
  };
  return Object.fromEntries(Object.entries(query).filter(([, value]) => value));
}

/**
 * A detail's members as rows, the nested ones by their path; at most `limit`.
 *
 * @param {object | null} detail
 * @returns {[string, string][]}
 */
export function detailRows(detail, limit = 100) {
  const rows = [];
  const add = (path, value) => {
    if (rows.length >= limit) return;
    if (value !== null && typeof value === "object" && !Array.isArray(value)) {
      for (const [name, member] of Object.entries(value)) add(path ? `${path}.${name}` : name, member);
    } else {
      rows.push([path, typeof value === "string" ? value : JSON.stringify(value)]);
    }
  };
  if (detail) add("", detail);
  return rows;
}

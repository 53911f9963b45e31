// What is known of a customer, as text. Who may not see it does not get it from the server.

import { h } from "../app/dom.js";
import { hasText, t } from "../app/texts.js";

/** Members of `details` that are shown, and letters of one value: what is more is cut. */
const MOST = { members: 40, letters: 600 };

/**
 * A list of what a service says of its customer and its request; null where it says nothing, or nothing may be seen.
 *
 * @param {import("../queue-copy.js").Service} service
 * @returns {HTMLElement | null}
 */
export function customerDetails(service) {
  const members = [...Object.entries(service.customer ?? {}), ...flat(service.details ?? {})].slice(0, MOST.members);
  if (members.length === 0) return null;
  return h("dl", { class: "customer" }, members.map(([name, value]) => [h("dt", {}, nameText(name)), h("dd", {}, valueText(value))]));
}

/**
 * The members of nested objects, by their path.
 *
 * @param {any} value
 * @param {string} path
 * @returns {[string, any][]}
 */
function flat(value, path = "") {
  if (value === null || typeof value !== "object" || Array.isArray(value)) return [[path, value]];
  return Object.entries(value).flatMap(([name, inner]) => flat(inner, path ? `${path}.${name}` : name));
}

/** @param {string} name */
function nameText(name) {
  return hasText(`customer.${name}`) ? t(`customer.${name}`) : name;
}

/** @param {any} value */
function valueText(value) {
  if (value === null) return "–";
  if (typeof value === "boolean") return t(value ? "work.yes" : "work.no");
  const text = typeof value === "object" ? JSON.stringify(value) : String(value);
  return text.length > MOST.letters ? `${text.slice(0, MOST.letters)} …` : text;
}

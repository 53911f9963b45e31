// A user's properties in words.

import { number, t } from "../app/texts.js";
import { kindBadge } from "./kind-badge.js";

/** From the one who may least to the one who may most; producers stand apart. */
export const LEVELS = ["viewer", "agent", "supervisor", "admin", "producer"];
export const STATES = ["active", "invited", "disabled", "erased"];

/** @param {string} level */
export function levelText(level) {
  return t(`admin.level.${level}`);
}

/** @param {string} state */
export function stateBadge(state) {
  return kindBadge(state, t(`admin.users.state.${state}`));
}

/** @param {string[] | null} queues */
export function queuesText(queues) {
  if (queues === null) return t("admin.users.all_queues");
  return queues.length === 0 ? t("admin.users.no_queues") : queues.join(", ");
}

/** @param {string[]} skills */
export function skillsText(skills) {
  return skills.length === 0 ? t("admin.none") : skills.join(", ");
}

/** @param {number | null} capacity */
export function capacityText(capacity) {
  return capacity === null ? t("admin.users.site_capacity") : number(capacity);
}

/**
 * @param {string} field one of `FIELDS`
 * @param {any} value
 */
export function valueText(field, value) {
  switch (field) {
    case "level": return levelText(value);
    case "queues": return queuesText(value);
    case "skills": return skillsText(value);
    case "capacity": return capacityText(value);
    case "disabled": return t(value ? "admin.users.state.disabled" : "admin.user.not_disabled");
    default: return value ?? t("admin.none");
  }
}

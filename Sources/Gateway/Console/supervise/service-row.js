// One row of a column. Made once, and changed only where its service is another.

import { h, icon, setText } from "../app/dom.js";
import { serverNow } from "../app/server-clock.js";
import { clockTime, stopwatch, t } from "../app/texts.js";
import { inLineSince } from "./column-model.js";

/** The height of every row, in pixels: two lines, whatever size the reader's letters have. */
export const ROW_HEIGHT = Math.round(3.75 * Number.parseFloat(getComputedStyle(document.documentElement).fontSize));

/**
 * @typedef {import("../queue-copy.js").Service} Service
 * @typedef {{pending: string | null, isLeaving: boolean, isGrabbed: boolean, wasRefused: boolean, to?: string}} RowState
 *   `to`: the queue to which it is on its way, or the employee
 * @typedef {{menu: (id: string, button: HTMLElement) => void, undo: (id: string) => void}} RowActions
 */

/** The parts of each row, by its element. @type {WeakMap<HTMLElement, any>} */
const parts = new WeakMap();

/**
 * @param {HTMLElement | null} reused
 * @param {Service} service
 * @param {RowState} state
 * @param {RowActions} actions
 * @returns {HTMLElement}
 */
export function serviceRow(reused, service, state, actions) {
  const row = reused ?? made(actions);
  const part = parts.get(row);
  part.service = service;
  setText(part.ticket, String(service.ticket));
  setText(part.kind, service.kind);
  setText(part.who, secondLine(service, state));
  setText(part.level, String(service.priority));
  part.priority.hidden = service.priority === 4;
  setText(part.state, t(`state.${service.state}`));
  part.state.hidden = service.state === "waiting";
  row.dataset.state = service.state;
  row.classList.toggle("is-leaving", state.isLeaving);
  row.classList.toggle("is-pending", state.pending !== null);
  row.classList.toggle("is-grabbed", state.isGrabbed);
  row.classList.toggle("was-refused", state.wasRefused);
  part.undo.hidden = state.pending !== "undoable";
  part.menu.hidden = state.pending === "undoable";
  const named = t("supervise.actions_of", { ticket: service.ticket });
  if (part.menu.getAttribute("aria-label") !== named) {
    part.menu.setAttribute("aria-label", named);
    part.undo.setAttribute("aria-label", t("supervise.undo_of", { ticket: service.ticket }));
  }
  tick(row);
  return row;
}

/**
 * Brings the time that a row shows up to date.
 *
 * @param {HTMLElement} row
 */
export function tick(row) {
  const part = parts.get(row);
  if (part?.service) setText(part.time, timeOf(part.service, serverNow()));
}

/** @param {RowActions} actions */
function made(actions) {
  const level = h("span");
  const part = {
    service: null,
    ticket: h("span", { class: "row-ticket" }),
    kind: h("span", { class: "row-kind" }),
    who: h("span", { class: "row-who" }),
    level,
    priority: h("span", { class: "badge accent row-priority" }, h("span", {}, t("supervise.priority")), " ", level),
    state: h("span", { class: "badge row-state" }),
    time: h("span", { class: "row-time" }),
    menu: h("button", {
      type: "button", tabindex: "-1", class: "button quiet icon-only row-menu", "aria-haspopup": "menu",
      on: { click: () => actions.menu(part.service.id, part.menu) },
    }, icon("more")),
    undo: h("button", {
      type: "button", tabindex: "-1", class: "button row-undo", on: { click: () => actions.undo(part.service.id) },
    }, icon("undo"), t("supervise.undo")),
  };
  const handle = h("span", { class: "row-handle", "aria-hidden": "true" }, icon("drag"));
  const row = h("div", { class: "service-row" }, handle, part.ticket,
    h("span", { class: "row-main" }, part.kind, h("span", { class: "row-badges" }, part.priority, part.state), part.who),
    part.time, h("span", { class: "row-actions" }, part.undo, part.menu));
  parts.set(row, part);
  return row;
}

/** @param {Service} service @param {RowState} state */
function secondLine(service, { pending, to }) {
  if (pending === "undoable") return t("supervise.being_removed");
  if (pending === "transfer") return t("supervise.being_transferred", { queue: to });
  if (pending === "assign") return t("supervise.being_given", { employee: to });
  if (pending !== null) return t("supervise.being_changed");
  const name = /** @type {any} */ (service.customer)?.name;
  const who = typeof name === "string" ? name : "";
  if (service.claimed_by) return [t("supervise.with", { employee: service.claimed_by.name }), who].filter(Boolean).join(" · ");
  return [who, (service.requires ?? []).join(", ")].filter(Boolean).join(" · ");
}

/** @param {Service} service @param {number} now */
function timeOf(service, now) {
  switch (service.state) {
    case "scheduled": return clockTime(service.scheduled_for);
    case "waiting": return stopwatch(now - inLineSince(service));
    case "on_hold": return service.hold_until ? clockTime(service.hold_until) : "";
    default: return stopwatch(now - Date.parse(service.started_at ?? service.claimed_at ?? service.submitted_at));
  }
}

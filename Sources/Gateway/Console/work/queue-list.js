// The chosen queue's services in order.

import { h, icon, replace, setText } from "../app/dom.js";
import { serverNow } from "../app/server-clock.js";
import { clockTime, dateTime, number, stopwatch, t } from "../app/texts.js";
import { every } from "../app/ticker.js";
import { VirtualList } from "../app/virtual-list.js";
import { priorityText } from "./priority.js";
import { timeOf } from "./queue-figures.js";

const DAY = 86_400_000;
const BADGES = { waiting: "", claimed: "accent", serving: "good", on_hold: "warn", scheduled: "" };

/**
 * @param {import("./desk.js").Desk} desk
 * @param {{user: string, open: (service: import("../queue-copy.js").Service) => void, signal: AbortSignal}} options
 *   `user`: the id; `open`: called for a row that is chosen
 * @returns {HTMLElement}
 */
export function queueList(desk, { user, open, signal }) {
  const copy = () => desk.queue(desk.chosen)?.subscription.copy;
  const rem = Number.parseFloat(getComputedStyle(document.documentElement).fontSize);
  const list = new VirtualList({
    rowHeight: Math.round(3.25 * rem),
    label: t("work.list"),
    count: () => copy()?.size ?? 0,
    keyOf: (i) => copy().at(i).id,
    indexOf: (id) => copy()?.indexOf(id) ?? -1,
    renderRow: (i, reused) => row(reused, copy().at(i), user),
    activate: (id) => {
      const service = copy()?.get(id);
      if (service) open(service);
    },
  });
  list.element.addEventListener("click", ({ target }) => {
    const key = /** @type {HTMLElement} */ (target).closest("[data-key]")?.getAttribute("data-key");
    const service = key && copy()?.get(key);
    if (service) open(service);
  });
  const nothing = h("div", { class: "empty" });
  const more = h("p", { class: "muted list-more" });
  const element = h("div", { class: "queue-list" }, heading(), list.element, nothing, more);

  const show = () => {
    const queue = desk.queue(desk.chosen);
    const size = queue?.subscription.copy.size ?? 0;
    const isKnown = queue?.subscription.hasCopy ?? false;
    nothing.hidden = size > 0;
    list.element.hidden = size === 0;
    if (size === 0) replace(nothing, icon(isKnown ? "check" : "clock"), h("p", {}, t(isKnown ? "work.list_empty" : "app.loading")));
    const behind = (queue?.subscription.copy.total ?? 0) - size;
    more.hidden = behind <= 0;
    if (behind > 0) setText(more, t("work.more", { n: number(behind) }));
    list.update();
  };
  let frame = 0;
  const showSoon = (/** @type {string} */ name) => {
    if (name !== desk.chosen) return;
    frame ||= requestAnimationFrame(() => {
      frame = 0;
      show();
    });
  };
  const stops = [
    desk.on("change", showSoon),
    desk.on("queues", () => {
      list.element.scrollTop = 0;
      show();
    }),
  ];
  signal.addEventListener("abort", () => {
    cancelAnimationFrame(frame);
    for (const stop of stops) stop();
  }, { once: true });
  every(list.element, 1, () => {
    for (const one of list.element.querySelectorAll("[data-key]")) showTime(/** @type {any} */ (one));
  });
  show();
  return element;
}

/** What the columns are, for the eye; each row tells it in words. */
function heading() {
  const columns = ["ticket", "kind", "priority", "state", "time"];
  const heads = columns.map((name) => h("span", { class: `row-${name}` }, t(`work.column_${name}`)));
  return h("div", { class: "row row-head", "aria-hidden": "true" }, heads);
}

/**
 * The row of a service. Only what has changed is written.
 *
 * @param {any} reused
 * @param {import("../queue-copy.js").Service} service
 * @param {string} user
 */
function row(reused, service, user) {
  const made = reused ?? makeRow();
  if (made.service === service) return made;
  const { parts } = made;
  made.service = service;
  setText(parts.ticket, String(service.ticket));
  setText(parts.kind, service.kind);
  setText(parts.requires, service.requires?.join(", ") ?? "");
  parts.requires.hidden = !service.requires;
  setText(parts.priority, service.priority === 4 ? "" : priorityText(service.priority));
  parts.priority.hidden = service.priority === 4;
  parts.priority.className = `badge ${service.priority > 6 ? "bad" : service.priority > 4 ? "warn" : ""}`;
  setText(parts.state, t(`state.${service.state}`));
  parts.state.className = `badge ${BADGES[service.state] ?? ""}`;
  const isMine = service.claimed_by?.id === user;
  setText(parts.who, isMine ? t("work.you") : service.claimed_by?.name ?? "");
  made.classList.toggle("row-mine", isMine);
  made.since = timeOf(service);
  showTime(made);
  return made;
}

function makeRow() {
  const parts = {
    ticket: h("span", { class: "row-ticket number" }),
    kind: h("span", { class: "row-kind-name" }),
    requires: h("span", { class: "badge" }),
    priority: h("span", { class: "badge" }),
    state: h("span", { class: "badge" }),
    who: h("span", { class: "row-who" }),
    time: h("span", { class: "row-time number" }),
  };
  const made = h(
    "div",
    { class: "row" },
    parts.ticket,
    h("span", { class: "row-kind" }, parts.kind, parts.requires),
    h("span", { class: "row-priority" }, parts.priority),
    h("span", { class: "row-state" }, parts.state, parts.who),
    parts.time,
  );
  return Object.assign(made, { parts, service: null, since: null });
}

/** @param {any} made a row */
function showTime({ parts, since, service }) {
  if (!service) return;
  if (since === null) return setText(parts.time, dueText(service.scheduled_for));
  setText(parts.time, stopwatch(serverNow() - Date.parse(since)));
}

/** @param {string | undefined} at */
function dueText(at) {
  if (!at) return "";
  return Date.parse(at) - serverNow() < DAY ? clockTime(at) : dateTime(at);
}

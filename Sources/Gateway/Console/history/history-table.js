// The columns of the history, and those of what is short.

import { h } from "../app/dom.js";
import { dateTime, duration, t } from "../app/texts.js";

/** By their texts, in order. */
const NAMES = ["ticket", "kind", "state", "customer", "employee", "moments", "times"];

/**
 * For `pagedTable`; a row is an entry of `GET /v1/history`.
 *
 * @param {(id: string) => void} open shows a service's life
 */
export function columns(open) {
  return NAMES.map((name) => ({
    title: t(`history.column_${name}`),
    cell: (/** @type {any} */ entry) => (name === "ticket" ? opener(entry, open) : cells[name](entry)),
  }));
}

/** @param {any} entry @param {(id: string) => void} open */
function opener({ service: { id, ticket } }, open) {
  return h("button", { type: "button", class: "button small", dataset: { service: id }, "aria-label": t("history.open", { ticket }),
    on: { click: () => open(id) } }, String(ticket));
}

/** What each cell says; nothing where there is nothing. @type {Record<string, (entry: any) => any>} */
const cells = {
  kind: ({ service: { kind, queue } }) => lines(kind, queue),
  state: ({ service: { state } }) => h("span", { class: "badge", dataset: { state } }, t(`state.${state}`)),
  customer: ({ service }) => (typeof service.customer?.name === "string" ? service.customer.name : "–"),
  employee: ({ service }) => service.claimed_by?.name ?? "–",
  moments: ({ service: { submitted_at, ended_at } }) =>
    lines(dateTime(submitted_at), ended_at && t("history.until", { time: dateTime(ended_at) })),
  times: ({ waited_ms, served_ms }) => {
    const waited = waited_ms === undefined ? "–" : t("history.waited", { time: duration(waited_ms) });
    return lines(waited, served_ms !== undefined && t("history.served", { time: duration(served_ms) }));
  },
};

/** @param {string} first @param {string | false | undefined} second */
function lines(first, second) {
  return [first, second && h("span", { class: "admin-second" }, second)];
}

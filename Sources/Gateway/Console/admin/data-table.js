// Tables that become a list of cards where there is no room for columns.

import { h, replace } from "../app/dom.js";
import { t } from "../app/texts.js";
import { refusal } from "./loading.js";

/** Rows that one page of the console holds: who needs more, filters. */
export const MAXIMUM_ROWS = 5_000;

/**
 * The roles are said outright: browsers forget those of a table that is laid out as a block.
 *
 * @template Row
 * @param {{caption: string, columns: {title: string, cell: (row: Row) => any, class?: string}[], rows: Row[]}} table
 */
export function dataTable({ caption, columns, rows }) {
  const head = columns.map(({ title, class: name }) => h("th", { scope: "col", role: "columnheader", class: name }, title));
  const body = h("tbody", { role: "rowgroup" }, rows.map((row) => tableRow(columns, row)));
  return h(
    "table",
    { class: "table data-table", role: "table", "aria-label": caption },
    h("thead", { role: "rowgroup" }, h("tr", { role: "row" }, head)),
    body,
  );
}

function tableRow(columns, row) {
  const cells = columns.map(({ title, cell, class: name }, place) =>
    // The first cell names the row.
    place === 0
      ? h("th", { scope: "row", role: "rowheader", class: name }, cell(row))
      : h("td", { role: "cell", class: name, "data-label": title }, cell(row)),
  );
  return h("tr", { role: "row" }, cells);
}

/**
 * A table of pages: the first at once, each further one when it is asked for.
 *
 * @template Row
 * @param {object} options
 * @param {string} options.caption
 * @param {{title: string, cell: (row: Row) => any, class?: string}[]} options.columns
 * @param {{rows: Row[], next: string | null}} options.first
 * @param {(cursor: string) => Promise<{rows: Row[], next: string | null}>} options.more
 * @param {string} options.nothing what is said where there are no rows
 * @param {AbortSignal} options.signal
 */
export function pagedTable({ caption, columns, first, more, nothing, signal }) {
  if (first.rows.length === 0) return h("p", { class: "muted" }, nothing);
  const table = dataTable({ caption, columns, rows: first.rows });
  const body = table.querySelector("tbody");
  const foot = h("div", { class: "admin-more" });
  let cursor = first.next;
  const ask = async (button) => {
    button.disabled = true;
    try {
      const page = await more(cursor);
      if (signal.aborted) return;
      const rows = page.rows.map((row) => tableRow(columns, row));
      body.append(...rows);
      cursor = page.next;
      offer();
      // Whoever asked by keyboard goes on reading where the new rows begin.
      rows[0]?.querySelector("a, button, summary")?.focus();
    } catch (problem) {
      if (!signal.aborted) replace(foot, refusal(problem, offer));
    }
  };
  const offer = () => {
    if (!cursor) return replace(foot);
    if (body.rows.length >= MAXIMUM_ROWS) return replace(foot, h("p", { class: "muted" }, t("admin.too_many_rows")));
    const button = h("button", { type: "button", class: "button", on: { click: () => ask(button) } }, t("admin.more"));
    replace(foot, button);
  };
  offer();
  return [table, foot];
}

/**
 * Names and values.
 *
 * @param {[string, any][]} pairs
 */
export function facts(pairs) {
  return h("dl", { class: "admin-facts" }, pairs.map(([name, value]) => h("div", {}, h("dt", {}, name), h("dd", {}, value))));
}

// A list with filters over it: the newest filters win, an answer to those before is not shown.

import { h } from "../app/dom.js";
import { filterForm } from "./filter-form.js";
import { load } from "./loading.js";

/**
 * @template Answer
 * @param {object} options
 * @param {import("../app/form.js").FieldOptions[]} options.fields
 * @param {(values: Record<string, string>) => Record<string, string>} [options.queryOf] of what the form says
 * @param {(query: Record<string, string>, signal: AbortSignal) => Promise<Answer>} options.read
 * @param {(answer: Answer, query: Record<string, string>, signal: AbortSignal) => any} options.show
 * @param {AbortSignal} options.signal of the page
 * @returns {{elements: HTMLElement[], refresh: () => Promise<void>, query: () => Record<string, string>}}
 */
export function filteredList({ fields, queryOf = (values) => values, read, show, signal }) {
  const place = h("div", { class: "admin-list" });
  let query = queryOf(Object.fromEntries(fields.map(({ name, value = "" }) => [name, value])));
  let newest = new AbortController();
  const refresh = () => {
    newest.abort();
    newest = new AbortController();
    const both = AbortSignal.any([signal, newest.signal]);
    return load(place, both, () => read(query, both), (answer) => show(answer, query, both));
  };
  const change = (values) => {
    query = queryOf(values);
    return refresh();
  };
  return { elements: [filterForm({ fields, change }), place], refresh, query: () => query };
}

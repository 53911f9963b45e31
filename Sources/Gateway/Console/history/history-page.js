// The history: what became of services, newest first, by filters; one service's life; and all of it as CSV.

import { pagedTable } from "../admin/data-table.js";
import { h, icon, replace, setText } from "../app/dom.js";
import { field } from "../app/form.js";
import { useStyle } from "../app/styles.js";
import { problemText, t } from "../app/texts.js";
import { toast } from "../app/toast.js";
import { columns } from "./history-table.js";
import { fileName, filtersOf, NO_FILTERS, PAGE_SIZE, queryOf, STATES } from "./history-query.js";
import { showLife } from "./service-life.js";

/**
 * Shows the page until `signal` aborts.
 *
 * @param {any} context as the router gives it
 */
export async function page({ api, root, query, signal }) {
  const styles = ["/console/admin/admin.css", "/console/history/history.css"].map(useStyle);
  const [{ queues }] = await Promise.all([api.get("/v1/queues", { signal }), ...styles]);
  signal.throwIfAborted();
  new HistoryPage(queues.map((/** @type {{queue: string}} */ { queue }) => queue), filtersOf(query), { api, root, signal });
}

class HistoryPage {
  #api;
  #signal;
  /** Ended by the next search. */
  #asked = new AbortController();
  /** @type {Record<string, import("../app/form.js").Field>} */
  #fields;
  #status = h("p", { class: "history-status", role: "status" });
  #list = h("div", { class: "history-list" });
  #export = h("button", { type: "button", class: "button", on: { click: () => this.#download() } }, icon("download"), t("history.csv"));

  /** @param {string[]} queues @param {import("./history-query.js").Filters} filters @param {any} context */
  constructor(queues, filters, { api, root, signal }) {
    this.#api = api;
    this.#signal = signal;
    this.#fields = fieldsOf(queues, filters);
    signal.addEventListener("abort", () => this.#asked.abort());
    const clear = h("button", { type: "button", class: "button quiet", on: { click: () => this.#clear() } }, t("history.clear"));
    const search = h("button", { type: "submit", class: "button primary" }, icon("search"), t("history.search"));
    const form = h("form", { class: "history-filters card", novalidate: true, role: "search", "aria-label": t("history.filters"), on: {
      submit: (/** @type {Event} */ event) => {
        event.preventDefault();
        this.#search();
      },
    } }, Object.values(this.#fields).map(({ element }) => element), h("div", { class: "history-buttons" }, clear, search));
    replace(root, h("div", { class: "page-head" }, h("h1", {}, t("history.title")), this.#export), form, this.#status, this.#list);
    this.#search();
  }

  #clear() {
    for (const [name, one] of Object.entries(this.#fields)) one.value = NO_FILTERS[name];
    this.#search();
  }

  /** The filters as they stand in the form; null, and told at the field, where one is wrong. */
  #read() {
    const filters = Object.fromEntries(Object.entries(this.#fields).map(([name, { value }]) => [name, value]));
    for (const one of Object.values(this.#fields)) one.setError(null);
    try {
      return { filters, query: queryOf(/** @type {any} */ (filters)) };
    } catch (error) {
      if (!(error instanceof RangeError)) throw error;
      const wrong = this.#fields[error.message];
      wrong.setError(t(`history.wrong_${error.message}`));
      wrong.input.focus();
      return null;
    }
  }

  async #search() {
    const read = this.#read();
    if (!read) return;
    // A reload, or a link that is sent to somebody, shows the same.
    const kept = new URLSearchParams(Object.entries(read.filters).filter(([name, value]) => value !== NO_FILTERS[name])).toString();
    history.replaceState(null, "", `#/history${kept ? `?${kept}` : ""}`);
    this.#asked.abort();
    const { signal } = (this.#asked = new AbortController());
    setText(this.#status, t("history.loading"));
    this.#list.setAttribute("aria-busy", "true");
    const ask = async (/** @type {string | null} */ cursor) => {
      const query = { ...read.query, limit: PAGE_SIZE, cursor };
      const { entries, next_cursor } = await this.#api.get("/v1/history", { query, signal });
      return { rows: entries, next: next_cursor };
    };
    try {
      const first = await ask(null);
      if (signal.aborted) return;
      setText(this.#status, first.rows.length === 0 ? t("history.none") : first.next ? t("history.some") : t("history.all"));
      const cells = columns((id) => showLife(this.#api, id, this.#signal));
      replace(this.#list, first.rows.length > 0 && pagedTable({
        caption: t("history.caption"), columns: cells, first, more: ask, nothing: t("history.none"), signal,
      }));
    } catch (problem) {
      if (signal.aborted) return;
      replace(this.#list);
      setText(this.#status, problemText(problem));
    } finally {
      if (!signal.aborted) this.#list.removeAttribute("aria-busy");
    }
  }

  async #download() {
    const read = this.#read();
    if (!read) return;
    this.#export.disabled = true;
    const close = toast(t("history.exporting"), { seconds: 600 });
    try {
      const name = fileName(read.query, new Date());
      await this.#api.download("/v1/history", { query: read.query, accept: "text/csv", name, signal: this.#signal });
      toast(t("history.exported", { name }), { kind: "success" });
    } catch (problem) {
      if (!this.#signal.aborted) toast(problemText(problem), { kind: "error" });
    } finally {
      close();
      this.#export.disabled = false;
    }
  }
}

/** @param {string[]} queues @param {import("./history-query.js").Filters} filters */
function fieldsOf(queues, filters) {
  const any = { value: "", label: t("history.any") };
  const one = (/** @type {string} */ name, /** @type {any} */ rest) =>
    field({ name, label: t(`history.${name}`), value: filters[name], ...rest });
  const known = queues.includes(filters.queue) || filters.queue === "" ? queues : [...queues, filters.queue];
  return {
    queue: one("queue", { type: "select", options: [any, ...known.map((value) => ({ value, label: value }))] }),
    state: one("state", { type: "select", options: [any, ...STATES.map((value) => ({ value, label: t(`state.${value}`) }))] }),
    employee: one("employee", { attributes: { autocomplete: "off", maxlength: 128, spellcheck: "false" } }),
    by: one("by", { type: "select", options: ["submitted", "ended"].map((value) => ({ value, label: t(`history.by_${value}`) })) }),
    from: one("from", { type: "datetime-local" }),
    to: one("to", { type: "datetime-local" }),
  };
}

// Filters over a list: they work as soon as they are changed, and by Enter.

import { h } from "../app/dom.js";
import { field } from "../app/form.js";
import { t } from "../app/texts.js";

const MILLISECONDS_OF_TYPING = 350;

/**
 * @param {{fields: import("../app/form.js").FieldOptions[], change: (values: Record<string, string>) => any}} form
 */
export function filterForm({ fields, change }) {
  const made = fields.map((options) => field({ ...options, attributes: { autocomplete: "off", spellcheck: "false", ...options.attributes } }));
  const buttons = h(
    "div",
    { class: "admin-filter-buttons" },
    h("button", { type: "submit", class: "button" }, t("admin.search")),
    h("button", { type: "reset", class: "button quiet" }, t("admin.clear_filters")),
  );
  const form = h("form", { class: "admin-filters", role: "search", "aria-label": t("admin.filters") }, made.map((one) => one.element), buttons);
  let timer;
  const tell = () => {
    clearTimeout(timer);
    change(Object.fromEntries(made.map((one) => [one.name, one.value])));
  };
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    tell();
  });
  form.addEventListener("input", (event) => {
    clearTimeout(timer);
    timer = setTimeout(tell, event.target.tagName === "SELECT" ? 0 : MILLISECONDS_OF_TYPING);
  });
  form.addEventListener("reset", (event) => {
    // Not to what the page began with, but to nothing.
    event.preventDefault();
    for (const one of made) one.value = "";
    tell();
  });
  return form;
}

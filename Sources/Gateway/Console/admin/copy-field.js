// A text to take along: to read, to mark, to copy.

import { h, replace } from "../app/dom.js";
import { t } from "../app/texts.js";

let count = 0;

/**
 * @param {{label: string, value: string, hint?: string}} field
 */
export function copyField({ label, value, hint }) {
  const id = `copy-${++count}`;
  const input = h("input", {
    type: "text", id, readonly: true, spellcheck: "false", class: "admin-code",
    "aria-describedby": hint ? `${id}-hint` : null,
  });
  input.value = value;
  input.addEventListener("focus", () => input.select());
  const said = h("span", { class: "muted", role: "status" });
  const copy = async () => {
    try {
      await navigator.clipboard.writeText(value);
      replace(said, t("admin.copied"));
    } catch {
      // The browser does not let the page write there: what is marked is taken by the keys for copying.
      input.select();
      replace(said, t("admin.copy_by_hand"));
    }
  };
  return h(
    "div",
    { class: "admin-copy" },
    h("label", { for: id }, label),
    h(
      "div",
      { class: "admin-row" },
      input,
      h("button", { type: "button", class: "button", "aria-label": t("admin.copy_what", { what: label }), on: { click: copy } }, t("admin.copy")),
    ),
    hint ? h("span", { class: "muted", id: `${id}-hint` }, hint) : null,
    said,
  );
}

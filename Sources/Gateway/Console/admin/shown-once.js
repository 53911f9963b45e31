// A secret that the server shows this once: to copy, and then it is gone.

import { h } from "../app/dom.js";
import { t } from "../app/texts.js";
import { copyField } from "./copy-field.js";

/**
 * @param {object} secret
 * @param {string} secret.title
 * @param {string} secret.hint what it is for, and for how long
 * @param {{label: string, value: string}[]} secret.values
 * @param {() => void} secret.close what comes when it was put away
 */
export function shownOnce({ title, hint, values, close }) {
  const heading = h("h2", { tabindex: "-1" }, title);
  const card = h(
    "section",
    { class: "card admin-section admin-secret" },
    heading,
    h("p", {}, hint),
    values.map(copyField),
    h("p", { class: "admin-warning" }, t("admin.once.warning")),
    h("button", { type: "button", class: "button", on: { click: close } }, t("admin.once.close")),
  );
  // What matters most now is what is read first.
  queueMicrotask(() => heading.focus());
  return card;
}

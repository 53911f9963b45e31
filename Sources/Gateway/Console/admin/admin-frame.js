// What every page of the administrator stands in: its heading, the way back, its actions.

import { h, replace } from "../app/dom.js";
import { useStyle } from "../app/styles.js";

/**
 * Fills `root` and answers where the page's own content goes.
 *
 * @param {HTMLElement} root
 * @param {{title: string, lead?: string, back?: {href: string, text: string}, actions?: Node[]}} page
 * @returns {Promise<HTMLElement>}
 */
export async function frame(root, { title, lead, back, actions = [] }) {
  await useStyle("/console/admin/admin.css");
  const content = h("div", { class: "admin-content" });
  const heading = h(
    "div",
    { class: "page-head" },
    h(
      "div",
      {},
      back ? h("a", { class: "admin-back", href: back.href }, "\u2190 ", back.text) : null,
      h("h1", { tabindex: "-1" }, title),
      lead ? h("p", { class: "muted" }, lead) : null,
    ),
    actions,
  );
  replace(root, h("div", { class: "admin" }, heading, content));
  return content;
}

/**
 * A part of a page with a heading of its own.
 *
 * @param {string} title
 * @param {...any} children
 */
export function section(title, ...children) {
  return h("section", { class: "card admin-section" }, h("h2", {}, title), children);
}

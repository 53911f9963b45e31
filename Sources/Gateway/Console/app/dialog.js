// Dialogues: the browser's own, which keeps the focus inside and gives it back.

import { h, iconButton } from "./dom.js";
import { t } from "./texts.js";

let number = 0;

/**
 * Shows a dialogue. Escape and the closing button close it.
 *
 * @param {import("./dom.js").Child} content
 * @param {{title: string, wide?: boolean, signal?: AbortSignal}} options
 * @returns {{element: HTMLDialogElement, close: (value?: any) => void, closed: Promise<any>}} `closed` gives the value
 *   that `close` was called with; undefined when it was closed otherwise
 */
export function dialog(content, { title, wide = false, signal }) {
  const id = `dialog-title-${(number += 1)}`;
  const before = document.activeElement;
  /** @type {any} */
  let value;
  const close = (/** @type {any} */ given) => {
    value = given;
    element.close();
  };
  const element = h(
    "dialog",
    { class: wide ? "dialog dialog-wide" : "dialog", "aria-labelledby": id },
    h(
      "div",
      { class: "dialog-head" },
      h("h2", { id }, title),
      iconButton("close", t("app.close"), () => close()),
    ),
    h("div", { class: "dialog-body" }, content),
  );
  const closed = new Promise((resolve) => {
    element.addEventListener("close", () => {
      element.remove();
      if (before instanceof HTMLElement && before.isConnected) before.focus();
      resolve(value);
    });
  });
  signal?.addEventListener("abort", () => close(), { once: true });
  document.body.append(element);
  element.showModal();
  return { element, close, closed };
}

/**
 * Asks before something that is not easily undone.
 *
 * @param {{title: string, text?: import("./dom.js").Child, action: string, danger?: boolean, typed?: string, dismiss?: string, signal?: AbortSignal}} options
 *   `typed`: what has to be written before the button can be pressed; `dismiss`: what the other button says
 * @returns {Promise<boolean>}
 */
export async function confirm({ title, text, action, danger = false, typed, dismiss = t("app.cancel"), signal }) {
  const act = h(
    "button",
    { type: "submit", class: danger ? "button danger" : "button primary", disabled: typed !== undefined },
    action,
  );
  const input = h("input", { type: "text", autocomplete: "off", spellcheck: "false", on: {
    input: () => (act.disabled = input.value !== typed),
  } });
  const form = h(
    "form",
    { on: { submit: (/** @type {Event} */ event) => {
      event.preventDefault();
      if (!act.disabled) shown.close(true);
    } } },
    text && h("p", {}, text),
    typed !== undefined &&
      h("label", { class: "field" }, h("span", { class: "field-label" }, t("app.type_to_confirm", { text: typed })), input),
    h("div", { class: "dialog-actions" }, h("button", { type: "button", class: "button", on: { click: () => shown.close(false) } }, dismiss), act),
  );
  const shown = dialog(form, { title, signal });
  (typed !== undefined ? input : act).focus();
  return (await shown.closed) === true;
}

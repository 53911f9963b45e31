// Short messages at the edge of the page, read out when they come.

import { h, icon, iconButton } from "./dom.js";
import { t } from "./texts.js";

/** More than that at one time and the oldest goes. */
const MOST = 4;

/** @type {HTMLElement | null} */
let region = null;

/**
 * @param {string} text
 * @param {{action?: {label: string, run: () => void}, kind?: "info" | "success" | "error", seconds?: number}} [options]
 *   `seconds`: how long it stays, longer while the pointer or the focus is on it
 * @returns {() => void} takes it away
 */
export function toast(text, { action, kind = "info", seconds = action || kind === "error" ? 10 : 5 } = {}) {
  const close = () => {
    clearTimeout(timer);
    element.remove();
  };
  const element = h(
    "div",
    { class: `toast toast-${kind}` },
    icon(kind === "error" ? "alert" : kind === "success" ? "check" : "info"),
    h("span", { class: "toast-text" }, text),
    action && h("button", { type: "button", class: "button quiet", on: { click: () => (close(), action.run()) } }, action.label),
    iconButton("close", t("app.dismiss"), close),
  );
  let timer = setTimeout(close, seconds * 1_000);
  const hold = () => clearTimeout(timer);
  const letGo = () => {
    clearTimeout(timer);
    timer = setTimeout(close, seconds * 1_000);
  };
  element.addEventListener("pointerenter", hold);
  element.addEventListener("focusin", hold);
  element.addEventListener("pointerleave", letGo);
  element.addEventListener("focusout", letGo);
  const parent = toastRegion();
  parent.append(element);
  while (parent.children.length > MOST) parent.firstElementChild.remove();
  return close;
}

/** The live region, which must be there before what it is to read out. */
export function toastRegion() {
  if (!region) {
    region = h("div", { class: "toasts", role: "status", "aria-live": "polite", "aria-atomic": "false" });
    document.body.append(region);
  }
  return region;
}

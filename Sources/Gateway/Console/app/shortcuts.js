// Keyboard shortcuts: single keys that do nothing while somebody is writing.

import { dialog } from "./dialog.js";
import { h } from "./dom.js";
import { field } from "./form.js";
import { hasText, t } from "./texts.js";

/** @typedef {{key: string, label: string, run: (() => void) | null}} Shortcut */

/** Single keys can be in the way of speech input: they can be switched off, remembered. */
const OFF = "usher.shortcuts_off";

/** @type {Set<Shortcut>} */
const shortcuts = new Set();

/**
 * A shortcut, for as long as the signal has not aborted. With `run` null it is only told in the help: the page handles the
 * key itself.
 *
 * @param {string} key as in `KeyboardEvent.key`
 * @param {string} label what it does
 * @param {(() => void) | null} run
 * @param {AbortSignal} [signal]
 */
export function shortcut(key, label, run, signal) {
  const made = { key, label, run };
  shortcuts.add(made);
  signal?.addEventListener("abort", () => shortcuts.delete(made), { once: true });
}

/** Shows all shortcuts that there are now. */
export function showShortcuts() {
  if (document.querySelector("dialog[open]")) return;
  const rows = [...shortcuts].map(({ key, label }) => [h("dt", {}, h("kbd", {}, keyText(key))), h("dd", {}, label)]);
  const isOn = localStorage.getItem(OFF) === null;
  const single = field({ name: "single", type: "checkbox", label: t("app.single_keys"), value: isOn });
  single.input.addEventListener("change", () => {
    if (single.value) localStorage.removeItem(OFF);
    else localStorage.setItem(OFF, "1");
  });
  dialog([h("dl", { class: "shortcuts" }, rows), h("hr", {}), single.element], { title: t("app.shortcuts") });
}

/** @param {string} key */
function keyText(key) {
  return hasText(`key.${key}`) ? t(`key.${key}`) : key.toUpperCase();
}

/** @param {KeyboardEvent} event */
function isWriting({ target }) {
  return target instanceof HTMLElement && (target.isContentEditable || /^(INPUT|TEXTAREA|SELECT)$/.test(target.tagName));
}

addEventListener("keydown", (event) => {
  if (event.defaultPrevented || event.ctrlKey || event.metaKey || event.altKey || event.repeat || isWriting(event)) return;
  if (localStorage.getItem(OFF) !== null || document.querySelector("dialog[open]")) return;
  for (const { key, run } of shortcuts) {
    if (key !== event.key || !run) continue;
    event.preventDefault();
    return run();
  }
});

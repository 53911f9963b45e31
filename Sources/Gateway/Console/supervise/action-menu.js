// A menu at a button, as the ARIA practices describe it: arrows, Home, End, the first letter, Escape; one at a time.

import { h, icon } from "../app/dom.js";

/** @typedef {{label: string, icon: any, run: () => void, danger?: boolean}} Item */

/** @type {(() => void) | null} */
let closeOpen = null;

/**
 * @param {HTMLElement} button
 * @param {Item[]} items
 * @param {{label: string, parent: HTMLElement, giveBack: () => void}} options `parent`: where the menu stands in the
 *   document; `giveBack` gives the focus back, also before what was chosen: a dialogue returns it to where it was
 */
export function openMenu(button, items, { label, parent, giveBack }) {
  closeOpen?.();
  const stop = new AbortController();
  const made = items.map((item) => h("button", {
    type: "button", role: "menuitem", tabindex: "-1", class: ["menu-item", item.danger && "danger"],
    on: { click: () => (leave(), item.run()) },
  }, icon(item.icon), item.label));
  const menu = h("div", { class: "action-menu card", role: "menu", "aria-label": label }, made);
  const close = () => {
    stop.abort();
    menu.remove();
    button.removeAttribute("aria-expanded");
    closeOpen = null;
  };
  closeOpen = close;
  const leave = () => (close(), giveBack());
  menu.addEventListener("keydown", (event) => {
    const at = made.indexOf(/** @type {any} */ (document.activeElement));
    const to = placeAfter(event.key, at, items);
    if (event.key === "Escape" || event.key === "Tab") leave();
    else if (to !== null) made[to].focus();
    else return;
    event.preventDefault();
    event.stopPropagation();
  });
  const { signal } = stop;
  document.addEventListener("pointerdown", ({ target }) => {
    if (!menu.contains(/** @type {Node} */ (target))) close();
  }, { signal, capture: true });
  addEventListener("resize", leave, { signal });
  document.addEventListener("scroll", ({ target }) => target !== menu && close(), { signal, capture: true });
  button.setAttribute("aria-expanded", "true");
  parent.append(menu);
  place(menu, button.getBoundingClientRect());
  made[0]?.focus({ preventScroll: true });
}

/**
 * @param {string} key
 * @param {number} at
 * @param {Item[]} items
 * @returns {number | null}
 */
export function placeAfter(key, at, items) {
  const count = items.length;
  switch (key) {
    case "ArrowDown": return (at + 1) % count;
    case "ArrowUp": return (at - 1 + count) % count;
    case "Home": return 0;
    case "End": return count - 1;
  }
  if (key.length !== 1 || key === " ") return null;
  const letter = key.toLocaleLowerCase();
  for (let step = 1; step <= count; step++) {
    const to = (at + step) % count;
    if (items[to].label.toLocaleLowerCase().startsWith(letter)) return to;
  }
  return null;
}

/**
 * Below the button, or above where there is no room; never beyond the window.
 *
 * @param {HTMLElement} menu
 * @param {DOMRect} at
 */
function place(menu, at) {
  const { width, height } = menu.getBoundingClientRect();
  const below = at.bottom + 4;
  const top = below + height > innerHeight - 8 ? Math.max(8, at.top - height - 4) : below;
  menu.style.top = `${top}px`;
  menu.style.left = `${Math.max(8, Math.min(at.right - width, innerWidth - width - 8))}px`;
}

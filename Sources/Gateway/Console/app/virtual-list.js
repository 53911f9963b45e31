// A list of thousands that draws only the rows in sight.

import { h } from "./dom.js";
import { rowAfterKey, rowWindow, topFor } from "./row-window.js";

/**
 * @typedef {{
 *   rowHeight: number, count: () => number, keyOf: (i: number) => string,
 *   renderRow: (i: number, reused: HTMLElement | null) => HTMLElement,
 *   indexOf?: (key: string) => number, label?: string, activate?: (key: string, row: HTMLElement) => void,
 *   onKey?: (event: KeyboardEvent, i: number) => void,
 * }} ListOptions
 */

/**
 * Rows of one height, each under a key, in order. One row can have the focus (arrows, Home, End, PageUp, PageDown); it
 * stays drawn wherever the list is scrolled to. What is in sight stays where it is when rows before it come and go, as long as
 * the list is scrolled and `indexOf` is given.
 *
 * - `renderRow(i, reused)` gives the row's element. `reused` is the one that this key had, or one that is free (another
 *   `dataset.key`), or null: change it as far as needed and return it.
 * - `activate` is called for Enter on a row.
 */
export class VirtualList {
  /** @type {ListOptions} */
  #options;
  #spacer = h("div", { class: "virtual-rows", role: "list" });
  /** What is drawn, by key. @type {Map<string, HTMLElement>} */
  #rows = new Map();
  /** The row that the Tab key comes to. @type {string | null} */
  #current = null;
  /** What stood at the upper edge, and how far above it. @type {{key: string, offset: number} | null} */
  #anchor = null;
  #frame = 0;
  #count = -1;

  /** The element, which scrolls; its height is the page's to give. */
  element;

  /** @param {ListOptions} options */
  constructor(options) {
    this.#options = options;
    this.element = h("div", { class: "virtual-list" }, this.#spacer);
    if (options.label) this.#spacer.setAttribute("aria-label", options.label);
    this.element.style.setProperty("--row-height", `${options.rowHeight}px`);
    this.element.addEventListener("scroll", () => this.#scrolled(), { passive: true });
    this.#spacer.addEventListener("keydown", (event) => this.#key(event));
    this.#spacer.addEventListener("focusin", ({ target }) => {
      const row = /** @type {Element} */ (target).closest("[data-key]");
      if (row instanceof HTMLElement) this.#become(row.dataset.key ?? null);
    });
    new ResizeObserver(() => this.update()).observe(this.element);
  }

  /** Draws what has changed, at once. */
  update() {
    cancelAnimationFrame(this.#frame);
    this.#frame = 0;
    const { rowHeight, count, indexOf } = this.#options;
    const length = count();
    if (length !== this.#count) {
      this.#count = length;
      this.#spacer.style.height = `${length * rowHeight}px`;
    }
    if (this.#anchor && indexOf && this.element.scrollTop > 0) {
      const i = indexOf(this.#anchor.key);
      const top = i * rowHeight + this.#anchor.offset;
      if (i >= 0 && Math.abs(top - this.element.scrollTop) >= 1) this.element.scrollTop = top;
    }
    this.#draw();
  }

  /** Draws in the next frame, however often it is called before. */
  updateSoon() {
    this.#frame ||= requestAnimationFrame(() => this.update());
  }

  /** The key of the row that has the focus, or had it last. */
  get current() {
    return this.#current;
  }

  /**
   * Scrolls to a row, and gives it the focus unless told otherwise.
   *
   * @param {number} i
   * @param {{focus?: boolean}} [options]
   */
  show(i, { focus = true } = {}) {
    const { rowHeight, keyOf } = this.#options;
    const { scrollTop: top, clientHeight: height } = this.element;
    this.element.scrollTop = topFor(i, { top, height, rowHeight });
    this.#become(keyOf(i));
    this.#draw();
    if (focus) this.#rows.get(keyOf(i))?.focus({ preventScroll: true });
  }

  #scrolled() {
    this.#frame ||= requestAnimationFrame(() => {
      this.#frame = 0;
      this.#draw();
    });
  }

  #draw() {
    const { rowHeight, keyOf, indexOf, renderRow } = this.#options;
    const { scrollTop: top, clientHeight: height } = this.element;
    const { first, end } = rowWindow({ top, height, rowHeight, count: this.#count });
    const wanted = new Map();
    for (let i = first; i < end; i++) wanted.set(keyOf(i), i);
    const focused = this.#focusedKey();
    if (focused !== null && !wanted.has(focused)) {
      const i = indexOf ? indexOf(focused) : -1;
      if (i >= 0) wanted.set(focused, i);
    }
    const hadFocus = focused !== null && !wanted.has(focused);
    const place = hadFocus ? Number(this.#rows.get(focused)?.getAttribute("aria-posinset")) - 1 : first;
    const free = [];
    for (const [key, row] of this.#rows) {
      if (wanted.has(key)) continue;
      this.#rows.delete(key);
      free.push(row);
    }
    for (const [key, i] of wanted) this.#place(key, i, renderRow(i, this.#rows.get(key) ?? free.pop() ?? null));
    for (const row of free) row.remove();
    this.#putInOrder(wanted);
    const edge = Math.min(Math.floor(top / rowHeight), this.#count - 1);
    this.#anchor = edge >= 0 ? { key: keyOf(edge), offset: top - edge * rowHeight } : null;
    this.#keepReachable(wanted, Math.max(0, place));
    if (hadFocus && this.#current !== null) this.#rows.get(this.#current)?.focus({ preventScroll: true });
  }

  /**
   * @param {string} key
   * @param {number} i
   * @param {HTMLElement} row
   */
  #place(key, i, row) {
    if (row.dataset.key !== key) row.dataset.key = key;
    if (row.getAttribute("role") !== "listitem") row.setAttribute("role", "listitem");
    const place = `translateY(${i * this.#options.rowHeight}px)`;
    if (row.style.transform !== place) row.style.transform = place;
    setAttribute(row, "aria-setsize", String(this.#count));
    setAttribute(row, "aria-posinset", String(i + 1));
    setAttribute(row, "tabindex", key === this.#current ? "0" : "-1");
    this.#rows.set(key, row);
  }

  /**
   * The order in the document is the order on the screen, as screen readers read it. The row with the focus is not
   * moved, for it would lose it.
   *
   * @param {Map<string, number>} wanted
   */
  #putInOrder(wanted) {
    const focused = this.#focusedKey();
    const keys = [...wanted].sort((a, b) => a[1] - b[1]).map(([key]) => key);
    let next = /** @type {Node | null} */ (null);
    for (const key of keys.reverse()) {
      const row = this.#rows.get(key);
      if (row.parentNode !== this.#spacer || (row.nextSibling !== next && key !== focused)) this.#spacer.insertBefore(row, next);
      next = row;
    }
  }

  /**
   * Some row can always be reached by Tab.
   *
   * @param {Map<string, number>} wanted
   * @param {number} place the one to take where the present one has gone
   */
  #keepReachable(wanted, place) {
    if (this.#current !== null && wanted.has(this.#current)) return;
    if (this.#count === 0) return void (this.#current = null);
    this.#become(this.#options.keyOf(Math.min(place, this.#count - 1)));
  }

  /** @param {string | null} key */
  #become(key) {
    if (key === this.#current) return;
    if (this.#current !== null) setAttribute(this.#rows.get(this.#current), "tabindex", "-1");
    this.#current = key;
    if (key !== null) setAttribute(this.#rows.get(key), "tabindex", "0");
  }

  #focusedKey() {
    const row = document.activeElement?.closest("[data-key]");
    return row instanceof HTMLElement && row.parentNode === this.#spacer ? row.dataset.key ?? null : null;
  }

  /** @param {KeyboardEvent} event */
  #key(event) {
    const { keyOf, indexOf, activate, onKey, rowHeight } = this.#options;
    const row = /** @type {Element} */ (event.target).closest("[data-key]");
    if (!(row instanceof HTMLElement) || event.target !== row) return;
    const key = row.dataset.key ?? "";
    const i = indexOf ? indexOf(key) : Number(row.getAttribute("aria-posinset")) - 1;
    onKey?.(event, i);
    if (event.defaultPrevented || event.ctrlKey || event.metaKey || event.altKey) return;
    if (event.key === "Enter" && activate) {
      event.preventDefault();
      return activate(keyOf(i), row);
    }
    const to = rowAfterKey(event.key, i, this.#count, Math.max(1, Math.floor(this.element.clientHeight / rowHeight) - 1));
    if (to === null) return;
    event.preventDefault();
    this.show(to);
  }
}

/**
 * @param {Element | undefined} element
 * @param {string} name
 * @param {string} value
 */
function setAttribute(element, name, value) {
  if (element && element.getAttribute(name) !== value) element.setAttribute(name, value);
}

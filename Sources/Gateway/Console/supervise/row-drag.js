// Drag and drop of rows by pointer: within a list it reorders, onto another list it transfers. Pointer events alone, so
// that mouse, pen and touch are the same.

import { h, setText } from "../app/dom.js";
import { t } from "../app/texts.js";
import { gapAt, isMovable, placeOfGap, scrollSpeed } from "./move-plan.js";
import { ROW_HEIGHT } from "./service-row.js";

/** Pixels that the pointer goes before a press is a drag. */
const SLACK = 5;

/** @typedef {import("./queue-column.js").QueueColumn} QueueColumn */

/**
 * One drag at a time, of any row of the columns.
 */
export class RowDrag {
  #root;
  #columns;
  #say;
  #ghost = h("div", { class: "drag-ghost card", "aria-hidden": "true", hidden: true });
  #line = h("div", { class: "drop-line", "aria-hidden": "true", hidden: true });
  /** @type {{pointer: number, column: QueueColumn, id: string, ticket: number, x: number, y: number, isOn: boolean} | null} */
  #drag = null;
  #frame = 0;
  #before = 0;

  /**
   * @param {HTMLElement} root
   * @param {() => QueueColumn[]} columns
   * @param {(text: string) => void} say
   * @param {{transfer: (from: QueueColumn, id: string, to: string) => void, signal: AbortSignal}} options
   */
  constructor(root, columns, say, { transfer, signal }) {
    this.#root = root;
    this.#columns = columns;
    this.#say = say;
    this.transfer = transfer;
    root.append(this.#ghost, this.#line);
    root.addEventListener("pointerdown", (event) => this.#press(event), { signal });
    root.addEventListener("pointermove", (event) => this.#move(event), { signal });
    root.addEventListener("pointerup", (event) => event.pointerId === this.#drag?.pointer && this.#drop(), { signal });
    for (const name of ["pointercancel", "lostpointercapture"]) {
      root.addEventListener(name, (event) => event.pointerId === this.#drag?.pointer && this.#cancel(), { signal });
    }
    addEventListener("keydown", (event) => {
      if (event.key !== "Escape" || !this.#drag?.isOn) return;
      event.stopPropagation();
      this.#cancel();
    }, { signal, capture: true });
    signal.addEventListener("abort", () => this.#end());
  }

  /** @param {PointerEvent} event */
  #press(event) {
    const target = /** @type {Element} */ (event.target);
    const row = target.closest(".service-row");
    if (this.#drag || event.button !== 0 || !(row instanceof HTMLElement) || target.closest("button")) return;
    // By touch the rows scroll; the handle drags.
    if (event.pointerType === "touch" && !target.closest(".row-handle")) return;
    const column = this.#columns().find(({ list }) => list.element.contains(row));
    const service = column?.service(row.dataset.key ?? "");
    if (!column || !service || row.classList.contains("is-leaving")) return;
    this.#drag = {
      pointer: event.pointerId, column, id: service.id, ticket: service.ticket, x: event.clientX, y: event.clientY, isOn: false,
    };
  }

  /** @param {PointerEvent} event */
  #move(event) {
    const drag = this.#drag;
    if (!drag || event.pointerId !== drag.pointer) return;
    if (!drag.isOn && Math.hypot(event.clientX - drag.x, event.clientY - drag.y) < SLACK) return;
    [drag.x, drag.y] = [event.clientX, event.clientY];
    if (!drag.isOn) this.#begin(drag);
    event.preventDefault();
    this.#follow();
  }

  /** @param {any} drag */
  #begin(drag) {
    drag.isOn = true;
    // The rows are reused while the list scrolls: the pointer belongs to what stays.
    this.#root.setPointerCapture(drag.pointer);
    this.#root.classList.add("is-dragging");
    setText(this.#ghost, `${drag.ticket}  ${drag.column.service(drag.id)?.kind ?? ""}`);
    this.#ghost.hidden = false;
    this.#before = performance.now();
    this.#frame = requestAnimationFrame((now) => this.#scroll(now));
    this.#say(t("supervise.drag_begun", { ticket: drag.ticket }));
  }

  /** Shows where the row would go. */
  #follow() {
    const drag = /** @type {any} */ (this.#drag);
    this.#ghost.style.transform = `translate(${drag.x + 12}px, ${drag.y + 8}px)`;
    const over = this.#over();
    for (const column of this.#columns()) {
      column.element.classList.toggle("is-target", column === over && over !== drag.column);
    }
    const gap = over === drag.column ? this.#gap() : null;
    this.#line.hidden = gap === null;
    if (gap === null) return;
    const box = over.list.element.getBoundingClientRect();
    const top = box.top + gap * ROW_HEIGHT - over.list.element.scrollTop;
    this.#line.style.top = `${Math.min(box.bottom, Math.max(box.top, top))}px`;
    this.#line.style.left = `${box.left}px`;
    this.#line.style.width = `${box.width}px`;
  }

  /** The column under the pointer. */
  #over() {
    const { x, y } = /** @type {any} */ (this.#drag);
    return this.#columns().find(({ element }) => {
      const { left, right, top, bottom } = element.getBoundingClientRect();
      return x >= left && x < right && y >= top && y < bottom;
    });
  }

  /** The gap of its own list that the pointer points at; null for what cannot be moved. */
  #gap() {
    const { column, id, y } = /** @type {any} */ (this.#drag);
    if (!isMovable(column.service(id))) return null;
    const { element } = column.list;
    return gapAt(y - element.getBoundingClientRect().top + element.scrollTop, ROW_HEIGHT, column.model.rows.length);
  }

  /** Scrolls the list under the pointer for as long as that is near an edge. @param {number} now */
  #scroll(now) {
    if (!this.#drag?.isOn) return;
    this.#frame = requestAnimationFrame((next) => this.#scroll(next));
    const elapsed = Math.min(100, now - this.#before);
    this.#before = now;
    const { column, y } = this.#drag;
    if (this.#over() !== column) return;
    const { element } = column.list;
    const { top, bottom } = element.getBoundingClientRect();
    const by = (scrollSpeed(y, top, bottom) * elapsed) / 1_000;
    if (by === 0) return;
    element.scrollTop += by;
    this.#follow();
  }

  #drop() {
    const drag = /** @type {any} */ (this.#drag);
    if (!drag.isOn) return this.#end();
    const over = this.#over();
    const gap = over === drag.column ? this.#gap() : null;
    const { column, id, ticket } = drag;
    this.#end();
    if (over && over !== column) this.transfer(column, id, over.queue);
    else if (gap !== null) column.moveTo(id, placeOfGap(gap, column.model.indexOf(id)));
    else this.#say(t("supervise.drag_nowhere", { ticket }));
  }

  #cancel() {
    const drag = this.#drag;
    this.#end();
    if (drag?.isOn) this.#say(t("supervise.drag_cancelled", { ticket: drag.ticket }));
  }

  #end() {
    cancelAnimationFrame(this.#frame);
    const drag = this.#drag;
    this.#drag = null;
    if (drag && this.#root.hasPointerCapture(drag.pointer)) this.#root.releasePointerCapture(drag.pointer);
    this.#root.classList.remove("is-dragging");
    for (const column of this.#columns()) column.element.classList.remove("is-target");
    this.#ghost.hidden = true;
    this.#line.hidden = true;
  }
}

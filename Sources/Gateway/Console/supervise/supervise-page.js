// The supervisor's page: several queues side by side, live.

import { h, icon, replace } from "../app/dom.js";
import { useStyle } from "../app/styles.js";
import { shortcut } from "../app/shortcuts.js";
import { t } from "../app/texts.js";
import { toast } from "../app/toast.js";
import { chosenQueues, MOST_CHOSEN, remember, toggled } from "./chosen-queues.js";
import { QueueColumn } from "./queue-column.js";
import { Removals, UNDO_FOR } from "./removals.js";
import { RowDrag } from "./row-drag.js";

/** Under what the choice of queues is kept. It holds names of queues alone. */
const CHOSEN_KEY = "usher.supervise.queues";
/** From this width on the queues stand side by side; below it one is shown at a time. */
const WIDE = "(min-width: 56rem)";

/**
 * Shows the page until `signal` aborts.
 *
 * @param {any} context as the router gives it
 */
export async function page({ session, api, live, commands, root, signal }) {
  const [{ queues }] = await Promise.all([api.get("/v1/queues", { signal }), useStyle("/console/supervise/supervise.css")]);
  signal.throwIfAborted();
  const available = queues.map((/** @type {{queue: string}} */ { queue }) => queue);
  new SupervisePage({ available, user: session.user.id, api, live, commands, root, signal });
}

class SupervisePage {
  /** @type {QueueColumn[]} */
  #columns = [];
  #chosen;
  #available;
  #context;
  #said = h("div", { class: "visually-hidden", "aria-live": "assertive" });
  #picker = h("div", { class: "queue-picker", role: "group", "aria-label": t("supervise.queues") });
  #tabs = h("div", { class: "tabs column-tabs", role: "tablist", "aria-label": t("supervise.queues") });
  #board = h("div", { class: "columns" });
  /** The queue that a narrow screen shows. */
  #current = "";
  #wide = matchMedia(WIDE);
  #removals;

  /** @param {any} context */
  constructor({ available, user, api, live, commands, root, signal }) {
    this.#available = available;
    this.#chosen = chosenQueues(localStorage.getItem(CHOSEN_KEY), available);
    this.#removals = new Removals(
      (item) => item.send(), () => this.#columns.forEach((column) => column.refresh()),
      { setTimeout: (action, delay) => setTimeout(action, delay), clearTimeout: (timer) => clearTimeout(timer) });
    this.#context = {
      live, commands, root, signal, user, queues: () => this.#available, say: (/** @type {string} */ text) => this.#say(text),
      remove: (/** @type {QueueColumn} */ column, /** @type {any} */ service) => this.#remove(column, service),
      undo: (/** @type {string} */ id) => this.#undo(id), isUndoable: (/** @type {string} */ id) => this.#removals.has(id),
    };
    replace(root,
      h("div", { class: "page-head" }, h("h1", {}, t("supervise.title")), this.#picker),
      h("p", { id: "supervise-help", class: "visually-hidden" }, t("supervise.help")),
      available.length === 0 && h("p", {}, t("supervise.no_queues")), this.#tabs, this.#board, this.#said);
    new RowDrag(root, () => this.#columns.filter(({ element }) => !element.hidden), this.#context.say, {
      signal, transfer: (from, id, to) => {
        const service = from.service(id);
        if (service) from.actions.confirmTransfer(service, to, signal);
      },
    });
    for (const [key, label] of [["space", "supervise.key_grab"], ["enter", "supervise.key_menu"], ["delete", "supervise.key_remove"],
      ["ctrl_z", "supervise.key_undo"]]) shortcut(t(`supervise.name_${key}`), t(label), null, signal);
    addEventListener("keydown", (event) => this.#key(event), { signal });
    this.#wide.addEventListener("change", () => this.#arrange(), { signal });
    addEventListener("pagehide", () => this.#leave(api), { signal });
    signal.addEventListener("abort", () => this.#end());
    this.#choose(this.#chosen);
  }

  /** @param {string[]} chosen */
  #choose(chosen) {
    this.#chosen = chosen;
    localStorage.setItem(CHOSEN_KEY, remember(chosen));
    for (const column of this.#columns.filter(({ queue }) => !chosen.includes(queue))) column.end();
    this.#columns = chosen.map((queue) => this.#columns.find((column) => column.queue === queue) ?? new QueueColumn(queue, this.#context));
    if (!chosen.includes(this.#current)) this.#current = chosen[0] ?? "";
    const focused = document.activeElement?.getAttribute("data-queue");
    this.#drawPicker();
    // What is on the page already stays where it is, scrolled and focused.
    for (const { element } of this.#columns) if (!element.isConnected) this.#board.append(element);
    if (focused) /** @type {any} */ (this.#picker.querySelector(`[data-queue="${CSS.escape(focused)}"]`))?.focus();
    this.#arrange();
  }

  #drawPicker() {
    replace(this.#picker, this.#available.map((queue) => {
      const isChosen = this.#chosen.includes(queue);
      const isBarred = !isChosen && this.#chosen.length >= MOST_CHOSEN;
      return h("button", { type: "button", class: "chip", "aria-pressed": String(isChosen), dataset: { queue }, disabled: isBarred,
        on: { click: () => this.#choose(toggled(this.#chosen, queue)) } }, isChosen && icon("check"), queue);
    }));
  }

  /** Side by side, or one behind its tab. */
  #arrange() {
    const isNarrow = !this.#wide.matches && this.#columns.length > 1;
    this.#tabs.hidden = !isNarrow;
    replace(this.#tabs, isNarrow && this.#columns.map(({ queue }) => h("button", {
      type: "button", role: "tab", class: "tab", id: `tab-${queue}`, "aria-controls": `panel-${queue}`,
      "aria-selected": String(queue === this.#current), tabindex: queue === this.#current ? "0" : "-1",
      on: { click: () => this.#show(queue), keydown: (/** @type {KeyboardEvent} */ event) => this.#tabKey(event) },
    }, queue)));
    for (const { queue, element } of this.#columns) {
      element.hidden = isNarrow && queue !== this.#current;
      if (isNarrow) element.setAttribute("role", "tabpanel");
      else element.removeAttribute("role");
    }
  }

  /** @param {string} queue */
  #show(queue) {
    this.#current = queue;
    this.#arrange();
    document.getElementById(`tab-${queue}`)?.focus();
  }

  /** @param {KeyboardEvent} event */
  #tabKey(event) {
    const step = { ArrowRight: 1, ArrowLeft: -1 }[event.key];
    const { length } = this.#columns;
    const at = this.#columns.findIndex(({ queue }) => queue === this.#current);
    const to = step ? (at + step + length) % length : event.key === "Home" ? 0 : event.key === "End" ? length - 1 : null;
    if (to === null) return;
    event.preventDefault();
    this.#show(this.#columns[to].queue);
  }

  /** @param {QueueColumn} column @param {import("../queue-copy.js").Service} service */
  #remove(column, service) {
    const { id, ticket, version } = service;
    if (this.#removals.has(id) || column.model.pending.of(id)) return;
    const { hindrance } = this.#context.commands;
    if (hindrance) return void toast(hindrance, { kind: "error" });
    const close = toast(t("supervise.removed", { ticket }), {
      action: { label: t("supervise.undo"), run: () => this.#undo(id) }, seconds: UNDO_FOR / 1_000,
    });
    const send = () => (close(), void column.actions.remove(id, version));
    this.#removals.add({ id, queue: column.queue, ticket, version, close, send });
  }

  /** @param {string} [id] the youngest removal when nothing is said */
  #undo(id) {
    const item = this.#removals.undo(id);
    if (!item) return;
    item.close();
    this.#say(t("supervise.undone", { ticket: item.ticket }));
    const column = this.#columns.find(({ queue }) => queue === item.queue);
    const at = column?.model.indexOf(item.id) ?? -1;
    if (column && at >= 0 && !column.element.hidden) column.list.show(at);
  }

  /** @param {KeyboardEvent} event */
  #key(event) {
    const isUndo = (event.ctrlKey || event.metaKey) && !event.shiftKey && event.key.toLowerCase() === "z";
    const isWriting = /^(INPUT|TEXTAREA|SELECT)$/.test(/** @type {Element} */ (event.target).tagName ?? "");
    if (!isUndo || isWriting || this.#removals.size === 0) return;
    event.preventDefault();
    this.#undo();
  }

  /** The document goes: what waits is sent by requests that outlive it. @param {import("../app/api.js").Api} api */
  #leave(api) {
    for (let item = this.#removals.undo(); item; item = this.#removals.undo()) {
      api.delete_(`/v1/services/${item.id}`, { etag: `"${item.version}"`, keepalive: true }).catch(() => {});
    }
  }

  #end() {
    this.#removals.flush();
    for (const column of this.#columns) column.end();
  }

  /** @param {string} text */
  #say(text) {
    // The same sentence twice is to be heard twice.
    this.#said.replaceChildren();
    requestAnimationFrame(() => this.#said.replaceChildren(text));
  }
}

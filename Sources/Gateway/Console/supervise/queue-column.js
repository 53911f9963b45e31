// One queue of the supervisor's page: its head, its filters and its services in order.

import { h, icon, replace, setText } from "../app/dom.js";
import { liveStatus } from "../app/live-status.js";
import { serverNow } from "../app/server-clock.js";
import { duration, number, plural, t } from "../app/texts.js";
import { every } from "../app/ticker.js";
import { VirtualList } from "../app/virtual-list.js";
import { openMenu } from "./action-menu.js";
import { ColumnActions } from "./column-actions.js";
import { ColumnModel, FILTERS } from "./column-model.js";
import { employeesHere } from "./employees.js";
import { isMovable, planMove } from "./move-plan.js";
import { ROW_HEIGHT, serviceRow, tick } from "./service-row.js";

/** The most services of a queue that are shown; the server gives no more. */
const LIMIT = 5_000;

/**
 * @typedef {import("../queue-copy.js").Service} Service
 * @typedef {{
 *   live: import("../app/live.js").Live, commands: import("../app/commands.js").Commands, root: HTMLElement, user: string,
 *   say: (text: string) => void, queues: () => string[], remove: (column: QueueColumn, service: Service) => void,
 *   undo: (id: string) => void, isUndoable: (id: string) => boolean, signal: AbortSignal,
 * }} Context what the columns of a page share; `user`: the id
 */

/** A column, live until `end` is called. */
export class QueueColumn {
  model = new ColumnModel();
  #context;
  #stop = new AbortController();
  #shared;
  #counts = h("p", { class: "column-counts" });
  #mode = h("span", { class: "badge" });
  #modeButton;
  #note = h("p", { class: "column-note", hidden: true });
  #filters;

  /**
   * @param {string} queue
   * @param {Context} context
   */
  constructor(queue, context) {
    this.queue = queue;
    this.#context = context;
    this.actions = new ColumnActions(this, context.commands, context.user);
    this.#shared = context.live.queue(queue, { limit: LIMIT });
    const { subscription } = this.#shared;
    const { signal } = this.#stop;
    const rowActions = {
      menu: (/** @type {string} */ id, /** @type {HTMLElement} */ button) => this.#openMenu(id, button),
      undo: (/** @type {string} */ id) => context.undo(id),
    };
    this.list = new VirtualList({
      rowHeight: ROW_HEIGHT, count: () => this.model.rows.length, keyOf: (i) => this.model.rows[i].id,
      indexOf: (id) => this.model.indexOf(id), label: t("supervise.services_of", { queue }),
      renderRow: (i, reused) => serviceRow(reused, this.model.rows[i], this.#stateOf(this.model.rows[i].id), rowActions),
      activate: (id, row) => this.#openMenu(id, row), onKey: (event, i) => this.#key(event, i),
    });
    this.list.element.firstElementChild.setAttribute("aria-describedby", "supervise-help");
    const title = `column-${queue}`;
    this.#modeButton = h("button", { type: "button", class: "button quiet icon-only", "aria-haspopup": "menu",
      "aria-label": t("supervise.queue_actions", { queue }), on: { click: () => this.#openModeMenu() } }, icon("more"));
    this.#filters = Object.keys(FILTERS).map((name) => h("button", { type: "button", class: "chip",
      "aria-pressed": String(name === this.model.filter), on: { click: () => this.#filterBy(name) } }));
    this.element = h("section", { class: "column card", "aria-labelledby": title, id: `panel-${queue}` },
      h("div", { class: "column-head" }, h("h2", { id: title }, queue), this.#mode,
        liveStatus(context.live, subscription, signal), this.#modeButton), this.#counts,
      h("div", { class: "column-filters", role: "group", "aria-label": t("supervise.filter", { queue }) }, this.#filters),
      this.#note, this.list.element);
    const stops = [subscription.on("change", () => this.#soon()), subscription.on("state", () => this.#soon())];
    signal.addEventListener("abort", () => stops.forEach((end) => end()));
    every(this.element, 1, () => this.#tick());
    this.refresh();
  }

  /** Ends the subscription, and takes the column off the page. */
  end() {
    this.#stop.abort();
    this.#shared.release();
    this.element.remove();
  }

  /** Shows what there is now. */
  refresh() {
    if (this.#stop.signal.aborted) return;
    const { copy } = this.#shared.subscription;
    const answer = this.model.update(copy);
    this.#show(copy);
    this.list.updateSoon();
    if (answer) this.#say(answer.said);
  }

  /** @param {string} id @returns {Service | undefined} */
  service(id) {
    return this.model.rows[this.model.indexOf(id)];
  }

  /**
   * Asks who is here and could be given a service. Rejects with an `UsherError`.
   *
   * @param {Service} service
   */
  async employeesFor({ claimed_by }) {
    const present = await this.#context.live.presence(this.queue);
    return employeesHere(present, this.#shared.subscription.copy, claimed_by?.id);
  }

  /**
   * Moves a service to a place of the rows as they are shown.
   *
   * @param {string} id
   * @param {number} to
   */
  moveTo(id, to) {
    const target = planMove(this.model.rows, this.model.indexOf(id), to);
    if (!target) return;
    const { ticket } = this.service(id);
    this.#context.say(t("supervise.dropped", { ticket, place: to + 1, total: this.model.rows.length }));
    this.actions.move(id, target);
  }

  /** @param {string} id */
  #stateOf(id) {
    const change = this.model.pending.of(id);
    const isUndoable = this.#context.isUndoable(id);
    return {
      pending: isUndoable ? "undoable" : change?.kind ?? null, to: change?.to ?? change?.employee?.name,
      isLeaving: isUndoable || change?.kind === "remove" || change?.kind === "transfer",
      isGrabbed: this.model.grab.id === id, wasRefused: this.actions.refused.has(id),
    };
  }

  #frame = 0;

  /** Many events of one moment are shown together. */
  #soon() {
    this.#frame ||= requestAnimationFrame(() => {
      this.#frame = 0;
      this.refresh();
    });
  }

  /** @param {import("../queue-copy.js").QueueCopy} copy */
  #show(copy) {
    const { counts } = this.model;
    setText(this.#mode, t(`supervise.mode_${copy.mode}`));
    this.#mode.dataset.mode = copy.mode;
    this.#filters.forEach((chip, at) => {
      const name = Object.keys(FILTERS)[at];
      setText(chip, `${t(`supervise.filter_${name}`)} ${number(counts[name])}`);
      chip.setAttribute("aria-pressed", String(name === this.model.filter));
    });
    const isCut = copy.total > copy.size && this.#shared.subscription.hasCopy;
    const isEmpty = this.model.rows.length === 0 && this.#shared.subscription.hasCopy;
    this.#note.hidden = !isCut && !isEmpty;
    setText(this.#note, isCut ? t("supervise.cut", { n: number(copy.size), total: number(copy.total) }) : isEmpty ? t("supervise.empty") : "");
    this.#showCounts();
  }

  #showCounts() {
    const { counts, oldest } = this.model;
    const parts = [plural("supervise.waiting", counts.waiting), plural("supervise.in_hand", counts.claimed)];
    if (oldest !== null) parts.push(t("supervise.oldest", { age: duration(serverNow() - oldest) }));
    setText(this.#counts, parts.join(" · "));
  }

  #tick() {
    for (const row of this.list.element.querySelectorAll("[data-key]")) tick(/** @type {HTMLElement} */ (row));
    this.#showCounts();
  }

  /** @param {any} name */
  #filterBy(name) {
    this.model.filter = name;
    this.list.element.scrollTop = 0;
    this.refresh();
  }

  /** @param {KeyboardEvent} event @param {number} i */
  #key(event, i) {
    if (event.key === "ContextMenu" || (event.key === "F10" && event.shiftKey)) {
      event.preventDefault();
      return this.#openMenu(this.model.rows[i].id, /** @type {HTMLElement} */ (event.target));
    }
    if (event.key === "Delete") {
      event.preventDefault();
      return this.#context.remove(this, this.model.rows[i]);
    }
    const { grab, standing, rows } = this.model;
    if (grab.id === null && this.#context.isUndoable(rows[i].id)) return;
    const wasGrabbed = grab.id;
    const answer = grab.press(event.key, standing, i);
    if (!answer) return;
    event.preventDefault();
    event.stopPropagation();
    this.model.lay();
    this.#say(answer.said);
    if (answer.move) this.actions.move(answer.move.id, answer.move.target);
    this.list.update();
    const id = grab.id ?? wasGrabbed;
    if (id !== null) this.list.show(this.model.indexOf(id));
  }

  /** @param {import("./keyboard-grab.js").Said} said */
  #say({ say, ticket, place, total }) {
    this.#context.say(t(say, { ticket, place, total }));
  }

  /** @param {string} id @param {HTMLElement} button */
  #openMenu(id, button) {
    const service = this.service(id);
    if (!service || this.#context.isUndoable(id)) return;
    const { root } = this.#context;
    openMenu(button, this.#itemsFor(service), {
      label: t("supervise.actions_of", { ticket: service.ticket }), parent: root,
      giveBack: () => this.model.indexOf(id) >= 0 && this.list.show(this.model.indexOf(id)),
    });
  }

  /** @param {Service} service @returns {import("./action-menu.js").Item[]} */
  #itemsFor(service) {
    const { id, state } = service;
    const { actions, model } = this;
    const { signal, queues } = this.#context;
    const at = model.indexOf(id);
    const others = queues().filter((name) => name !== this.queue);
    const items = [];
    if (isMovable(service)) {
      items.push(
        { label: t("supervise.first"), icon: "arrow_up", run: () => actions.move(id, { first: true }) },
        { label: t("supervise.up"), icon: "arrow_up", run: () => this.moveTo(id, at - 1) },
        { label: t("supervise.down"), icon: "arrow_down", run: () => this.moveTo(id, at + 1) },
        { label: t("supervise.last"), icon: "arrow_down", run: () => actions.move(id, { last: true }) });
    }
    if (state === "waiting" || state === "scheduled") {
      items.push({ label: t("supervise.priority_menu"), icon: "edit", run: () => actions.askPriority(service, signal) });
    } else {
      items.push({ label: t("supervise.take_back"), icon: "return", run: () => actions.takeBack(id) });
    }
    if (state !== "scheduled") {
      items.push({ label: t("supervise.assign_menu"), icon: "user", run: () => void actions.askAssign(service, signal) });
    }
    if (others.length > 0) {
      items.push({ label: t("supervise.transfer_menu"), icon: "transfer", run: () => actions.askTransfer(service, others, signal) });
    }
    items.push({ label: t("supervise.remove"), icon: "trash", danger: true, run: () => this.#context.remove(this, service) });
    return items;
  }

  #openModeMenu() {
    const { mode } = this.#shared.subscription.copy;
    const all = /** @type {const} */ ([["pause", "paused", "pause"], ["resume", "open", "play"], ["drain", "draining", "arrow_down"]]);
    const items = all.filter(([, becomes]) => becomes !== mode).map(([command, , picture]) =>
      ({ label: t(`supervise.${command}`), icon: picture, run: () => void this.actions.setMode(command) }));
    openMenu(this.#modeButton, items, {
      label: t("supervise.queue_actions", { queue: this.queue }), parent: this.#context.root, giveBack: () => this.#modeButton.focus(),
    });
  }
}

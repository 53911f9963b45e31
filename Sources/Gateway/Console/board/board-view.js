// What a board looks like: a fixed set of elements, whose texts change.

import { h, icon, replace, setText } from "../app/dom.js";
import { languageSwitch, themeSwitch } from "../app/switches.js";
import { clockTime, dateTime, language, number, plural, t } from "../app/texts.js";
import { chimeSwitch } from "../public/chime-switch.js";
import { queueTitle } from "../public/queue-title.js";
import { waitText } from "../public/wait-range.js";

/** A call is marked as new for so long, in milliseconds. */
const NEW = 12_000;
/** After so long a time of day alone would be misread. */
const HALF_A_DAY = 43_200_000;

/**
 * What there is to show; moments are the server's, in milliseconds.
 *
 * @typedef {{
 *   kind: import("./board-state.js").BoardStatus["kind"] | "incomplete", asOf: number | null, now: number,
 *   model: import("./board-model.js").BoardModel | null,
 *   estimate: {low_seconds: number, high_seconds: number} | null, waiting: number, showsEstimate: boolean,
 * }} Sight
 */

/** Draws a board into the page. Made anew for another language. */
export class BoardView {
  #queue;
  #parts;
  #sound;
  /** Until when each call is new, by the service's id. @type {Map<string, number>} */
  #newUntil = new Map();

  /**
   * @param {Element} root
   * @param {string} queue
   * @param {import("../public/chime.js").Chime} chime
   */
  constructor(root, queue, chime) {
    this.#queue = queueTitle(queue);
    this.#sound = chimeSwitch(chime);
    const { calls, next } = { calls: tickets(6), next: tickets(8) };
    this.#parts = {
      clock: h("time", { class: "board-clock" }),
      notice: h("p", { class: "board-notice" }),
      calls,
      next,
      nobodyCalled: h("p", { class: "board-empty" }, t("board.nobody_called")),
      nobodyNext: h("p", { class: "board-empty" }, t("board.nobody_next")),
      waiting: h("dd", {}),
      wait: h("dd", {}),
      queue: h("div", { class: "board-queue", hidden: true }),
      message: h("div", { class: "board-message", hidden: true }),
      said: h("p", { class: "visually-hidden", role: "status", "aria-live": "assertive" }),
    };
    this.#build(root);
    document.title = t("board.title", { queue: this.#queue });
  }

  /** The sound is another. */
  showSound() {
    this.#sound.show();
  }

  /** @param {Sight} sight */
  draw(sight) {
    const { clock, notice, queue, message } = this.#parts;
    setText(clock, clockTime(sight.now));
    queue.hidden = sight.model === null;
    message.hidden = sight.model !== null;
    if (sight.model) this.#drawQueue(sight, sight.model);
    else this.#drawMessage(sight.kind);
    const text = noticeOf(sight);
    if (notice.textContent !== text) replace(notice, text && [icon(sight.kind === "stale" ? "alert" : "info"), text]);
    notice.classList.toggle("is-alert", sight.kind === "stale");
    document.body.classList.toggle("is-stale", sight.kind === "stale");
  }

  /**
   * Marks calls as new, and says them.
   *
   * @param {import("../queue-copy.js").Service[]} services
   * @param {number} now
   */
  call(services, now) {
    for (const [id, until] of this.#newUntil) if (until <= now) this.#newUntil.delete(id);
    for (const { id } of services) this.#newUntil.set(id, now + NEW);
    const list = new Intl.ListFormat(language).format(services.map(({ ticket }) => String(ticket)));
    replace(this.#parts.said, plural("board.call", services.length, { tickets: list }));
  }

  /** @param {Element} root */
  #build(root) {
    const { clock, notice, calls, next, nobodyCalled, nobodyNext, waiting, wait, queue, message, said } = this.#parts;
    const fullScreen = h("button", {
      type: "button", class: "button quiet", hidden: !document.fullscreenEnabled,
      on: { click: () => document.documentElement.requestFullscreen().catch(() => {}) },
    }, t("public.full_screen"));
    replace(
      queue,
      h("section", { class: "board-calls", "aria-labelledby": "board-calls" },
        h("h2", { id: "board-calls" }, t("board.now_serving")), nobodyCalled, calls.list),
      h("section", { class: "board-next", "aria-labelledby": "board-next" },
        h("h2", { id: "board-next" }, t("board.next_up")), nobodyNext, next.list),
      h("dl", { class: "board-numbers" },
        h("div", {}, h("dt", {}, t("board.waiting")), waiting),
        h("div", {}, h("dt", {}, t("board.estimated_wait")), wait)),
    );
    replace(
      root,
      h("header", { class: "board-head" }, h("h1", {}, this.#queue), clock),
      h("main", { class: "board-main" }, h("div", { role: "status", class: "board-notices" }, notice), queue, message),
      h("footer", { class: "board-foot" }, this.#sound.element, fullScreen, languageSwitch(), themeSwitch()),
      said,
    );
  }

  /**
   * @param {Sight} sight
   * @param {import("./board-model.js").BoardModel} model
   */
  #drawQueue({ now, estimate, waiting, showsEstimate }, { calls, next, isWhole }) {
    const parts = this.#parts;
    parts.calls.show(calls, (call) => ({
      isNew: (this.#newUntil.get(call.id) ?? 0) > now, isServed: /** @type {any} */ (call).isServed,
    }));
    parts.next.show(next, () => ({ isNew: false, isServed: false }));
    parts.nobodyCalled.hidden = calls.length > 0;
    parts.nobodyNext.hidden = next.length > 0;
    setText(parts.waiting, number(waiting));
    setText(parts.wait, waitOf({ estimate, waiting, showsEstimate, isWhole }));
  }

  /** @param {Sight["kind"]} kind */
  #drawMessage(kind) {
    const { message } = this.#parts;
    if (message.dataset.kind === kind) return;
    message.dataset.kind = kind;
    const text = kind === "starting" ? null : t(`board.${kind}_text`);
    replace(message, h("h2", {}, t(`board.${kind}`)), text && h("p", {}, text));
  }
}

/** @param {Sight} sight */
function noticeOf({ kind, asOf, now, model }) {
  if (kind === "stale" && asOf !== null) {
    return t("board.stale", { time: now - asOf < HALF_A_DAY ? clockTime(asOf) : dateTime(asOf) });
  }
  if (model?.mode === "paused") return t("board.paused");
  return model?.mode === "draining" ? t("board.draining") : "";
}

/** @param {{estimate: Sight["estimate"], waiting: number, showsEstimate: boolean, isWhole: boolean}} facts */
function waitOf({ estimate, waiting, showsEstimate, isWhole }) {
  if (waiting === 0) return t("board.no_wait");
  if (!estimate || !showsEstimate) return t("board.no_estimate");
  if (isWhole) return waitText(estimate, language, t);
  // Of a queue so long that not all of it is here, only the least is known.
  return t("public.more_than", { time: waitText({ ...estimate, high_seconds: estimate.low_seconds }, language, t) });
}

/**
 * A list of tickets with so many places, the unused ones hidden.
 *
 * @param {number} places
 */
function tickets(places) {
  const items = Array.from({ length: places }, () => h("li", { hidden: true }, h("span", { class: "board-ticket" })));
  const list = h("ol", { role: "list" }, items);
  return {
    list,
    /**
     * @param {{id: string, ticket: number}[]} shown
     * @param {(one: {id: string, ticket: number}) => {isNew: boolean, isServed: boolean}} look
     */
    show(shown, look) {
      list.hidden = shown.length === 0;
      list.dataset.count = String(Math.min(shown.length, places));
      for (const [place, item] of items.entries()) {
        const one = shown[place];
        item.hidden = one === undefined;
        if (!one) continue;
        const text = String(one.ticket);
        const { isNew, isServed } = look(one);
        // Another ticket in the same place begins its mark anew.
        if (item.dataset.id !== one.id) item.classList.remove("is-new");
        item.dataset.id = one.id;
        item.classList.toggle("is-new", isNew);
        item.classList.toggle("is-served", isServed);
        item.style.setProperty("--digits", String(Math.max(2, text.length)));
        setText(item.firstElementChild, text);
      }
    },
  };
}

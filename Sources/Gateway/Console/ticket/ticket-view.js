// What a ticket's page looks like.

import { h, icon, replace, setText } from "../app/dom.js";
import { languageSwitch, themeSwitch } from "../app/switches.js";
import { dateTime, duration, language, number, plural, t } from "../app/texts.js";
import { chimeSwitch } from "../public/chime-switch.js";
import { queueTitle } from "../public/queue-title.js";
import { waitText } from "../public/wait-range.js";

/** Younger than this is "just now", in milliseconds. */
const JUST_NOW = 8_000;
/** The picture beside each headline: what it means is said in words. @type {Record<string, keyof typeof import("../app/icons.js").ICONS>} */
const PICTURES = {
  loading: "clock", unreachable: "alert", invalid: "alert", scheduled: "clock", waiting: "users", called: "bell",
  serving: "user", on_hold: "pause", no_show: "user_off", completed: "check", cancelled: "close", dead: "alert",
};
/** Where the headline needs no sentence below it. */
const PLAIN = new Set(["loading", "waiting", "serving"]);

/** @typedef {import("./ticket-state.js").TicketStatus} TicketStatus */

/** Draws a ticket into the page. Made anew for another language. */
export class TicketView {
  #parts;
  #sound;
  /** What is drawn, so that nothing is read out twice. */
  #drawn = "";

  /**
   * @param {Element} root
   * @param {{chime: import("../public/chime.js").Chime, onCancel: () => void}} actions
   */
  constructor(root, { chime, onCancel }) {
    this.#sound = chimeSwitch(chime);
    this.#parts = {
      queue: h("p", { class: "ticket-queue" }),
      label: h("p", { class: "ticket-label" }, t("ticket.your_ticket")),
      ticket: h("p", { class: "ticket-number" }),
      state: h("div", { class: "ticket-state", role: "status", "aria-atomic": "true" }),
      facts: h("dl", { class: "ticket-facts" }),
      notice: h("p", { class: "notice warn", role: "status" }),
      age: h("p", { class: "ticket-age" }),
      printed: h("p", { class: "ticket-printed" }),
      keep: h("p", { class: "ticket-keep" }, t("ticket.keep_open")),
      cancel: h("button", { type: "button", class: "button", on: { click: onCancel } }, icon("close"), t("ticket.cancel")),
      print: h("button", { type: "button", class: "button quiet", on: { click: () => print() } }, icon("print"), t("ticket.print")),
    };
    const { queue, label, ticket, state, facts, notice, age, printed, keep, cancel, print: printing } = this.#parts;
    replace(
      root,
      h("main", { class: "ticket-main" },
        h("article", { class: "card ticket-card" },
          h("header", { class: "ticket-head" }, queue, label, ticket), state, facts, notice, age, printed, keep,
          h("div", { class: "ticket-actions" }, cancel, printing))),
      h("footer", { class: "ticket-foot" }, this.#sound.element, languageSwitch(), themeSwitch()),
    );
  }

  /** The sound is another. */
  showSound() {
    this.#sound.show();
  }

  /**
   * @param {TicketStatus} status
   * @param {{now: number, asOf: number | null}} times `now` of the status' clock, `asOf` of the server's
   */
  draw(status, { now, asOf }) {
    const { kind, ticket } = status;
    const parts = this.#parts;
    const text = JSON.stringify([kind, ticket]);
    if (text !== this.#drawn) {
      this.#drawn = text;
      this.#drawState(kind, ticket);
    }
    for (const part of [parts.queue, parts.label, parts.ticket]) part.hidden = ticket === null;
    parts.keep.hidden = !["scheduled", "waiting", "on_hold"].includes(kind);
    parts.cancel.hidden = !status.mayCancel;
    parts.print.hidden = ticket === null;
    this.#drawAge(status, now);
    setText(parts.printed, asOf === null ? "" : t("ticket.printed", { time: dateTime(asOf) }));
  }

  /**
   * @param {string} kind
   * @param {import("./ticket-state.js").Ticket | null} ticket
   */
  #drawState(kind, ticket) {
    const { queue, ticket: shown, state, facts } = this.#parts;
    document.body.dataset.kind = kind;
    const name = ticket ? String(ticket.ticket) : "";
    document.title = !ticket
      ? t("ticket.page")
      : t(kind === "called" ? "ticket.title_called" : "ticket.title", { ticket: name });
    setText(queue, ticket ? queueTitle(ticket.queue) : "");
    setText(shown, name);
    const sentence = PLAIN.has(kind) ? null : t(`ticket.${kind}_text`);
    replace(state, h("h1", {}, icon(PICTURES[kind]), t(`ticket.${kind}`)), sentence && h("p", {}, sentence));
    replace(facts, ticket && factsOf(kind, ticket).map(([term, value, note]) =>
      h("div", {}, h("dt", {}, term), h("dd", {}, value, note && h("small", {}, note)))));
    facts.hidden = facts.childElementCount === 0;
  }

  /**
   * @param {TicketStatus} status
   * @param {number} now
   */
  #drawAge({ kind, ticket, asOf, isOld }, now) {
    const { notice, age } = this.#parts;
    const time = asOf === null ? 0 : now - asOf;
    const isFinal = ["completed", "cancelled", "dead"].includes(kind);
    // Read out once when it begins, not with every second that passes.
    notice.setAttribute("aria-live", isOld && !notice.hidden ? "off" : "polite");
    notice.hidden = !isOld && !(ticket?.paused && kind === "waiting");
    if (isOld) setText(notice, t("ticket.old", { age: duration(time) }));
    else if (!notice.hidden) setText(notice, t("ticket.paused"));
    age.hidden = ticket === null || isOld;
    if (isFinal) setText(age, t("ticket.final"));
    else setText(age, time < JUST_NOW ? t("ticket.updated_now") : t("ticket.updated", { age: duration(time) }));
  }
}

/**
 * Terms, values and what stands below them.
 *
 * @param {string} kind
 * @param {import("./ticket-state.js").Ticket} ticket
 * @returns {[string, string, string?][]}
 */
function factsOf(kind, { position, estimate, scheduled_for: scheduledFor }) {
  if (kind === "scheduled" && scheduledFor) return [[t("ticket.scheduled"), dateTime(scheduledFor)]];
  if (kind !== "waiting" || position === null) return [];
  const ahead = position === 1 ? t("ticket.ahead_none") : plural("ticket.ahead", position - 1);
  const wait = estimate ? waitText(estimate, language, t) : t("ticket.no_estimate");
  return [[t("ticket.position"), number(position), ahead], [t("ticket.wait"), wait]];
}

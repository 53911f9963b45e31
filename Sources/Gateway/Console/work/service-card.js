// A service that one has in hand: who it is, how long one has it, and what can be done.

import { h, icon, replace, setText } from "../app/dom.js";
import { dateTime, plural, stopwatch, t } from "../app/texts.js";
import { serverNow } from "../app/server-clock.js";
import { every } from "../app/ticker.js";
import { actionsOf } from "./card-actions.js";
import { customerDetails } from "./customer-details.js";
import { leaseRing } from "./lease-ring.js";
import { priorityText } from "./priority.js";
import { timeOf, waitingSince } from "./queue-figures.js";

/** How long a card shows that something was taken back, in milliseconds. */
const SHOWN = 6_000;
const BADGES = { claimed: "accent", serving: "good", on_hold: "warn" };

/** A card that follows its service. */
export class ServiceCard {
  /** @type {import("../queue-copy.js").Service} */
  service;
  element;
  #desk;
  #act;
  #head = h("div", { class: "card-head" });
  #ring = h("div", {});
  #times = h("p", { class: "muted card-times number" });
  #customer = h("div", {});
  #note = h("p", { class: "notice bad card-note", role: "status", hidden: true });
  #main = h("button", { type: "button", class: "button primary card-main", on: { click: () => this.#press(0) } });
  #others = h("div", { class: "card-others" });
  #hindrance = "";
  #drawn = "";

  /**
   * @param {import("./desk.js").Desk} desk
   * @param {import("../queue-copy.js").Service} service
   * @param {(action: import("./card-actions.js").Action, service: import("../queue-copy.js").Service) => void} act
   */
  constructor(desk, service, act) {
    this.#desk = desk;
    this.#act = act;
    this.element = h(
      "li",
      { class: "card service-card", dataset: { id: service.id } },
      this.#head,
      this.#note,
      this.#ring,
      this.#customer,
      this.#times,
      h("div", { class: "card-actions" }, this.#main, this.#others),
    );
    this.update(service, null);
    every(this.element, 1, () => this.#showTimes());
  }

  /**
   * @param {import("../queue-copy.js").Service} service
   * @param {string | null} hindrance why nothing can be done now
   */
  update(service, hindrance) {
    const isPending = this.#desk.isPending(service.id);
    const drawn = `${service.state} ${service.version} ${service.fence} ${service.queue} ${isPending} ${hindrance}`;
    if (drawn === this.#drawn) return;
    this.#drawn = drawn;
    this.service = service;
    this.#hindrance = hindrance ?? "";
    this.element.dataset.state = service.state;
    this.element.setAttribute("aria-busy", String(isPending));
    replace(
      this.#head,
      h("h3", { class: "card-ticket number" }, h("span", { class: "visually-hidden" }, `${t("work.ticket")} `), String(service.ticket)),
      h(
        "div",
        { class: "card-what" },
        h("strong", {}, service.kind),
        h(
          "span",
          { class: "card-badges" },
          h("span", { class: `badge ${BADGES[service.state]}` }, t(`state.${service.state}`)),
          service.priority !== 4 && h("span", { class: "badge" }, priorityText(service.priority)),
          h("span", { class: "badge" }, service.queue),
        ),
      ),
    );
    this.#showRing();
    replace(this.#customer, customerDetails(service));
    this.#showActions(isPending);
    this.#showTimes();
  }

  /**
   * Shows that something was taken back.
   *
   * @param {string} text
   */
  tookBack(text) {
    replace(this.#note, icon("undo"), h("span", {}, t("work.taken_back", { reason: text })));
    this.#note.hidden = false;
    this.element.classList.add("taken-back");
    setTimeout(() => {
      this.#note.hidden = true;
      this.element.classList.remove("taken-back");
    }, SHOWN);
  }

  /** The button of the main action gets the focus. */
  focus() {
    this.#main.focus();
  }

  #showRing() {
    const { service } = this;
    const isHeld = service.state === "on_hold";
    const kind = isHeld ? "hold" : "lease";
    if (this.#ring.dataset.kind === kind) return;
    this.#ring.dataset.kind = kind;
    const hold = () => {
      const { hold_until, held_at } = this.service;
      if (!hold_until || !held_at) return undefined;
      return { until: Date.parse(hold_until), length: Date.parse(hold_until) - Date.parse(held_at) };
    };
    const lease = () => this.#desk.leases.lease(this.service);
    replace(this.#ring, leaseRing(isHeld ? hold : lease, t(isHeld ? "work.hold_left" : "work.lease_left")));
  }

  #showTimes() {
    const { service } = this;
    const since = timeOf(service);
    const handling = since === null ? "" : t(`work.since_${service.state}`, { time: stopwatch(serverNow() - Date.parse(since)) });
    const waited = t("work.came", { at: dateTime(waitingSince(service)) });
    const returned = service.attempts > 0 ? ` · ${plural("work.attempts", service.attempts)}` : "";
    setText(this.#times, `${handling} · ${waited}${returned}`);
  }

  /** @param {boolean} isPending */
  #showActions(isPending) {
    const [main, ...others] = actionsOf(this.service);
    this.#main.hidden = !main;
    if (main) this.#label(this.#main, main, isPending);
    const buttons = /** @type {HTMLElement[]} */ ([...this.#others.children]);
    while (buttons.length > others.length) buttons.pop().remove();
    others.forEach((action, i) => {
      const button = buttons[i] ?? h("button", { type: "button", class: "button", on: { click: () => this.#press(i + 1) } });
      this.#label(button, action, isPending);
      if (!buttons[i]) this.#others.append(button);
    });
  }

  /**
   * @param {HTMLElement} button
   * @param {import("./card-actions.js").Action} action
   * @param {boolean} isPending
   */
  #label(button, action, isPending) {
    replace(button, icon(/** @type {any} */ (action.icon)), h("span", {}, t(`work.${action.name}`)));
    button.dataset.action = action.name;
    button.setAttribute("aria-disabled", String(isPending || this.#hindrance !== ""));
    button.title = this.#hindrance || t("work.key", { key: action.key.toUpperCase() });
  }

  /** @param {number} i */
  #press(i) {
    const action = actionsOf(this.service)[i];
    if (action) this.#act(action, this.service);
  }
}

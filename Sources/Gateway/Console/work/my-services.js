// What one has in hand, as cards, and the commands for it.

import { h, replace } from "../app/dom.js";
import { problemText, t } from "../app/texts.js";
import { toast } from "../app/toast.js";
import { serverNow } from "../app/server-clock.js";
import { actionForKey } from "./card-actions.js";
import { ServiceCard } from "./service-card.js";
import { askForQueue } from "./transfer-dialog.js";

/** Cards of one's own services. */
export class MyServices {
  element = h("ul", { class: "my-services" });
  /** @type {Map<string, ServiceCard>} */
  #cards = new Map();
  #desk;
  #commands;
  #signal;
  #nothing = h("p", { class: "muted" }, t("work.nothing_in_hand"));
  /** Called when a card with the focus has gone. */
  onGone = () => {};
  /** Called with a sentence that says what has happened. */
  say = (/** @type {string} */ _text) => {};

  /**
   * @param {import("./desk.js").Desk} desk
   * @param {import("../app/commands.js").Commands} commands
   * @param {AbortSignal} signal
   */
  constructor(desk, commands, signal) {
    this.#desk = desk;
    this.#commands = commands;
    this.#signal = signal;
    const stop = desk.on("mine", () => this.update());
    signal.addEventListener("abort", stop, { once: true });
    this.update();
  }

  update() {
    const mine = this.#desk.mine;
    const hadFocus = this.element.contains(document.activeElement);
    for (const [id, card] of this.#cards) {
      if (mine.some((service) => service.id === id)) continue;
      this.#cards.delete(id);
      card.element.remove();
    }
    let before = /** @type {Element | null} */ (null);
    for (const service of mine) {
      const card = this.#cards.get(service.id) ?? this.#add(service);
      card.update(service, this.#commands.hindrance);
      const place = before ? before.nextElementSibling : this.element.firstElementChild;
      if (card.element !== place) this.element.insertBefore(card.element, place);
      before = card.element;
    }
    if (mine.length === 0) {
      if (!this.#nothing.isConnected) replace(this.element, h("li", { class: "nothing" }, this.#nothing));
    } else {
      this.#nothing.parentElement?.remove();
    }
    if (hadFocus && !this.element.contains(document.activeElement)) this.onGone();
  }

  /**
   * The action of a key, for the first service that has one.
   *
   * @param {string} key
   */
  press(key) {
    for (const service of this.#desk.mine) {
      const action = actionForKey(service, key);
      if (action) return this.#act(action, service);
    }
  }

  /** @param {import("../queue-copy.js").Service} service */
  #add(service) {
    const card = new ServiceCard(this.#desk, service, (action, now) => this.#act(action, now));
    this.#cards.set(service.id, card);
    return card;
  }

  /**
   * @param {import("./card-actions.js").Action} action
   * @param {import("../queue-copy.js").Service} service
   */
  async #act(action, service) {
    if (this.#desk.isPending(service.id)) return;
    if (this.#commands.hindrance) return void toast(this.#commands.hindrance, { kind: "error" });
    let data = {};
    if (action.name === "transfer") {
      const to = await askForQueue(this.#desk.names.filter((name) => name !== service.queue), service, this.#signal);
      if (!to) return;
      data = { to };
    }
    const expected = action.expected(service, new Date(serverNow()).toISOString());
    const answer = await this.#desk.act(this.#commands, action.command, service, expected, data, (refusal) => {
      queueMicrotask(() => this.#cards.get(service.id)?.tookBack(problemText(refusal)));
    });
    if (!answer) return;
    const text = t(`work.done_${action.name}`, { ticket: service.ticket, ...data });
    this.say(text);
    if (action.name === "no_show") {
      const run = () => this.#commands.run("service.reinstate", { id: service.id });
      toast(text, { action: { label: t("work.reinstate"), run } });
    } else if (expected === null) {
      toast(text, { kind: "success" });
    }
  }
}

// The own queues as tabs, each with how many wait and how long at most.

import { h, setText } from "../app/dom.js";
import { serverNow } from "../app/server-clock.js";
import { duration, plural, t } from "../app/texts.js";
import { every } from "../app/ticker.js";

/**
 * @param {import("./desk.js").Desk} desk
 * @param {{panel: string, signal: AbortSignal}} options `panel`: the id of what the tabs choose
 * @returns {HTMLElement}
 */
export function queueTabs(desk, { panel, signal }) {
  const element = h("div", { class: "tabs queue-tabs", role: "tablist", "aria-label": t("work.queues") });
  /** @type {Map<string, {tab: HTMLElement, count: HTMLElement, oldest: HTMLElement}>} */
  const tabs = new Map();

  const showFigures = (/** @type {string} */ name) => {
    const shown = tabs.get(name);
    const queue = desk.queue(name);
    if (!shown || !queue) return;
    const { waiting, oldest } = queue.figures;
    const { copy, hasCopy } = queue.subscription;
    setText(shown.count, hasCopy ? plural("work.waiting", waiting) : "…");
    const age = oldest === null ? t("work.nobody") : t("work.oldest", { age: duration(serverNow() - Date.parse(oldest)) });
    setText(shown.oldest, copy.mode === "open" ? age : t(`work.mode_${copy.mode}`));
    shown.tab.dataset.mode = copy.mode;
  };

  const showTabs = () => {
    element.replaceChildren();
    tabs.clear();
    for (const name of desk.names) {
      const isChosen = name === desk.chosen;
      const count = h("span", { class: "queue-tab-count" });
      const oldest = h("span", { class: "queue-tab-oldest" });
      const tab = h(
        "button",
        {
          type: "button", class: "tab queue-tab", role: "tab", id: `tab-${name}`, "aria-controls": panel,
          "aria-selected": String(isChosen), tabindex: isChosen ? "0" : "-1", on: { click: () => desk.choose(name) },
        },
        h("span", { class: "queue-tab-name" }, name),
        h("span", { class: "queue-tab-figures" }, count, " ", oldest),
      );
      tabs.set(name, { tab, count, oldest });
      element.append(tab);
      showFigures(name);
    }
  };

  const choose = (/** @type {number} */ by) => {
    const names = desk.names;
    if (names.length === 0) return;
    const hadFocus = element.contains(document.activeElement);
    desk.choose(names[(names.indexOf(desk.chosen) + by + names.length) % names.length]);
    const tab = tabs.get(desk.chosen)?.tab;
    tab?.scrollIntoView({ block: "nearest", inline: "nearest" });
    if (hadFocus) tab?.focus();
  };
  element.addEventListener("keydown", (event) => {
    const by = { ArrowLeft: -1, ArrowRight: 1 }[event.key];
    if (!by) return;
    event.preventDefault();
    choose(by);
  });
  const stops = [
    desk.on("figures", showFigures),
    desk.on("queues", () => {
      if (desk.names.join() !== [...tabs.keys()].join()) return showTabs();
      for (const [name, { tab }] of tabs) {
        tab.setAttribute("aria-selected", String(name === desk.chosen));
        tab.tabIndex = name === desk.chosen ? 0 : -1;
        showFigures(name);
      }
    }),
  ];
  signal.addEventListener("abort", () => stops.forEach((stop) => stop()), { once: true });
  every(element, 5, () => desk.names.forEach(showFigures));
  showTabs();
  return Object.assign(element, { step: choose });
}

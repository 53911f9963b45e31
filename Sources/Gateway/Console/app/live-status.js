// The strip that says how far what is shown can be trusted.

import { h, icon, replace } from "./dom.js";
import { clockTime, duration, number, t } from "./texts.js";
import { every } from "./ticker.js";
import { statusOf } from "./view-status.js";

/**
 * A strip that follows the connection, and a queue where one is given.
 *
 * @param {import("./live.js").Live} live
 * @param {import("./shared-subscription.js").SharedSubscription | null} [subscription]
 * @param {AbortSignal} [signal] ends it
 * @returns {HTMLElement}
 */
export function liveStatus(live, subscription = null, signal) {
  const text = h("span", { class: "live-text" });
  const mark = h("span", { class: "live-mark", "aria-hidden": "true" });
  // Read out when the state changes, not with every second of the age.
  const spoken = h("span", { class: "visually-hidden", role: "status" });
  const element = h("div", { class: "live-status" }, mark, text, spoken);
  let kind = "";
  const show = () => {
    const status = statusOf(live, subscription, Date.now());
    const { since, age, next, lag } = status.parameters;
    const parameters = {
      since: since === undefined ? "" : clockTime(since),
      age: age === undefined ? "" : duration(age),
      next: next === undefined ? "" : duration(next),
      lag: lag === undefined ? "" : `${number(Math.round(lag))} ms`,
    };
    const said = t(status.key, parameters);
    if (text.textContent !== said) text.textContent = said;
    if (kind === status.kind) return;
    kind = status.kind;
    element.dataset.kind = kind;
    replace(mark, kind === "live" ? null : icon(kind === "offline" ? "alert" : "refresh"));
    spoken.textContent = t(`live.spoken_${kind}`);
  };
  const stops = [live.on("state", show), every(element, 1, show)];
  if (subscription) stops.push(subscription.on("state", show));
  signal?.addEventListener("abort", () => stops.forEach((stop) => stop()), { once: true });
  show();
  return element;
}

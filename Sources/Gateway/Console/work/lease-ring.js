// How long a claim or a time on hold still lasts: a ring that empties, and the time in words.

import { h, setText, svg } from "../app/dom.js";
import { serverNow } from "../app/server-clock.js";
import { stopwatch, t } from "../app/texts.js";
import { every } from "../app/ticker.js";
import { leaseLeft } from "./lease-plan.js";

const RADIUS = 20;
const LENGTH = 2 * Math.PI * RADIUS;

/**
 * @param {() => {until: number, length: number} | undefined} lease what it shows; undefined while it is not known
 * @param {string} label what runs out
 * @returns {HTMLElement}
 */
export function leaseRing(lease, label) {
  const circle = { cx: 24, cy: 24, r: RADIUS };
  const arc = svg("circle", { class: "ring-arc", ...circle, "stroke-dasharray": LENGTH, transform: "rotate(-90 24 24)" });
  const time = h("span", { class: "ring-time number" });
  const element = h(
    "div",
    { class: "ring", role: "group", "aria-label": label },
    svg("svg", { viewBox: "0 0 48 48", "aria-hidden": "true" }, svg("circle", { class: "ring-track", ...circle }), arc),
    h("span", { class: "ring-words" }, h("span", { class: "ring-label" }, label), time),
  );
  const show = () => {
    const present = lease();
    if (!present) {
      setText(time, t("work.lease_unknown"));
      return arc.setAttribute("stroke-dashoffset", "0");
    }
    const { left, share, kind } = leaseLeft(present, serverNow());
    setText(time, left > 0 ? stopwatch(left + 999) : t("work.lease_over"));
    arc.setAttribute("stroke-dashoffset", String(LENGTH * (1 - share)));
    element.dataset.kind = kind;
  };
  every(element, 1, show);
  show();
  return element;
}

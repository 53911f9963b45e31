// A queue's mode: open, paused, draining, and changing it.

import { h } from "../app/dom.js";
import { confirm } from "../app/dialog.js";
import { t } from "../app/texts.js";
import { act } from "./act.js";
import { kindBadge } from "./kind-badge.js";

/** The API's command for each mode. */
const COMMANDS = { open: "resume", paused: "pause", draining: "drain" };

/** @param {string} mode */
export function modeBadge(mode) {
  return kindBadge(mode, t(`admin.queues.mode.${mode}`));
}

/**
 * A button for each mode that the queue does not have.
 *
 * @param {object} options
 * @param {any} options.api
 * @param {{queue: string, mode: string}} options.summary
 * @param {() => any} options.changed
 * @param {AbortSignal} options.signal
 */
export function modeButtons({ api, summary: { queue, mode }, changed, signal }) {
  const others = Object.keys(COMMANDS).filter((other) => other !== mode);
  return others.map((other) => {
    const label = t(`admin.queues.${COMMANDS[other]}_what`, { queue });
    const button = h("button", { type: "button", class: "button small", "aria-label": label }, t(`admin.queues.${COMMANDS[other]}`));
    button.addEventListener("click", async () => {
      // Opening disturbs nobody; the others stop people.
      const isSure =
        other === "open" ||
        (await confirm({ title: label, text: t(`admin.queues.${COMMANDS[other]}_hint`), action: t(`admin.queues.${COMMANDS[other]}`), signal }));
      if (!isSure) return;
      const work = () => api.post(`/v1/queues/${queue}/${COMMANDS[other]}`, {}, { signal });
      if (await act(button, work, t(`admin.queues.now.${other}`, { queue }))) await changed();
    });
    return button;
  });
}

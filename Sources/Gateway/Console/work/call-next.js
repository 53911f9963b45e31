// The one big button.

import { h, icon, replace, setText } from "../app/dom.js";
import { problemText, t } from "../app/texts.js";

/**
 * Calls the next one of the chosen queue. What stands in the way is said below it.
 *
 * @param {{
 *   desk: import("./desk.js").Desk, commands: import("../app/commands.js").Commands,
 *   live: import("../app/live.js").Live, say: (text: string) => void, signal: AbortSignal,
 * }} context
 * @returns {{element: HTMLElement, press: () => void, call: (method: string, data: object) => Promise<void>, focus: () => void}}
 */
export function callNext({ desk, commands, live, say, signal }) {
  const label = h("span", {}, t("work.call_next"));
  const button = h(
    "button",
    { type: "button", class: "button primary call-next", "aria-describedby": "call-next-notice", on: { click: () => press() } },
    icon("call"),
    label,
    h("kbd", { "aria-hidden": "true" }, "N"),
  );
  const notice = h("p", { class: "call-notice", id: "call-next-notice", role: "status" });
  let isBusy = false;

  const tell = (/** @type {string} */ kind, /** @type {string} */ text) => {
    notice.dataset.kind = kind;
    replace(notice, text && icon(kind === "bad" ? "alert" : "info"), text && h("span", {}, text));
  };
  /** What stands in the way as far as it is known without asking. */
  const show = () => {
    const copy = desk.queue(desk.chosen)?.subscription.copy;
    button.setAttribute("aria-disabled", String(isBusy || commands.hindrance !== null || desk.chosen === ""));
    if (commands.hindrance) tell("bad", commands.hindrance);
    else if (copy?.mode === "paused") tell("warn", t("work.paused"));
    else if (notice.dataset.kind !== "refused") tell("", "");
  };
  const call = async (/** @type {string} */ method, /** @type {object} */ data) => {
    if (isBusy || desk.chosen === "") return;
    isBusy = true;
    setText(label, t("work.calling"));
    button.setAttribute("aria-busy", "true");
    const answer = await commands.run(method, data, {
      refused: (refusal) => {
        tell("refused", problemText(refusal));
        return true;
      },
    });
    isBusy = false;
    setText(label, t("work.call_next"));
    button.removeAttribute("aria-busy");
    if (answer) {
      desk.claimed(answer);
      tell("", "");
      say(t("work.called", { ticket: answer.service.ticket, kind: answer.service.kind }));
    }
    show();
  };
  const press = () => call("queue.claim_next", { queue: desk.chosen });
  const stops = [
    live.on("state", show),
    desk.on("queues", () => {
      tell("", "");
      show();
    }),
    desk.on("change", (name) => {
      if (name === desk.chosen) show();
    }),
  ];
  signal.addEventListener("abort", () => stops.forEach((stop) => stop()), { once: true });
  show();
  return { element: h("div", { class: "call" }, button, notice), press, call, focus: () => button.focus() };
}

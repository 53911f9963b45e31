// A service of the list, looked at: what is known of it, and to call just this one.

import { dialog } from "../app/dialog.js";
import { h, icon } from "../app/dom.js";
import { dateTime, plural, t } from "../app/texts.js";
import { customerDetails } from "./customer-details.js";
import { priorityText } from "./priority.js";

/**
 * @param {import("../queue-copy.js").Service} service
 * @param {{hindrance: string | null, call: () => void, signal: AbortSignal}} options `call`: calls this one
 */
export function showService(service, { hindrance, call, signal }) {
  const facts = [
    [t("work.column_kind"), service.kind],
    [t("work.column_state"), t(`state.${service.state}`)],
    service.claimed_by && [t("work.handled_by"), service.claimed_by.name],
    [t("work.column_priority"), priorityText(service.priority)],
    service.requires && [t("work.requires"), service.requires.join(", ")],
    [t("work.submitted"), dateTime(service.submitted_at)],
    service.scheduled_for && [t("work.scheduled_for"), dateTime(service.scheduled_for)],
    service.attempts > 0 && [t("work.returned"), plural("work.attempts", service.attempts)],
  ].filter(Boolean);
  const button = service.state === "waiting" && h(
    "button",
    { type: "button", class: "button primary", "aria-disabled": String(hindrance !== null), on: { click: () => {
      if (hindrance !== null) return;
      shown.close();
      call();
    } } },
    icon("call"),
    t("work.call_this"),
  );
  const shown = dialog(
    [
      h("dl", { class: "customer" }, facts.map(([name, value]) => [h("dt", {}, name), h("dd", {}, value)])),
      customerDetails(service),
      hindrance !== null && h("p", { class: "muted" }, hindrance),
      button && h("div", { class: "dialog-actions" }, button),
    ],
    { title: t("work.ticket_n", { ticket: service.ticket }), signal },
  );
}

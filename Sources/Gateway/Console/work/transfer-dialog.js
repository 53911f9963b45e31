// To which queue?

import { dialog } from "../app/dialog.js";
import { h } from "../app/dom.js";
import { field, form } from "../app/form.js";
import { t } from "../app/texts.js";

/**
 * Asks for a queue.
 *
 * @param {string[]} names to choose from
 * @param {import("../queue-copy.js").Service} service
 * @param {AbortSignal} signal
 * @returns {Promise<string | undefined>}
 */
export function askForQueue(names, service, signal) {
  const title = t("work.transfer_title", { ticket: service.ticket });
  if (names.length === 0) return dialog(h("p", {}, t("work.no_other_queue")), { title, signal }).closed;
  const options = names.map((name) => ({ value: name, label: name }));
  const to = field({ name: "to", label: t("work.transfer_to"), type: "select", options, required: true });
  const made = form({ fields: [to], submit: t("work.transfer"), onSubmit: async (values) => shown.close(values.to) });
  const shown = dialog(made.element, { title, signal });
  to.input.focus();
  return shown.closed;
}

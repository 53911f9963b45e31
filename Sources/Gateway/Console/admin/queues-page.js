// All queues: how they are, and making one.

import { h } from "../app/dom.js";
import { field, form } from "../app/form.js";
import { number, t } from "../app/texts.js";
import { every } from "../app/ticker.js";
import { toast } from "../app/toast.js";
import { frame, section } from "./admin-frame.js";
import { dataTable } from "./data-table.js";
import { load } from "./loading.js";
import { modeBadge, modeButtons } from "./queue-mode.js";

const NAME = /^[a-z0-9][a-z0-9_-]{0,63}$/;
const SECONDS_BETWEEN_LOOKS = 10;

/** @param {{api: any, root: HTMLElement, signal: AbortSignal}} context */
export async function page({ api, root, signal }) {
  const content = await frame(root, { title: t("admin.queues.title"), lead: t("admin.queues.lead") });
  const place = h("div", { class: "admin-list" });
  const context = { api, changed: () => refresh(), signal };
  const refresh = () => load(place, signal, () => api.get("/v1/queues", { signal }), ({ queues }) => table(queues, context));
  content.append(place, section(t("admin.queues.new"), newQueue(api, refresh, signal)));
  await refresh();
  every(place, SECONDS_BETWEEN_LOOKS, () => {
    // Who is about to press a button of the table does not lose it.
    if (!place.contains(document.activeElement)) refresh();
  });
}

function table(queues, context) {
  if (queues.length === 0) return h("p", { class: "muted" }, t("admin.queues.nothing"));
  const counted = (state) => ({ title: t(`admin.queues.${state}`), cell: (row) => number(row[state]), class: "number" });
  return dataTable({
    caption: t("admin.queues.title"),
    rows: queues,
    columns: [
      { title: t("admin.queues.queue"), cell: ({ queue }) => h("a", { href: `#/admin/queues/${queue}` }, queue) },
      { title: t("admin.queues.mode"), cell: ({ mode }) => modeBadge(mode) },
      counted("waiting"),
      counted("scheduled"),
      counted("claimed"),
      counted("serving"),
      counted("on_hold"),
      {
        title: t("admin.actions"),
        cell: (summary) => h("div", { class: "admin-row" }, modeButtons({ ...context, summary })),
      },
    ],
  });
}

function newQueue(api, refresh, signal) {
  const name = field({
    name: "queue",
    label: t("admin.queues.name"),
    hint: t("admin.queues.name_hint"),
    required: true,
    attributes: { autocomplete: "off", autocapitalize: "none", spellcheck: "false", maxlength: 64 },
    check: (text) => (NAME.test(text) ? null : t("admin.queues.name_wrong")),
  });
  const made = form({
    label: t("admin.queues.new"),
    fields: [name],
    submit: t("admin.queues.make"),
    onSubmit: async ({ queue }) => {
      await api.put(`/v1/queues/${queue}`, {}, { signal });
      toast(t("admin.queues.made", { queue }), { kind: "success" });
      name.value = "";
      await refresh();
    },
  });
  return [h("p", { class: "muted" }, t("admin.queues.new_hint")), made.element];
}

// Dead letters: messages that could not be taken in, and what may be done about them.

import { h, icon } from "../app/dom.js";
import { confirm } from "../app/dialog.js";
import { dateTime, number, plural, t } from "../app/texts.js";
import { toast } from "../app/toast.js";
import { act } from "./act.js";
import { frame } from "./admin-frame.js";
import { dataTable } from "./data-table.js";
import { filteredList } from "./filtered-list.js";
import { REASONS, confirmPurge, outcomeText, reasonText } from "./letter-texts.js";

const LIMIT = 200;

/** @param {{api: any, root: HTMLElement, signal: AbortSignal}} context */
export async function page({ api, root, signal }) {
  const content = await frame(root, { title: t("admin.letters.title"), lead: t("admin.letters.lead") });
  const { queues } = await api.get("/v1/queues", { signal });
  const choice = (name, label, options) => ({
    name, label, type: "select", options: [{ value: "", label: t("admin.any") }, ...options],
  });
  const list = filteredList({
    fields: [
      choice("reason", t("admin.letters.reason"), REASONS.map((value) => ({ value, label: reasonText(value) }))),
      choice("queue", t("admin.letters.queue"), queues.map(({ queue }) => ({ value: queue, label: queue }))),
    ],
    read: (query, newest) => api.get("/v1/dead-letters", { query: { ...query, limit: LIMIT }, signal: newest }),
    show: (answer, query) => [
      h("p", { class: "muted", role: "status" }, plural("admin.letters.count", answer.letters.length, { total: number(answer.total) })),
      answer.letters.length > 0 ? bulk(query, answer) : null,
      answer.letters.length > 0 ? table(answer.letters, one) : h("p", { class: "muted" }, t("admin.letters.nothing")),
      answer.complete ? null : h("p", { class: "muted" }, t("admin.letters.more")),
    ],
    signal,
  });

  const one = {
    requeue: async (button, letter) => {
      const work = () => api.post(`/v1/dead-letters/${letter.id}/requeue`, {}, { signal });
      if (await act(button, work, t("admin.letters.requeued_one"))) await list.refresh();
    },
    purge: async (button, letter) => {
      const isSure = await confirmPurge(signal);
      const work = () => api.delete_(`/v1/dead-letters/${letter.id}`, { signal });
      if (isSure && (await act(button, work, t("admin.letters.purged_one")))) await list.refresh();
    },
  };

  const all = (name, query, answer) => async (event) => {
    const button = event.currentTarget;
    const conditions = Object.entries(query).filter(([, value]) => value);
    const chosen = conditions.length > 0 ? Object.fromEntries(conditions) : { all: true };
    const count = answer.complete ? answer.letters.length : answer.total;
    const isPurge = name === "purge";
    const isSure = await confirm({
      title: plural(`admin.letters.${name}_all_title`, count),
      text: t(`admin.letters.${name}_all_hint`),
      action: t(`admin.letters.${name}_all`),
      danger: isPurge,
      typed: isPurge ? t("admin.letters.purge_word") : undefined,
      signal,
    });
    if (!isSure) return;
    const done = await act(button, () => api.post(`/v1/dead-letters/${name}`, chosen, { signal }));
    if (!done) return;
    toast(outcomeText(done.answer), { kind: done.answer.unroutable > 0 ? "error" : "success" });
    await list.refresh();
  };
  const bulk = (query, answer) =>
    h(
      "div",
      { class: "admin-row" },
      h("button", { type: "button", class: "button", on: { click: all("requeue", query, answer) } }, icon("return"), t("admin.letters.requeue_all")),
      h("button", { type: "button", class: "button danger", on: { click: all("purge", query, answer) } }, icon("trash"), t("admin.letters.purge_all")),
    );

  content.append(...list.elements);
  await list.refresh();
}

function table(letters, { requeue, purge }) {
  const button = (text, press, letter) =>
    h(
      "button",
      {
        type: "button",
        class: "button small",
        "aria-label": `${text}: ${letter.message_id ?? letter.id}`,
        on: { click: (event) => press(event.currentTarget, letter) },
      },
      text,
    );
  return dataTable({
    caption: t("admin.letters.title"),
    rows: letters,
    columns: [
      {
        title: t("admin.letters.message"),
        cell: (letter) => [
          h("a", { href: `#/admin/dead-letters/${letter.id}`, class: "admin-long" }, letter.message_id ?? t("admin.letters.no_id")),
          h("span", { class: "admin-second admin-long" }, letter.routing_key),
        ],
      },
      {
        title: t("admin.letters.reason"),
        cell: (letter) => [reasonText(letter.reason), letter.detail ? h("span", { class: "admin-second admin-long" }, letter.detail) : null],
      },
      { title: t("admin.letters.at"), cell: (letter) => (letter.at ? dateTime(letter.at) : t("admin.none")) },
      { title: t("admin.letters.size"), cell: (letter) => plural("admin.letters.bytes", letter.size), class: "number" },
      {
        title: t("admin.actions"),
        cell: (letter) =>
          h(
            "div",
            { class: "admin-row" },
            button(t("admin.letters.requeue"), requeue, letter),
            button(t("admin.letters.purge"), purge, letter),
          ),
      },
    ],
  });
}

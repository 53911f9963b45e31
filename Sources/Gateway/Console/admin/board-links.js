// Links of display boards: whoever has one sees the queue's tickets, and nothing else.

import { h, replace } from "../app/dom.js";
import { confirm } from "../app/dialog.js";
import { field, form } from "../app/form.js";
import { dateTime, t } from "../app/texts.js";
import { act } from "./act.js";
import { dataTable } from "./data-table.js";
import { load } from "./loading.js";
import { shownOnce } from "./shown-once.js";

/**
 * @param {{api: any, path: string, signal: AbortSignal}} options `path` of the queue
 * @returns {Node[]}
 */
export function boardLinks({ api, path, signal }) {
  const links = `${path}/board-links`;
  const made = h("div", {});
  const place = h("div", { class: "admin-list" });
  const refresh = () => load(place, signal, () => api.get(links, { signal }), (answer) => table(answer.links, revoke));
  const revoke = async (button, link) => {
    const isSure = await confirm({
      title: t("admin.boards.revoke_title", { label: link.label ?? t("admin.boards.unnamed") }),
      text: t("admin.boards.revoke_hint"),
      action: t("admin.boards.revoke"),
      danger: true,
      signal,
    });
    if (isSure && (await act(button, () => api.delete_(`${links}/${link.id}`, { signal }), t("admin.boards.revoked")))) await refresh();
  };
  const label = field({
    name: "label",
    label: t("admin.boards.label"),
    hint: t("admin.boards.label_hint"),
    attributes: { autocomplete: "off", maxlength: 80 },
  });
  const making = form({
    label: t("admin.boards.make"),
    fields: [label],
    submit: t("admin.boards.make"),
    onSubmit: async (values) => {
      const text = values.label.trim();
      const link = await api.post(links, text ? { label: text } : {}, { signal });
      label.value = "";
      replace(made, shownOnce({
        title: t("admin.boards.made"),
        hint: t("admin.boards.made_hint"),
        values: [{ label: t("admin.boards.address"), value: location.origin + link.path }],
        close: () => {
          replace(made);
          label.input.focus();
        },
      }));
      await refresh();
    },
  });
  refresh();
  return [h("p", { class: "muted" }, t("admin.boards.lead")), made, place, making.element];
}

function table(links, revoke) {
  if (links.length === 0) return h("p", { class: "muted" }, t("admin.boards.nothing"));
  return dataTable({
    caption: t("admin.boards.title"),
    rows: links,
    columns: [
      { title: t("admin.boards.label"), cell: (link) => link.label ?? t("admin.boards.unnamed") },
      { title: t("admin.boards.created"), cell: (link) => dateTime(link.created_at) },
      { title: t("admin.boards.used"), cell: (link) => (link.last_used_at ? dateTime(link.last_used_at) : t("admin.boards.never_used")) },
      {
        title: t("admin.actions"),
        cell: (link) => {
          const name = t("admin.boards.revoke_title", { label: link.label ?? t("admin.boards.unnamed") });
          const press = (event) => revoke(event.currentTarget, link);
          return h("button", { type: "button", class: "button small", "aria-label": name, on: { click: press } }, t("admin.boards.revoke"));
        },
      },
    ],
  });
}

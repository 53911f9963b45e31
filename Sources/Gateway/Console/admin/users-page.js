// The list of users.

import { h, icon } from "../app/dom.js";
import { dateTime, t } from "../app/texts.js";
import { frame } from "./admin-frame.js";
import { pagedTable } from "./data-table.js";
import { filteredList } from "./filtered-list.js";
import { LEVELS, STATES, capacityText, levelText, queuesText, skillsText, stateBadge } from "./user-texts.js";

const LIMIT = 50;

/** @param {{api: any, root: HTMLElement, query: Record<string, string>, signal: AbortSignal}} context */
export async function page({ api, root, query: asked, signal }) {
  const add = h("a", { class: "button primary", href: "#/admin/users/new" }, icon("plus"), t("admin.users.new"));
  const content = await frame(root, { title: t("admin.users.title"), lead: t("admin.users.lead"), actions: [add] });
  const { queues } = await api.get("/v1/queues", { signal });
  const read = async (query, cursor, newest) => {
    const answer = await api.get("/v1/users", { query: { ...query, limit: LIMIT, cursor }, signal: newest });
    return { rows: answer.users, next: answer.next_cursor };
  };
  const list = filteredList({
    fields: filters(queues, asked),
    read: (query, newest) => read(query, undefined, newest),
    show: (first, query, newest) => table(first, (cursor) => read(query, cursor, newest), newest),
    signal,
  });
  content.append(...list.elements);
  await list.refresh();
}

function filters(queues, { skill }) {
  const choice = (name, label, values) => ({
    name, label, type: "select", options: [{ value: "", label: t("admin.any") }, ...values],
  });
  return [
    { name: "q", label: t("admin.users.name"), hint: t("admin.users.name_hint") },
    { name: "email", label: t("admin.users.email"), hint: t("admin.users.email_hint"), type: "search" },
    choice("level", t("admin.users.level"), LEVELS.map((level) => ({ value: level, label: levelText(level) }))),
    choice("state", t("admin.users.state"), STATES.map((state) => ({ value: state, label: t(`admin.users.state.${state}`) }))),
    choice("queue", t("admin.users.queue"), queues.map(({ queue }) => ({ value: queue, label: queue }))),
    { name: "skill", label: t("admin.users.skill"), value: skill },
  ];
}

function table(first, more, signal) {
  return pagedTable({
    caption: t("admin.users.title"),
    first,
    more,
    signal,
    nothing: t("admin.users.nothing"),
    columns: [
      {
        title: t("admin.users.user"),
        cell: (user) => [
          h("a", { href: `#/admin/users/${user.id}` }, user.username),
          user.display_name ? h("span", { class: "admin-second" }, user.display_name) : null,
        ],
      },
      { title: t("admin.users.level"), cell: (user) => levelText(user.level) },
      { title: t("admin.users.state"), cell: (user) => stateBadge(user.state) },
      { title: t("admin.users.queues"), cell: (user) => queuesText(user.queues) },
      { title: t("admin.users.skills"), cell: (user) => skillsText(user.skills) },
      { title: t("admin.users.capacity"), cell: (user) => capacityText(user.capacity) },
      { title: t("admin.users.updated"), cell: (user) => h("time", { datetime: user.updated_at }, dateTime(user.updated_at)) },
    ],
  });
}

// The audit: what administrators did and who read personal data in bulk.

import { h, icon } from "../app/dom.js";
import { dateTime, t } from "../app/texts.js";
import { act } from "./act.js";
import { frame } from "./admin-frame.js";
import { ACTIONS, auditQuery, detailRows } from "./audit-query.js";
import { copyField } from "./copy-field.js";
import { facts, pagedTable } from "./data-table.js";
import { filteredList } from "./filtered-list.js";

const LIMIT = 50;

/** @param {{api: any, root: HTMLElement, signal: AbortSignal}} context */
export async function page({ api, root, signal }) {
  const file = h("button", { type: "button", class: "button" }, icon("download"), t("admin.audit.csv"));
  const content = await frame(root, { title: t("admin.audit.title"), lead: t("admin.audit.lead"), actions: [file] });
  const read = async (query, cursor, newest) => {
    const answer = await api.get("/v1/audit", { query: { ...query, limit: LIMIT, cursor }, signal: newest });
    return { rows: answer.entries, next: answer.next_cursor };
  };
  const list = filteredList({
    fields: filters(),
    queryOf: auditQuery,
    read: (query, newest) => read(query, undefined, newest),
    show: (first, query, newest) => [
      chain(query, first.rows[0]),
      table(first, (cursor) => read(query, cursor, newest), newest),
    ],
    signal,
  });
  file.addEventListener("click", () =>
    act(file, () => api.download("/v1/audit", { query: list.query(), accept: "text/csv", name: "audit.csv", signal })),
  );
  content.append(...list.elements);
  await list.refresh();
}

function filters() {
  return [
    { name: "action", label: t("admin.audit.action"), type: "select", options: actionOptions() },
    { name: "actor", label: t("admin.audit.actor"), hint: t("admin.audit.actor_hint") },
    { name: "object", label: t("admin.audit.object"), hint: t("admin.audit.object_hint") },
    { name: "from", label: t("admin.from"), type: "datetime-local" },
    { name: "to", label: t("admin.to"), type: "datetime-local" },
  ];
}

function actionOptions() {
  const options = Object.entries(ACTIONS).flatMap(([kind, verbs]) => [
    ...(verbs.length > 1 ? [{ value: `${kind}.*`, label: t("admin.audit.all_of_kind", { kind: t(`admin.audit.kind.${kind}`) }) }] : []),
    ...verbs.map((verb) => ({ value: `${kind}.${verb}`, label: actionText(`${kind}.${verb}`) })),
  ]);
  return [{ value: "", label: t("admin.any") }, ...options];
}

/** @param {string} action one that a newer server knows is shown by its own name */
function actionText(action) {
  const [kind, verb] = action.split(".");
  return ACTIONS[kind]?.includes(verb) ? t(`admin.audit.action.${action}`) : action;
}

function table(first, more, signal) {
  return pagedTable({
    caption: t("admin.audit.title"),
    first,
    more,
    signal,
    nothing: t("admin.audit.nothing"),
    columns: [
      { title: t("admin.audit.at"), cell: (entry) => h("time", { datetime: entry.at }, dateTime(entry.at)) },
      { title: t("admin.audit.action"), cell: (entry) => actionText(entry.action) },
      { title: t("admin.audit.actor"), cell: (entry) => entry.actor?.name ?? t("admin.audit.nobody") },
      { title: t("admin.audit.object"), cell: (entry) => h("code", { class: "admin-long" }, entry.object ?? t("admin.none")) },
      { title: t("admin.audit.detail"), cell: detail },
    ],
  });
}

function detail(entry) {
  return h(
    "details",
    {},
    h("summary", {}, t("admin.audit.detail_of", { id: entry.id })),
    facts([
      ...detailRows(entry.detail),
      [t("admin.audit.action"), entry.action],
      [t("admin.audit.address"), entry.address ?? t("admin.none")],
      [t("admin.audit.request"), entry.request_id ?? t("admin.none")],
      [t("admin.audit.hash"), entry.hash],
    ]),
  );
}

/** The end of the chain stands only in a list without filters. */
function chain(query, newest) {
  if (!newest || Object.keys(query).length > 0) return null;
  return copyField({ label: t("admin.audit.chain"), value: `${newest.id}:${newest.hash}`, hint: t("admin.audit.chain_hint") });
}

// Keys: what seals, what signs, how old they are, and how far a rotation is. Never a key itself.

import { h, setText } from "../app/dom.js";
import { dateTime, duration, number, plural, t } from "../app/texts.js";
import { every } from "../app/ticker.js";
import { frame, section } from "./admin-frame.js";
import { dataTable } from "./data-table.js";
import { columnProgress, percent, sealingKeys } from "./key-progress.js";
import { kindBadge } from "./kind-badge.js";
import { load } from "./loading.js";

const SECONDS_BETWEEN_LOOKS = 15;

/** @param {{api: any, root: HTMLElement, signal: AbortSignal}} context */
export async function page({ api, root, signal }) {
  const content = await frame(root, { title: t("admin.keys.title"), lead: t("admin.keys.lead") });
  const view = { isOpen: false };
  const show = (keys) => [sealing(keys.keyset, view), signing(keys.signing_keys)];
  const look = () => load(content, signal, () => api.get("/v1/keys", { signal }), show);
  await look();
  every(content, SECONDS_BETWEEN_LOOKS, look);
}

function sealing(keyset, view) {
  const { keys, indexKeys, total, remaining, done } = sealingKeys(keyset);
  const said = remaining === 0 ? t("admin.keys.all_sealed") : plural("admin.keys.remaining", remaining, { percent: percent(total - remaining, total) });
  return section(
    t("admin.keys.sealing"),
    h("p", { class: "muted" }, t("admin.keys.sealing_hint")),
    bar(t("admin.keys.rotation"), done, said),
    dataTable({
      caption: t("admin.keys.sealing"),
      rows: keys,
      columns: [
        { title: t("admin.keys.id"), cell: (key) => h("code", {}, String(key.id)) },
        { title: t("admin.keys.state"), cell: (key) => [state(key.state), key.isPrimary ? state("primary") : null] },
        { title: t("admin.keys.primary_for"), cell: (key) => (key.since ? age(key.since) : t("admin.none")) },
        { title: t("admin.keys.values"), cell: (key) => number(key.values), class: "number" },
        {
          title: t("admin.keys.share"),
          cell: (key) => bar(t("admin.keys.share_of", { id: key.id }), key.share, `${total === 0 ? 0 : percent(key.values, total)}\u00a0%`),
        },
      ],
    }),
    indexKeys.length > 0 ? h("p", { class: "muted" }, plural("admin.keys.index", indexKeys.length, { ids: indexKeys.join(", ") })) : null,
    keyset.live_services > 0 ? h("p", { class: "muted" }, plural("admin.keys.live", keyset.live_services)) : null,
    columns(columnProgress(keyset), view),
  );
}

function columns(rows, view) {
  if (rows.length === 0) return null;
  return h(
    "details",
    { class: "admin-more-facts", open: view.isOpen, on: { toggle: (event) => (view.isOpen = event.currentTarget.open) } },
    h("summary", {}, t("admin.keys.columns")),
    dataTable({
      caption: t("admin.keys.columns"),
      rows,
      columns: [
        { title: t("admin.keys.column"), cell: (row) => h("code", { class: "admin-long" }, row.column) },
        { title: t("admin.keys.values"), cell: (row) => number(row.values), class: "number" },
        { title: t("admin.keys.left"), cell: (row) => number(row.remaining), class: "number" },
        { title: t("admin.keys.unreadable"), cell: (row) => number(row.unreadable), class: "number" },
      ],
    }),
  );
}

function signing(keys) {
  return section(
    t("admin.keys.signing"),
    h("p", { class: "muted" }, t("admin.keys.signing_hint")),
    dataTable({
      caption: t("admin.keys.signing"),
      rows: keys,
      columns: [
        { title: t("admin.keys.id"), cell: (key) => h("code", { class: "admin-long" }, key.kid) },
        { title: t("admin.keys.state"), cell: (key) => state(key.state) },
        { title: t("admin.keys.age"), cell: (key) => age(key.created_at) },
        { title: t("admin.keys.signs_from"), cell: (key) => dateTime(key.activates_at) },
        { title: t("admin.keys.ends"), cell: (key) => (key.retires_at ? dateTime(key.retires_at) : t("admin.none")) },
      ],
    }),
  );
}

/** An age that is right for as long as it is looked at. */
function age(moment) {
  const node = h("time", { datetime: moment, title: dateTime(moment) });
  const tell = () => setText(node, duration(Date.now() - new Date(moment).getTime()));
  tell();
  every(node, 60, tell);
  return node;
}

function bar(label, share, text) {
  return h("div", { class: "admin-bar" }, h("progress", { max: "1", value: String(share), "aria-label": label }), h("span", {}, text));
}

function state(name) {
  return kindBadge(name, t(`admin.keys.state.${name}`));
}

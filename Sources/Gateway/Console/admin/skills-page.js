// Skills: who has which, and what waits for them.

import { h } from "../app/dom.js";
import { number, plural, t } from "../app/texts.js";
import { frame } from "./admin-frame.js";
import { everyUser } from "./all-users.js";
import { dataTable } from "./data-table.js";
import { kindBadge } from "./kind-badge.js";
import { load } from "./loading.js";
import { skillUsage } from "./skill-usage.js";

/** Services that are looked at of each queue: its first ones. */
const SERVICES_OF_A_QUEUE = 500;
const SHOWN_USERS = 12;

/** @param {{api: any, root: HTMLElement, signal: AbortSignal}} context */
export async function page({ api, root, signal }) {
  const content = await frame(root, { title: t("admin.skills.title"), lead: t("admin.skills.lead") });
  await load(content, signal, () => read(api, signal), ({ uses, isWhole }) => [
    uses.length === 0 ? h("p", { class: "muted" }, t("admin.skills.nothing")) : table(uses),
    isWhole ? null : h("p", { class: "muted" }, t("admin.skills.partly")),
  ]);
}

async function read(api, signal) {
  const users = await everyUser(api, signal);
  const { queues } = await api.get("/v1/queues", { signal });
  const services = [];
  let isWhole = users.isWhole;
  for (const { queue, waiting, scheduled } of queues) {
    if (waiting + scheduled === 0) continue;
    const answer = await api.get(`/v1/queues/${queue}/services`, { query: { limit: SERVICES_OF_A_QUEUE }, signal });
    services.push(...answer.services);
    isWhole &&= answer.next_cursor === null;
  }
  return { uses: skillUsage(users.users, services), isWhole };
}

function table(uses) {
  return dataTable({
    caption: t("admin.skills.title"),
    rows: uses,
    columns: [
      { title: t("admin.skills.skill"), cell: (use) => h("a", { href: `#/admin/users?skill=${encodeURIComponent(use.skill)}` }, use.skill) },
      { title: t("admin.skills.users"), cell: people },
      {
        title: t("admin.skills.waiting"),
        cell: (use) => [number(use.waiting), " ", use.isMissing ? kindBadge("missing", t("admin.skills.missing")) : null],
      },
    ],
  });
}

function people({ users }) {
  if (users.length === 0) return t("admin.skills.nobody");
  const shown = users.slice(0, SHOWN_USERS);
  return h(
    "ul",
    { class: "admin-people" },
    shown.map((user) => h("li", {}, h("a", { href: `#/admin/users/${user.id}` }, user.username))),
    users.length > shown.length ? h("li", {}, plural("admin.skills.others", users.length - shown.length)) : null,
  );
}

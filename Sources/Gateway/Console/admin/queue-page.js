// One queue: how it is, its mode, and the links of its display boards.

import { h } from "../app/dom.js";
import { duration, number, t } from "../app/texts.js";
import { every } from "../app/ticker.js";
import { frame, section } from "./admin-frame.js";
import { boardLinks } from "./board-links.js";
import { facts } from "./data-table.js";
import { load } from "./loading.js";
import { modeBadge, modeButtons } from "./queue-mode.js";

const SECONDS_BETWEEN_LOOKS = 10;

/** @param {{api: any, root: HTMLElement, parameters: {queue: string}, signal: AbortSignal}} context */
export async function page({ api, root, parameters: { queue }, signal }) {
  const content = await frame(root, { title: queue, back: { href: "#/admin/queues", text: t("admin.queues.title") } });
  const place = h("div", { class: "admin-list" });
  const path = `/v1/queues/${encodeURIComponent(queue)}`;
  const refresh = () => load(place, signal, () => api.get(`${path}/stats`, { signal }), (stats) => state(stats, { api, changed: refresh, signal }));
  content.append(place, section(t("admin.boards.title"), boardLinks({ api, path, signal })));
  await refresh();
  every(place, SECONDS_BETWEEN_LOOKS, () => {
    if (!place.contains(document.activeElement)) refresh();
  });
}

function state(stats, context) {
  const handling = stats.handling_seconds;
  return section(
    t("admin.queue.state"),
    facts([
      [t("admin.queues.mode"), modeBadge(stats.mode)],
      ...["waiting", "scheduled", "claimed", "serving", "on_hold"].map((name) => [t(`admin.queues.${name}`), number(stats[name])]),
      [t("admin.queue.employees"), number(stats.active_employees)],
      [
        t("admin.queue.handling"),
        handling
          ? t("admin.queue.handling_times", { median: duration(handling.p50 * 1_000), most: duration(handling.p90 * 1_000) })
          : t("admin.queue.no_handling"),
      ],
    ]),
    h("div", { class: "admin-row" }, modeButtons({ ...context, summary: stats })),
  );
}

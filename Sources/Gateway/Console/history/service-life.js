// The life of one service, event by event, without personal data.

import { facts } from "../admin/data-table.js";
import { dialog } from "../app/dialog.js";
import { h, replace } from "../app/dom.js";
import { dateTime, duration, hasText, problemText, t } from "../app/texts.js";

/** Events of a page. */
const PAGE = 100;

/**
 * @param {import("../app/api.js").Api} api
 * @param {string} id
 * @param {AbortSignal} signal
 */
export async function showLife(api, id, signal) {
  const known = h("div");
  const list = h("ol", { class: "life" });
  const status = h("p", { role: "status" }, t("history.loading"));
  const more = h("button", { type: "button", class: "button", hidden: true, on: { click: () => load() } }, t("history.more_events"));
  const shown = dialog([known, list, status, more], { title: t("history.life"), wide: true, signal });
  /** @type {string | null} */
  let cursor = null;
  await load();

  async function load() {
    more.disabled = true;
    try {
      const { entry, events, next_cursor } = await api.get(`/v1/services/${id}/history`, { query: { limit: PAGE, cursor }, signal });
      if (!shown.element.isConnected) return;
      if (cursor === null) replace(known, factsOf(entry));
      list.append(...events.map(eventItem));
      cursor = next_cursor;
      more.hidden = cursor === null;
      replace(status, list.children.length === 0 ? t("history.no_events") : null);
    } catch (problem) {
      if (!signal.aborted) replace(status, problemText(problem));
    } finally {
      more.disabled = false;
    }
  }
}

/** @param {any} entry */
function factsOf({ service, source, ended_by, waited_ms, served_ms }) {
  const values = {
    ticket: String(service.ticket), queue: service.queue, kind: service.kind, priority: String(service.priority),
    state: t(`state.${service.state}`), source: t(`history.source_${source}`), employee: service.claimed_by?.name,
    ended_by, attempts: String(service.attempts), waited: waited_ms === undefined ? undefined : duration(waited_ms),
    served: served_ms === undefined ? undefined : duration(served_ms), id: service.id,
  };
  const known = Object.entries(values).filter(([, value]) => value !== undefined);
  return facts(known.map(([name, value]) => [t(`history.fact_${name}`), value]));
}

/** @param {any} event */
function eventItem({ type, at, actor, state, queue }) {
  const key = `history.event_${type.replace("service.", "")}`;
  return h("li", {}, h("time", { datetime: at }, dateTime(at)),
    h("span", { class: "life-what" }, hasText(key) ? t(key) : type),
    h("span", { class: "life-who" }, t("history.by_whom", { actor, queue, state: t(`state.${state}`) })));
}

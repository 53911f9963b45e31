// Where somebody is signed in, and ending it: of oneself, and for administrators of everybody.

import { h } from "../app/dom.js";
import { dateTime, t } from "../app/texts.js";
import { confirm } from "../app/dialog.js";
import { act } from "./act.js";
import { dataTable } from "./data-table.js";
import { kindBadge } from "./kind-badge.js";
import { load } from "./loading.js";

/**
 * @param {object} options
 * @param {any} options.api
 * @param {string} options.path `/v1/users/me/sessions` or `/v1/users/{id}/sessions`
 * @param {boolean} options.isOwn then this browser's session is spared
 * @param {AbortSignal} options.signal
 * @returns {HTMLElement}
 */
export function sessionList({ api, path, isOwn, signal }) {
  const place = h("div", { class: "admin-list" });
  const refresh = () => load(place, signal, () => api.get(path, { signal }), ({ sessions }) => show(sessions));
  const end = async (button, session) => {
    if (await act(button, () => api.delete_(`${path}/${session.id}`, { signal }), t("admin.sessions.ended"))) await refresh();
  };
  const endAll = async (button) => {
    const isSure = await confirm({
      title: t(isOwn ? "admin.sessions.end_others" : "admin.sessions.end_all"),
      text: t(isOwn ? "admin.sessions.end_others_hint" : "admin.sessions.end_all_hint"),
      action: t(isOwn ? "admin.sessions.end_others" : "admin.sessions.end_all"),
      danger: true,
      signal,
    });
    if (isSure && (await act(button, () => api.delete_(path, { signal }), t("admin.sessions.all_ended")))) await refresh();
  };
  const show = (sessions) => {
    if (sessions.length === 0) return h("p", { class: "muted" }, t("admin.sessions.nothing"));
    const others = sessions.filter((session) => !(isOwn && session.current));
    return [
      dataTable({ caption: t("admin.sessions.title"), rows: sessions, columns: columns(end, isOwn) }),
      others.length > 0 ? button(t(isOwn ? "admin.sessions.end_others" : "admin.sessions.end_all"), endAll) : null,
    ];
  };
  refresh();
  return place;
}

function columns(end, isOwn) {
  return [
    {
      title: t("admin.sessions.where"),
      cell: (session) => [
        h("span", {}, session.user_agent ?? t("admin.sessions.unknown_program")),
        h("span", { class: "admin-second" }, session.address ?? t("admin.sessions.unknown_address")),
        session.current ? kindBadge("current", t("admin.sessions.this_one")) : null,
      ],
      class: "admin-long",
    },
    { title: t("admin.sessions.began"), cell: (session) => dateTime(session.created_at) },
    { title: t("admin.sessions.used"), cell: (session) => dateTime(session.last_used_at) },
    { title: t("admin.sessions.until"), cell: (session) => dateTime(session.expires_at) },
    {
      title: t("admin.actions"),
      cell: (session) =>
        isOwn && session.current
          ? null
          : button(t("admin.sessions.end"), (pressed) => end(pressed, session), t("admin.sessions.end_of", { when: dateTime(session.created_at) })),
    },
  ];
}

function button(text, press, label) {
  return h("button", { type: "button", class: "button small", "aria-label": label, on: { click: (event) => press(event.currentTarget) } }, text);
}

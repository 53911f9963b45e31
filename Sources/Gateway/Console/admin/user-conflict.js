// Somebody changed the user meanwhile: what they did, what one wanted, and which of it shall stand.

import { h } from "../app/dom.js";
import { t } from "../app/texts.js";
import { act } from "./act.js";
import { dataTable } from "./data-table.js";
import { conflictOf } from "./user-changes.js";
import { valueText } from "./user-texts.js";

/**
 * @param {object} conflict
 * @param {object} conflict.before as the form was filled
 * @param {object} conflict.changes one's own
 * @param {object} conflict.now as the server has it
 * @param {() => void} conflict.keepTheirs
 * @param {() => Promise<void>} conflict.applyMine
 */
export function userConflict({ before, changes, now, keepTheirs, applyMine }) {
  const rows = conflictOf(before, changes, now);
  const mine = h("button", { type: "button", class: "button" }, t("admin.conflict.apply_mine"));
  mine.addEventListener("click", () => act(mine, applyMine));
  return h(
    "section",
    { class: "card admin-section admin-conflict", role: "alert", tabindex: "-1" },
    h("h2", {}, t("admin.conflict.title")),
    h("p", {}, t("admin.conflict.text")),
    rows.length > 0
      ? dataTable({
          caption: t("admin.conflict.title"),
          rows,
          columns: [
            { title: t("admin.conflict.field"), cell: (row) => t(`admin.users.${row.field}`) },
            { title: t("admin.conflict.before"), cell: (row) => valueText(row.field, row.before) },
            { title: t("admin.conflict.now"), cell: (row) => marked(row.isTheirs, valueText(row.field, row.now)) },
            {
              title: t("admin.conflict.mine"),
              cell: (row) => (row.isMine ? marked(true, valueText(row.field, row.mine)) : t("admin.conflict.as_now")),
            },
          ],
        })
      : h("p", {}, t("admin.conflict.elsewhere")),
    h(
      "div",
      { class: "admin-row" },
      h("button", { type: "button", class: "button primary", on: { click: keepTheirs } }, t("admin.conflict.keep_theirs")),
      mine,
    ),
  );
}

function marked(is, text) {
  return is ? h("strong", {}, text) : text;
}

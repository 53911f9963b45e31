// One dead letter with what its producer wrote: as text, whatever it is.

import { h } from "../app/dom.js";
import { dateTime, plural, t } from "../app/texts.js";
import { act } from "./act.js";
import { frame, section } from "./admin-frame.js";
import { dataTable, facts } from "./data-table.js";
import { confirmPurge, reasonText } from "./letter-texts.js";
import { load } from "./loading.js";
import { bodyText, visible } from "./visible-text.js";

/** @param {{api: any, root: HTMLElement, parameters: {id: string}, signal: AbortSignal}} context */
export async function page({ api, root, parameters: { id }, signal }) {
  const content = await frame(root, {
    title: t("admin.letter.title"),
    lead: t("admin.letter.lead"),
    back: { href: "#/admin/dead-letters", text: t("admin.letters.title") },
  });
  const path = `/v1/dead-letters/${encodeURIComponent(id)}`;
  const leave = (done) => {
    if (done) location.hash = "#/admin/dead-letters";
  };
  const requeue = async (event) => {
    leave(await act(event.currentTarget, () => api.post(`${path}/requeue`, {}, { signal }), t("admin.letters.requeued_one")));
  };
  const purge = async (event) => {
    const button = event.currentTarget;
    if (await confirmPurge(signal)) leave(await act(button, () => api.delete_(path, { signal }), t("admin.letters.purged_one")));
  };
  await load(content, signal, () => api.get(path, { signal }), (letter) => [
    section(
      reasonText(letter.reason),
      facts([
        [t("admin.letter.detail"), letter.detail ?? t("admin.none")],
        [t("admin.letters.at"), letter.at ? dateTime(letter.at) : t("admin.none")],
        [t("admin.letter.message_id"), visible(letter.message_id ?? t("admin.none"))],
        [t("admin.letter.exchange"), visible(letter.exchange ?? t("admin.letter.no_exchange"))],
        [t("admin.letter.routing_key"), visible(letter.routing_key)],
        [t("admin.letter.content_type"), visible(letter.content_type ?? t("admin.none"))],
        [t("admin.letter.redeliveries"), String(letter.redeliveries ?? t("admin.none"))],
        [t("admin.letters.size"), plural("admin.letters.bytes", letter.size)],
      ]),
      h(
        "div",
        { class: "admin-row" },
        h(
          "button",
          { type: "button", class: "button primary", disabled: letter.exchange === null, on: { click: requeue } },
          t("admin.letters.requeue"),
        ),
        h("button", { type: "button", class: "button danger", on: { click: purge } }, t("admin.letters.purge")),
      ),
    ),
    section(t("admin.letter.body"), body(letter)),
    section(t("admin.letter.headers"), headers(letter.headers)),
  ]);
}

function body(letter) {
  const { form, text, isCut } = bodyText(letter);
  return [
    h("p", { class: "muted" }, t(`admin.letter.form.${form}`)),
    // It can be scrolled, so it can be reached.
    text ? h("pre", { class: "admin-body", tabindex: "0", role: "region", "aria-label": t("admin.letter.body") }, text) : null,
    isCut ? h("p", { class: "muted" }, t("admin.letter.cut")) : null,
  ];
}

function headers(list) {
  if (list.length === 0) return h("p", { class: "muted" }, t("admin.letter.no_headers"));
  return dataTable({
    caption: t("admin.letter.headers"),
    rows: list,
    columns: [
      { title: t("admin.letter.header"), cell: ({ name }) => h("code", { class: "admin-long" }, visible(name)) },
      { title: t("admin.letter.value"), cell: ({ value }) => h("code", { class: "admin-long" }, visible(value)) },
    ],
  });
}

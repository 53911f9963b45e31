// Forgetting customers: asking for it, and what became of it.

import { h } from "../app/dom.js";
import { confirm } from "../app/dialog.js";
import { field, form } from "../app/form.js";
import { dateTime, number, t } from "../app/texts.js";
import { every } from "../app/ticker.js";
import { toast } from "../app/toast.js";
import { frame, section } from "./admin-frame.js";
import { pagedTable } from "./data-table.js";
import { kindBadge } from "./kind-badge.js";
import { load } from "./loading.js";

const LIMIT = 50;
const SECONDS_BETWEEN_LOOKS = 3;
const MEANINGS = ["email", "phone", "id", "service"];

/** @param {{api: any, root: HTMLElement, signal: AbortSignal}} context */
export async function page({ api, root, signal }) {
  const content = await frame(root, { title: t("admin.erasures.title"), lead: t("admin.erasures.lead") });
  const place = h("div", { class: "admin-list", "aria-live": "polite" });
  let isPending = false;
  const read = async (cursor) => {
    const answer = await api.get("/v1/erasures", { query: { limit: LIMIT, cursor }, signal });
    return { rows: answer.erasures, next: answer.next_cursor };
  };
  const refresh = () =>
    load(place, signal, () => read(undefined), (first) => {
      isPending = first.rows.some((erasure) => erasure.state === "pending");
      return table(first, read, signal);
    });
  content.append(section(t("admin.erasures.new"), newErasure(api, refresh, signal)), section(t("admin.erasures.list"), place));
  await refresh();
  every(place, SECONDS_BETWEEN_LOOKS, () => {
    if (isPending && !place.contains(document.activeElement)) refresh();
  });
}

function table(first, more, signal) {
  return pagedTable({
    caption: t("admin.erasures.list"),
    first,
    more,
    signal,
    nothing: t("admin.erasures.nothing"),
    columns: [
      { title: t("admin.erasures.asked"), cell: (erasure) => dateTime(erasure.requested_at) },
      { title: t("admin.erasures.state"), cell: ({ state }) => kindBadge(state, t(`admin.erasures.state.${state}`)) },
      { title: t("admin.erasures.done"), cell: (erasure) => (erasure.done_at ? dateTime(erasure.done_at) : t("admin.none")) },
      { title: t("admin.erasures.services"), cell: (erasure) => number(erasure.services), class: "number" },
      { title: t("admin.erasures.id"), cell: (erasure) => h("code", { class: "admin-long" }, erasure.id) },
    ],
  });
}

function newErasure(api, refresh, signal) {
  const subject = field({
    name: "subject",
    label: t("admin.erasures.subject"),
    required: true,
    attributes: { autocomplete: "off", spellcheck: "false", maxlength: 1_024 },
    check: (text) => (text.trim() === "" ? t("app.field_missing") : null),
  });
  const by = field({
    name: "by",
    label: t("admin.erasures.by"),
    type: "select",
    options: MEANINGS.map((value) => ({ value, label: t(`admin.erasures.by.${value}`) })),
  });
  const made = form({
    label: t("admin.erasures.new"),
    fields: [by, subject],
    submit: t("admin.erasures.erase"),
    danger: true,
    onSubmit: async (values) => {
      const name = values.subject.trim();
      const isSure = await confirm({
        title: t("admin.erasures.sure", { subject: name }),
        text: t("admin.erasures.sure_hint"),
        action: t("admin.erasures.erase"),
        danger: true,
        typed: name,
        signal,
      });
      if (!isSure) return;
      await api.delete_(`/v1/subjects/${encodeURIComponent(name)}`, { query: { by: values.by }, signal });
      subject.value = "";
      toast(t("admin.erasures.noted"), { kind: "success" });
      await refresh();
    },
  });
  return [h("p", { class: "muted" }, t("admin.erasures.new_hint")), made.element];
}

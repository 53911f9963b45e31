// How a user gets in: disabling, enabling, a new password by invitation; and erasing the person.

import { h, replace } from "../app/dom.js";
import { confirm } from "../app/dialog.js";
import { t } from "../app/texts.js";
import { act } from "./act.js";
import { section } from "./admin-frame.js";
import { daysField, invitationCard } from "./new-user-page.js";

const DAY = 86_400;

/**
 * @param {any} view the user's page: `user`, `change`, `reread` and what it talks to
 */
export function userAccess(view) {
  return section(t("admin.access.title"), gate(view), invitation(view));
}

function gate(view) {
  const isDisabled = view.user.disabled;
  const word = isDisabled ? "enable" : "disable";
  const button = h("button", { type: "button", class: isDisabled ? "button" : "button danger" }, t(`admin.access.${word}`));
  button.addEventListener("click", async () => {
    const isSure =
      isDisabled ||
      (await confirm({
        title: t("admin.access.disable_title", { name: view.user.username }),
        text: t("admin.access.disable_hint"),
        action: t("admin.access.disable"),
        danger: true,
        signal: view.signal,
      }));
    if (isSure) await act(button, () => view.change({ disabled: !isDisabled }, t(`admin.access.${word}d`)));
  });
  return part(t(`admin.access.${word}_hint`), button);
}

function invitation(view) {
  if (view.user.username.startsWith("oidc:")) return null;
  const days = daysField();
  const place = h("div", {});
  const button = h("button", { type: "button", class: "button" }, t("admin.access.invite"));
  button.addEventListener("click", async () => {
    const body = { expires_in: Number(days.value) * DAY };
    const made = await act(button, () => view.api.post(`${view.path}/invitation`, body, { signal: view.signal, withETag: true }));
    if (!made) return;
    // The token stays on the page until it is put away, so the rest is not drawn anew before.
    view.etag = made.answer.etag;
    replace(place, invitationCard(made.answer.data, () => view.reread()));
  });
  const hint = t(view.user.state === "invited" ? "admin.access.invite_anew_hint" : "admin.access.reset_hint");
  return [part(hint, days.element, button), place];
}

/**
 * The end of the user as a person.
 *
 * @param {any} view as for `userAccess`
 */
export function userErasure(view) {
  const button = h("button", { type: "button", class: "button danger" }, t("admin.erase_user.action"));
  button.addEventListener("click", async () => {
    const isSure = await confirm({
      title: t("admin.erase_user.title", { name: view.user.username }),
      text: t("admin.erase_user.text"),
      action: t("admin.erase_user.action"),
      danger: true,
      typed: view.user.username,
      signal: view.signal,
    });
    if (!isSure) return;
    const erased = await act(button, () => view.api.delete_(view.path, { etag: view.etag, signal: view.signal }), t("admin.erase_user.done"));
    if (erased) location.hash = "#/admin/users";
    else await view.reread();
  });
  return section(t("admin.erase_user.heading"), part(t("admin.erase_user.hint"), button));
}

function part(hint, ...controls) {
  return h("div", { class: "admin-part" }, h("p", { class: "muted" }, hint), h("div", { class: "admin-row" }, controls));
}

// Accepting an invitation: whoever has the link chooses the password, and is signed in.

import { h } from "../app/dom.js";
import { field, form } from "../app/form.js";
import { send } from "../app/request.js";
import { languageSwitch, themeSwitch } from "../app/switches.js";
import { t } from "../app/texts.js";
import { frame, section } from "../admin/admin-frame.js";
import { invitationToken } from "./invitation-link.js";
import { newPasswordFields } from "./new-password.js";

/** Kept while the tab lives, for another language draws the page anew and the address has it no longer. */
let kept = null;

/** @param {{api: any, session: any, root: HTMLElement, parameters: {token?: string}, signal: AbortSignal}} context */
export async function page({ session, root, parameters, signal }) {
  kept = invitationToken(parameters.token ?? "") ?? kept;
  // Out of the address, so that it is in no history, bookmark or picture of the screen.
  if (parameters.token) history.replaceState(null, "", "#/invitation");
  const content = await frame(root, { title: t("account.invitation"), lead: t("account.invitation_lead") });
  if (session.state === "signed_in") {
    const leave = h("button", { type: "button", class: "button", on: { click: () => session.signOut() } }, t("app.sign_out"));
    content.append(section(t("account.signed_in_already", { name: session.user.username }), h("p", {}, t("account.sign_out_first")), leave));
    return;
  }
  content.append(
    section(t("account.choose_password"), acceptance(session, signal)),
    h("div", { class: "page-head" }, languageSwitch(), themeSwitch()),
  );
}

function acceptance(session, signal) {
  const token = field({
    name: "token",
    label: t("account.invitation_token"),
    hint: t("account.invitation_token_hint"),
    required: true,
    value: kept ?? "",
    attributes: { autocomplete: "off", spellcheck: "false" },
    check: (text) => (invitationToken(text) ? null : t("account.invitation_token_wrong")),
  });
  // Who came by the link need not see it.
  token.element.hidden = kept !== null;
  const made = form({
    label: t("account.choose_password"),
    fields: [token, ...newPasswordFields()],
    submit: t("account.accept"),
    errorField: (problem) => ({ weak_password: "password" })[problem.code] ?? null,
    onSubmit: async (values) => {
      const body = { token: invitationToken(values.token), password: values.password };
      const accepted = await (await send("POST", "/v1/auth/invitations/accept", { body, signal })).json();
      kept = null;
      const { username } = await (await send("GET", "/v1/users/me", { token: accepted.access_token, signal })).json();
      // That session's tokens lie open in this page; the console's own lies in a cookie.
      await send("POST", "/v1/auth/logout", { body: { refresh_token: accepted.refresh_token } });
      history.replaceState(null, "", "#/");
      await session.signIn(username, values.password);
    },
  });
  return made.element;
}

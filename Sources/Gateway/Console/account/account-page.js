// One's own account: who one is here, the password, and where one is signed in.

import { h } from "../app/dom.js";
import { field, form } from "../app/form.js";
import { t } from "../app/texts.js";
import { toast } from "../app/toast.js";
import { frame, section } from "../admin/admin-frame.js";
import { facts } from "../admin/data-table.js";
import { sessionList } from "../admin/session-list.js";
import { capacityText, levelText, queuesText, skillsText } from "../admin/user-texts.js";
import { newPasswordFields } from "./new-password.js";

/** @param {{api: any, session: any, root: HTMLElement, signal: AbortSignal}} context */
export async function page({ api, session, root, signal }) {
  const content = await frame(root, { title: t("account.title"), lead: t("account.lead") });
  const { user } = session;
  content.append(
    section(
      t("account.rights"),
      facts([
        [t("admin.users.name"), user.username],
        [t("admin.users.display_name"), user.display_name ?? t("admin.none")],
        [t("admin.users.level"), `${levelText(user.level)}: ${t(`admin.level.${user.level}.hint`)}`],
        [t("admin.users.queues"), queuesText(user.queues)],
        [t("admin.users.skills"), skillsText(user.skills)],
        [t("admin.users.capacity"), capacityText(user.capacity)],
      ]),
      h("p", { class: "muted" }, t("account.rights_hint")),
    ),
    section(t("account.password"), password({ api, user, signal })),
    section(t("admin.sessions.title"), sessionList({ api, path: "/v1/users/me/sessions", isOwn: true, signal })),
  );
}

function password({ api, user, signal }) {
  // Who signs in by an OpenID provider has none here.
  if (user.username.startsWith("oidc:")) return h("p", {}, t("account.no_password"));
  const current = field({
    name: "current",
    label: t("account.current_password"),
    type: "password",
    required: true,
    attributes: { autocomplete: "current-password", maxlength: 1_024 },
  });
  const fresh = newPasswordFields();
  const made = form({
    label: t("account.password"),
    fields: [current, ...fresh],
    submit: t("account.change_password"),
    errorField: (problem) => ({ wrong_password: "current", weak_password: "password" })[problem.code] ?? null,
    onSubmit: async (values) => {
      const body = { current_password: values.current, new_password: values.password };
      try {
        await api.post("/v1/users/me/password", body, { signal });
      } catch (problem) {
        throw problem.code === "invalid_credentials" ? { ...problem, code: "wrong_password" } : problem;
      }
      for (const one of [current, ...fresh]) one.value = "";
      toast(t("account.password_changed"), { kind: "success" });
    },
  });
  return [h("p", { class: "muted" }, t("account.password_lead")), made.element];
}

// The page of whoever is not signed in.

import { h, replace } from "./dom.js";
import { field, form } from "./form.js";
import { languageSwitch, themeSwitch } from "./switches.js";
import { t } from "./texts.js";

/**
 * Shows the form of signing in; the session tells when somebody is.
 *
 * @param {HTMLElement} root
 * @param {import("./session.js").Session} session
 */
export function showSignIn(root, session) {
  const username = field({
    name: "username", label: t("sign_in.username"), required: true,
    attributes: { autocomplete: "username", autocapitalize: "none", spellcheck: "false", maxlength: 80 },
  });
  const password = field({
    name: "password", label: t("sign_in.password"), type: "password", required: true,
    attributes: { autocomplete: "current-password", maxlength: 1024 },
  });
  const made = form({
    fields: [username, password],
    submit: t("sign_in.submit"),
    label: t("sign_in.title"),
    onSubmit: async (values) => {
      try {
        await session.signIn(values.username.trim(), values.password);
      } catch (problem) {
        password.value = "";
        password.input.focus();
        throw problem;
      }
    },
  });
  const reason = session.reason && h("p", { class: "notice", role: "status" }, t(`sign_in.reason_${session.reason}`));
  document.title = `${t("sign_in.title")} · Usher`;
  replace(
    root,
    h(
      "main",
      { class: "sign-in" },
      h("img", { src: "/console/app/usher.svg", alt: "", width: 48, height: 48 }),
      h("h1", {}, t("sign_in.title")),
      reason,
      made.element,
      h("div", { class: "sign-in-switches" }, languageSwitch(), themeSwitch()),
    ),
  );
  username.input.focus();
}

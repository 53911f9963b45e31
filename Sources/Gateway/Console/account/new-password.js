// Choosing a password: twice, so that a slip does not lock anybody out.

import { field } from "../app/form.js";
import { t } from "../app/texts.js";

/** @returns {import("../app/form.js").Field[]} `password` and its repetition */
export function newPasswordFields() {
  const attributes = { autocomplete: "new-password", maxlength: 1_024 };
  const password = field({
    name: "password",
    label: t("account.new_password"),
    hint: t("admin.password_hint"),
    type: "password",
    required: true,
    attributes,
  });
  const again = field({
    name: "again",
    label: t("account.password_again"),
    type: "password",
    required: true,
    attributes,
    check: (text) => (text === password.value ? null : t("account.passwords_differ")),
  });
  return [password, again];
}

// The fields of a user, for making one and for changing one.

import { field } from "../app/form.js";
import { t } from "../app/texts.js";
import { queueChoice } from "./queue-choice.js";
import { isUsername, parseCapacity, parseSkills, textOrNull } from "./user-changes.js";
import { LEVELS, levelText } from "./user-texts.js";

const TEXT = { maxlength: 256, autocomplete: "off" };

/**
 * @param {string[]} queues all that there are
 * @param {object} user the one to change, or what a new one begins with
 */
export function userFields(queues, user) {
  // A user may be limited to a queue that is not there any more: it stays until somebody takes it away.
  const names = [...new Set([...queues, ...(user.queues ?? [])])].sort();
  return [
    field({ name: "display_name", label: t("admin.users.display_name"), value: user.display_name ?? "", attributes: TEXT }),
    field({ name: "email", label: t("admin.users.email"), type: "email", value: user.email ?? "", attributes: TEXT }),
    field({
      name: "level",
      label: t("admin.users.level"),
      type: "select",
      options: LEVELS.map((level) => ({ value: level, label: `${levelText(level)}: ${t(`admin.level.${level}.hint`)}` })),
      value: user.level,
    }),
    queueChoice(names, user.queues),
    field({
      name: "skills",
      label: t("admin.users.skills"),
      hint: t("admin.users.skills_hint"),
      value: user.skills.join(", "),
      attributes: { autocomplete: "off", spellcheck: "false" },
      check: skillsProblem,
    }),
    field({
      name: "capacity",
      label: t("admin.users.capacity"),
      hint: t("admin.users.capacity_hint"),
      value: user.capacity ?? "",
      attributes: { inputmode: "numeric", autocomplete: "off" },
      check: (text) => (parseCapacity(text) === undefined ? t("admin.users.capacity_wrong") : null),
    }),
  ];
}

/** The name that a new user signs in with. */
export function usernameField() {
  return field({
    name: "username",
    label: t("admin.users.name"),
    hint: t("admin.users.name_rule"),
    required: true,
    attributes: { autocomplete: "off", autocapitalize: "none", spellcheck: "false", maxlength: 64 },
    check: (name) => (isUsername(name.trim()) ? null : t("admin.users.name_wrong")),
  });
}

/**
 * What the fields say, in the API's words.
 *
 * @param {Record<string, any>} values
 */
export function userOf(values) {
  return {
    display_name: textOrNull(values.display_name),
    email: textOrNull(values.email),
    level: values.level,
    queues: values.queues,
    skills: parseSkills(values.skills).skills,
    capacity: parseCapacity(values.capacity),
  };
}

function skillsProblem(text) {
  const { wrong, tooMany } = parseSkills(text);
  if (wrong.length > 0) return t("admin.users.skills_wrong", { skills: wrong.join(", ") });
  return tooMany ? t("admin.users.skills_too_many") : null;
}

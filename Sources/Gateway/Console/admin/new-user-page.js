// A new user: invited, or with a password that somebody tells the user.

import { replace } from "../app/dom.js";
import { field, form } from "../app/form.js";
import { dateTime, t } from "../app/texts.js";
import { toast } from "../app/toast.js";
import { invitationLink } from "../account/invitation-link.js";
import { newIdempotencyKey } from "../usher-client.js";
import { frame, section } from "./admin-frame.js";
import { shownOnce } from "./shown-once.js";
import { userFields, usernameField, userOf } from "./user-form.js";

const BLANK = { display_name: null, email: null, level: "agent", queues: null, skills: [], capacity: null };
/** Days that an invitation may be good for. */
const DAYS = [1, 7, 30];
const DAY = 86_400;

/** @param {{api: any, root: HTMLElement, signal: AbortSignal}} context */
export async function page({ api, root, signal }) {
  const content = await frame(root, {
    title: t("admin.users.new"),
    back: { href: "#/admin/users", text: t("admin.users.title") },
  });
  const { queues } = await api.get("/v1/queues", { signal });
  const way = field({
    name: "way",
    label: t("admin.new.way"),
    type: "select",
    options: ["invitation", "password"].map((value) => ({ value, label: t(`admin.new.way.${value}`) })),
  });
  const days = daysField();
  const password = field({
    name: "password",
    label: t("admin.new.password"),
    hint: t("admin.password_hint"),
    type: "password",
    attributes: { autocomplete: "new-password", maxlength: 1_024 },
    check: (text) => (way.value === "password" && text === "" ? t("app.field_missing") : null),
  });
  const follow = () => {
    days.element.hidden = way.value !== "invitation";
    password.element.hidden = way.value !== "password";
  };
  way.input.addEventListener("change", follow);
  follow();
  // Pressed again after an answer that got lost, the user is not made twice, nor is the name taken by oneself.
  let idempotencyKey = newIdempotencyKey();
  const make = async (user) => {
    try {
      return await api.post("/v1/users", user, { idempotencyKey, signal });
    } catch (problem) {
      if (!problem.outcomeUnknown) idempotencyKey = newIdempotencyKey();
      throw problem;
    }
  };
  const made = form({
    label: t("admin.users.new"),
    fields: [usernameField(), way, days, password, ...userFields(queues.map(({ queue }) => queue), BLANK)],
    submit: t("admin.new.submit"),
    errorField: (problem) => ({ username_taken: "username", weak_password: "password" })[problem.code] ?? null,
    onSubmit: async (values) => {
      const user = { username: values.username.trim(), ...userOf(values) };
      if (values.way === "password") {
        const { id } = await make({ ...user, password: values.password });
        toast(t("admin.new.made", { name: user.username }), { kind: "success" });
        location.hash = `#/admin/users/${id}`;
      } else {
        const invited = await api.post("/v1/users/invitations", { ...user, expires_in: Number(values.days) * DAY }, { signal });
        replace(content, invitationCard(invited, () => (location.hash = `#/admin/users/${invited.id}`)));
      }
    },
  });
  content.append(section(t("admin.new.who"), made.element));
}

/** How long an invitation is good. */
export function daysField() {
  return field({
    name: "days",
    label: t("admin.new.days"),
    type: "select",
    options: DAYS.map((n) => ({ value: String(n), label: t(`admin.new.days.${n}`) })),
    value: "7",
  });
}

/**
 * @param {{username: string, invitation_token: string, invitation_expires_at: string}} invited
 * @param {() => void} close
 */
export function invitationCard(invited, close) {
  return shownOnce({
    title: t("admin.invitation.title", { name: invited.username }),
    hint: t("admin.invitation.hint", { until: dateTime(invited.invitation_expires_at) }),
    values: [
      { label: t("admin.invitation.link"), value: invitationLink(location.origin, invited.invitation_token) },
      { label: t("admin.invitation.token"), value: invited.invitation_token },
    ],
    close,
  });
}

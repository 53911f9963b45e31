// One user: what may be changed, how the user gets in, where the user is signed in, and the end.

import { h, replace } from "../app/dom.js";
import { form } from "../app/form.js";
import { dateTime, t } from "../app/texts.js";
import { toast } from "../app/toast.js";
import { frame, section } from "./admin-frame.js";
import { facts } from "./data-table.js";
import { load, replaceKeepingFocus } from "./loading.js";
import { sessionList } from "./session-list.js";
import { changesOf } from "./user-changes.js";
import { userAccess, userErasure } from "./user-access.js";
import { userConflict } from "./user-conflict.js";
import { userFields, userOf } from "./user-form.js";
import { stateBadge } from "./user-texts.js";

/** @param {{api: any, session: any, root: HTMLElement, parameters: {id: string}, signal: AbortSignal}} context */
export async function page({ api, session, root, parameters: { id }, signal }) {
  const content = await frame(root, {
    title: t("admin.user.title"),
    back: { href: "#/admin/users", text: t("admin.users.title") },
  });
  const path = `/v1/users/${encodeURIComponent(id)}`;
  const ask = async () => {
    const [user, { queues }] = await Promise.all([api.get(path, { signal, withETag: true }), api.get("/v1/queues", { signal })]);
    return { ...user, queues: queues.map(({ queue }) => queue) };
  };
  await load(content, signal, ask, (read) => new UserView({ api, session, path, root, signal, ...read }).elements);
}

/** The user as it is known, and the places that show it. */
class UserView {
  #summary = h("div", {});
  #details = h("div", { class: "admin-content" });
  #access = h("div", {});
  #end = h("div", {});

  constructor({ api, session, path, root, signal, data, etag, queues }) {
    Object.assign(this, { api, path, root, signal, queues, isOneself: session.user?.id === data.id });
    const list = () => sessionList({ api, path: `${path}/sessions`, isOwn: false, signal });
    const sessions = data.state === "erased" ? null : section(t("admin.sessions.title"), list());
    this.elements = [this.#summary, this.#details, this.#access, sessions, this.#end];
    this.take(data, etag);
  }

  /** Shows the user as it is now. */
  take(user, etag) {
    this.user = user;
    this.etag = etag;
    this.root.querySelector("h1").textContent = user.username;
    replace(this.#summary, summary(user));
    replaceKeepingFocus(this.#details, user.state === "erased" ? null : section(t("admin.user.details"), this.#form()));
    replaceKeepingFocus(this.#access, user.state === "erased" ? null : userAccess(this));
    // Nobody erases oneself.
    replace(this.#end, user.state === "erased" || this.isOneself ? null : userErasure(this));
  }

  /** Asks the server how the user is now. */
  async reread() {
    const { data, etag } = await this.api.get(this.path, { signal: this.signal, withETag: true });
    this.take(data, etag);
  }

  /**
   * Changes the user as it is known. Where somebody was faster nothing is changed, and it is shown what they did.
   *
   * @param {object} changes
   * @param {string} done what is said then
   */
  async change(changes, done) {
    try {
      const { data, etag } = await this.api.patch(this.path, changes, { etag: this.etag, signal: this.signal, withETag: true });
      this.take(data, etag);
      toast(done, { kind: "success" });
    } catch (problem) {
      if (problem.code !== "version_mismatch") throw problem;
      await this.#conflict(changes, done);
    }
  }

  async #conflict(changes, done) {
    const before = this.user;
    const { data, etag } = await this.api.get(this.path, { signal: this.signal, withETag: true });
    this.take(data, etag);
    const notice = userConflict({
      before,
      changes,
      now: data,
      keepTheirs: () => {
        notice.remove();
        this.#details.querySelector("input")?.focus();
      },
      applyMine: () => this.change(changes, done),
    });
    this.#details.prepend(notice);
    notice.focus();
  }

  #form() {
    const made = form({
      label: t("admin.user.details"),
      fields: userFields(this.queues, this.user),
      submit: t("admin.save"),
      errorField: (problem) => (problem.code === "last_administrator" ? "level" : null),
      onSubmit: async (values) => {
        const changes = changesOf(this.user, userOf(values));
        if (Object.keys(changes).length === 0) return void toast(t("admin.user.nothing_changed"));
        await this.change(changes, t("admin.user.saved"));
      },
    });
    return made.element;
  }
}

function summary(user) {
  return h(
    "div",
    { class: "card admin-section" },
    facts([
      [t("admin.users.state"), stateBadge(user.state)],
      [t("admin.user.id"), h("code", { class: "admin-long" }, user.id)],
      [t("admin.user.created"), dateTime(user.created_at)],
      [t("admin.users.updated"), dateTime(user.updated_at)],
    ]),
    user.username.startsWith("oidc:") ? h("p", { class: "muted" }, t("admin.user.oidc")) : null,
  );
}

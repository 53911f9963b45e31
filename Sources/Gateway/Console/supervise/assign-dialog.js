// To whom?

import { dialog } from "../app/dialog.js";
import { h, replace, setText } from "../app/dom.js";
import { field, form } from "../app/form.js";
import { number, problemText, t } from "../app/texts.js";
import { toast } from "../app/toast.js";

/**
 * Asks for an employee of those who are here.
 *
 * @param {{
 *   ticket: number, queue: string, user: string, find: () => Promise<import("./employees.js").Employee[]>, signal: AbortSignal,
 * }} options `user`: the id of who is asked; `find`: asks who is here
 * @returns {Promise<import("./employees.js").Employee | undefined>} undefined when nobody was chosen
 */
export function askForEmployee({ ticket, queue, user, find, signal }) {
  const note = h("p", { role: "status" }, t("app.loading"));
  const body = h("div", {}, note);
  const shown = dialog(body, { title: t("supervise.assign_title", { ticket }), signal });

  const show = (/** @type {import("./employees.js").Employee[]} */ employees) => {
    if (employees.length === 0) return setText(note, t("supervise.nobody_here"));
    const to = field({
      name: "to", label: t("supervise.assign_to"), type: "select", required: true, hint: t("supervise.assign_hint", { queue }),
      options: employees.map(({ id, name, load }) => ({
        value: id,
        label: t("supervise.employee", { name: id === user ? t("supervise.you", { name }) : name, n: number(load) }),
      })),
    });
    const made = form({
      fields: [to], submit: t("supervise.assign"),
      onSubmit: async (values) => shown.close(employees.find(({ id }) => id === values.to)),
    });
    replace(body, made.element);
    to.input.focus();
  };
  const refuse = (/** @type {any} */ problem) => {
    // Whoever has closed it does not want to know any more. Messages stand behind an open dialogue.
    if (!shown.element.open) return;
    shown.close();
    toast(problemText(problem), { kind: "error" });
  };
  find().then(show, refuse);
  return shown.closed;
}

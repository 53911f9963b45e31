// All queues, or some of them: a field of a form, as those of `form.js`.

import { h } from "../app/dom.js";
import { t } from "../app/texts.js";

let number = 0;

/**
 * @param {string[]} queues all that can be chosen
 * @param {string[] | null} chosen null for all, also those to come
 * @returns {import("../app/form.js").Field}
 */
export function queueChoice(queues, chosen) {
  const id = `queue-choice-${(number += 1)}`;
  const way = (value, text) =>
    h(
      "label",
      { class: "admin-choice" },
      h("input", { type: "radio", name: id, value, checked: (chosen === null) === (value === "all") }),
      h("span", {}, text),
    );
  const ways = [way("all", t("admin.users.all_queues_to_come")), way("some", t("admin.users.only_these"))];
  const boxes = queues.map((queue) => h("input", { type: "checkbox", value: queue, checked: chosen?.includes(queue) ?? false }));
  const error = h("p", { class: "field-error", id: `${id}-error` });
  const list = h(
    "div",
    { class: "admin-choices", role: "group", "aria-label": t("admin.users.queues") },
    boxes.map((box) => h("label", { class: "admin-choice" }, box, h("span", {}, box.value))),
  );
  const isSome = () => ways[1].control.checked;
  const follow = () => {
    list.hidden = !isSome();
    error.textContent = "";
  };
  const element = h(
    "fieldset",
    { class: "field admin-fieldset", "aria-describedby": error.id, on: { change: follow } },
    h("legend", { class: "field-label" }, t("admin.users.queues")),
    ways,
    list,
    error,
  );
  follow();
  return {
    name: "queues",
    element,
    input: ways[0].control,
    get value() {
      return isSome() ? boxes.filter((box) => box.checked).map((box) => box.value) : null;
    },
    setError: (text) => (error.textContent = text ?? ""),
    isGood: () => true,
  };
}

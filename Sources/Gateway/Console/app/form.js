// Forms: fields with their label, hint and error, and the state of sending.

import { h, icon } from "./dom.js";
import { problemText, t } from "./texts.js";

let number = 0;

/**
 * @typedef {{
 *   name: string, label: string, type?: string, hint?: string, required?: boolean, value?: any,
 *   options?: {value: string, label: string}[], multiple?: boolean, attributes?: Record<string, any>,
 *   check?: (value: any) => string | null,
 * }} FieldOptions
 *
 * @typedef {{
 *   name: string, element: HTMLElement, input: any, value: any, setError: (text: string | null) => void, isGood: () => boolean,
 * }} Field
 */

/**
 * A field. `type` is one of an `<input>`, `textarea` or `select`; `check` gives what is wrong with a value, or null.
 *
 * @param {FieldOptions} options
 * @returns {Field}
 */
export function field({ name, label, type = "text", hint, required = false, value, options, multiple, attributes = {}, check }) {
  const id = `field-${name}-${(number += 1)}`;
  const isBox = type === "checkbox";
  const common = { id, name, required: required && !isBox, "aria-describedby": `${id}-hint ${id}-error`, ...attributes };
  let input;
  if (type === "select") {
    const made = (options ?? []).map(({ value: own, label: text }) => h("option", { value: own }, text));
    input = h("select", { ...common, multiple }, made);
    if (value !== undefined) for (const option of made) option.selected = [value].flat().includes(option.value);
  } else if (type === "textarea") {
    input = h("textarea", { rows: 4, ...common, value: value ?? "" });
  } else {
    input = h("input", isBox ? { type, ...common, checked: value === true } : { type, ...common, value: value ?? "" });
  }
  const error = h("span", { id: `${id}-error`, class: "field-error" });
  const setError = (/** @type {string | null} */ text) => {
    error.replaceChildren(...(text ? [icon("alert"), text] : []));
    if (text) input.setAttribute("aria-invalid", "true");
    else input.removeAttribute("aria-invalid");
  };
  input.addEventListener("input", () => setError(null));
  const made = {
    name,
    input,
    element: h(
      "div",
      { class: isBox ? "field field-box" : "field" },
      h(
        "label",
        { for: id, class: "field-label" },
        label,
        required && !isBox && h("span", { class: "field-required" }, ` (${t("app.required")})`),
      ),
      input,
      h("span", { id: `${id}-hint`, class: "field-hint" }, hint),
      error,
    ),
    get value() {
      if (isBox) return input.checked;
      return multiple ? [...input.selectedOptions].map((option) => option.value) : input.value;
    },
    set value(given) {
      if (isBox) input.checked = given;
      else input.value = given;
    },
    setError,
    isGood() {
      const text = required && !isBox && made.value.length === 0 ? t("app.field_missing") : check?.(made.value) ?? null;
      setError(text);
      return !text;
    },
  };
  return made;
}

/**
 * A form. While `onSubmit` runs it cannot be sent again; what it rejects with stands above the button, or at the field
 * that `errorField` names for it. Wrong fields are told and the first gets the focus.
 *
 * @param {{
 *   fields: Field[], submit: string, onSubmit: (values: Record<string, any>) => Promise<void>,
 *   errorField?: (problem: any) => string | null, danger?: boolean, actions?: import("./dom.js").Child, label?: string,
 * }} options
 */
export function form({ fields, submit, onSubmit, errorField, danger = false, actions, label }) {
  const error = h("div", { class: "form-error", role: "alert" });
  const button = h("button", { type: "submit", class: danger ? "button danger" : "button primary" }, submit);
  const setBusy = (/** @type {boolean} */ is) => {
    button.setAttribute("aria-disabled", String(is));
    element.setAttribute("aria-busy", String(is));
  };
  const setError = (/** @type {string | null} */ text) => error.replaceChildren(...(text ? [icon("alert"), text] : []));
  const element = h(
    "form",
    { class: "form", novalidate: true, "aria-label": label, on: { submit: async (/** @type {Event} */ event) => {
      event.preventDefault();
      if (element.getAttribute("aria-busy") === "true") return;
      setError(null);
      const bad = fields.filter((one) => !one.isGood());
      if (bad.length > 0) return bad[0].input.focus();
      setBusy(true);
      try {
        await onSubmit(Object.fromEntries(fields.map((one) => [one.name, one.value])));
      } catch (problem) {
        const name = errorField?.(problem);
        const wrong = fields.find((one) => one.name === name);
        if (wrong) {
          wrong.setError(problemText(problem));
          wrong.input.focus();
        } else {
          setError(problemText(problem));
        }
      } finally {
        setBusy(false);
      }
    } } },
    fields.map((one) => one.element),
    error,
    h("div", { class: "form-actions" }, actions, button),
  );
  return { element, setBusy, setError };
}

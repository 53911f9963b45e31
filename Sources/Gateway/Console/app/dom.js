// Elements, made without markup: every text from outside stays text.

import { ICONS } from "./icons.js";

const SVG = "http://www.w3.org/2000/svg";
/** What must be set as a property, and after the children: an attribute would only be its first value. */
const LIVE_PROPERTIES = new Set(["value", "checked", "indeterminate"]);

/**
 * @typedef {Node | string | number | null | undefined | false | Child[]} Child
 */

/**
 * An HTML element.
 *
 * @param {string} tag
 * @param {Record<string, any>} [properties] attributes by name; `true` for one without a value, `false`, `null` and
 *   `undefined` leave it out. `class` takes a text or a list (what is false is left out), `on` listeners by event,
 *   `dataset` and `style` (custom properties too) objects.
 * @param {...Child} children
 * @returns {any} the element, of the type that its tag says
 */
export function h(tag, properties = {}, ...children) {
  const element = document.createElement(tag);
  const later = [];
  for (const [name, value] of Object.entries(properties ?? {})) {
    if (value === null || value === undefined || value === false) continue;
    if (name === "on") for (const [event, listener] of Object.entries(value)) element.addEventListener(event, listener);
    else if (name === "dataset") Object.assign(element.dataset, value);
    else if (name === "style") for (const [rule, text] of Object.entries(value)) element.style.setProperty(rule, text);
    else if (name === "class") element.className = Array.isArray(value) ? value.filter(Boolean).join(" ") : value;
    else if (LIVE_PROPERTIES.has(name)) later.push([name, value]);
    else element.setAttribute(name, value === true ? "" : String(value));
  }
  append(element, children);
  for (const [name, value] of later) element[name] = value;
  return element;
}

/**
 * An SVG element.
 *
 * @param {string} tag
 * @param {Record<string, string | number | null | undefined>} [attributes]
 * @param {...Child} children
 * @returns {any}
 */
export function svg(tag, attributes = {}, ...children) {
  const element = document.createElementNS(SVG, tag);
  for (const [name, value] of Object.entries(attributes ?? {})) {
    if (value !== null && value !== undefined) element.setAttribute(name, String(value));
  }
  append(element, children);
  return element;
}

/**
 * Puts children in the place of all that an element has.
 *
 * @param {Element} parent
 * @param {...Child} children
 */
export function replace(parent, ...children) {
  parent.replaceChildren();
  append(parent, children);
}

/**
 * Sets a text where it is another one, so that nothing is drawn or read out anew without need.
 *
 * @param {Node} node
 * @param {string} text
 */
export function setText(node, text) {
  if (node.textContent !== text) node.textContent = text;
}

/**
 * A text for screen readers alone.
 *
 * @param {string} text
 */
export function visuallyHidden(text) {
  return h("span", { class: "visually-hidden" }, text);
}

/**
 * A picture for the eye alone: what it means must stand beside it, or in the label of its button.
 *
 * @param {keyof typeof ICONS} name
 */
export function icon(name) {
  const attributes = { class: "icon", viewBox: "0 0 24 24", "aria-hidden": "true", focusable: "false" };
  return svg("svg", attributes, svg("path", { d: ICONS[name] }));
}

/**
 * A button of a picture alone, with its name for screen readers and as a tip.
 *
 * @param {keyof typeof ICONS} name
 * @param {string} label
 * @param {() => void} press
 */
export function iconButton(name, label, press) {
  const properties = { type: "button", class: "button quiet icon-only", "aria-label": label, title: label, on: { click: press } };
  return h("button", properties, icon(name));
}

/**
 * @param {Element} parent
 * @param {Child[]} children
 */
function append(parent, children) {
  for (const child of children) {
    if (child === null || child === undefined || child === false) continue;
    if (Array.isArray(child)) append(parent, child);
    else parent.append(child instanceof Node ? child : String(child));
  }
}

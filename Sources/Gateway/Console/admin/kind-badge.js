// A state as a word with a ground: the colour only repeats what the word says.

import { h } from "../app/dom.js";

const TONES = {
  active: "good", invited: "accent", disabled: "bad",
  open: "good", paused: "warn", draining: "accent",
  primary: "accent", enabled: "good",
  published: "accent", signing: "good",
  pending: "warn", done: "good",
  missing: "bad", current: "accent",
};

/**
 * @param {string} kind what it is in the API; one without a tone is grey
 * @param {string} text
 */
export function kindBadge(kind, text) {
  return h("span", { class: ["badge", TONES[kind]] }, text);
}

// Asking the server for what a place shows: busy, there, or refused with a way to ask again.

import { h, replace } from "../app/dom.js";
import { problemText, t } from "../app/texts.js";

/**
 * Fills `place` with what `show` makes of the answer. What the page has been left for is not shown.
 *
 * @template Answer
 * @param {HTMLElement} place
 * @param {AbortSignal} signal of the page
 * @param {() => Promise<Answer>} ask
 * @param {(answer: Answer) => any} show the children
 */
export async function load(place, signal, ask, show) {
  place.setAttribute("aria-busy", "true");
  if (!place.hasChildNodes()) replace(place, h("p", { class: "muted" }, t("app.loading")));
  try {
    const answer = await ask();
    if (!signal.aborted) replaceKeepingFocus(place, show(answer));
  } catch (problem) {
    if (signal.aborted) return;
    replace(place, refusal(problem, () => load(place, signal, ask, show)));
  } finally {
    place.removeAttribute("aria-busy");
  }
}

/**
 * Puts children in the place of all that `place` has. Whoever is at a control there is at the same one of the new content,
 * else at its beginning.
 *
 * @param {HTMLElement} place
 * @param {any} children
 */
export function replaceKeepingFocus(place, children) {
  const before = place.contains(document.activeElement) ? document.activeElement : null;
  replace(place, children);
  if (!before) return;
  const name = (element) => `${element.tagName} ${element.getAttribute("aria-label") ?? element.textContent}`;
  const same = [...place.querySelectorAll("a, button, input, summary")].find((element) => name(element) === name(before));
  place.tabIndex = -1;
  (same ?? place).focus({ preventScroll: true });
}

/**
 * A refusal in its place.
 *
 * @param {any} problem
 * @param {() => void} [retry]
 */
export function refusal(problem, retry) {
  return h(
    "div",
    { class: "admin-refusal", role: "alert" },
    h("p", {}, problemText(problem)),
    retry ? h("button", { type: "button", class: "button", on: { click: retry } }, t("app.try_again")) : null,
  );
}

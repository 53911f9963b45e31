// Carrying something out by a button: it waits meanwhile, and says what became of it.

import { toast } from "../app/toast.js";
import { problemText } from "../app/texts.js";

/**
 * The button keeps the focus: it is not disabled, but takes no second press until the answer is there.
 *
 * @template Answer
 * @param {HTMLElement} button
 * @param {() => Promise<Answer>} work
 * @param {string} [done] what is said when it was done
 * @returns {Promise<{answer: Answer} | null>} null where it was refused, which was said, or is under way already
 */
export async function act(button, work, done) {
  if (button.getAttribute("aria-disabled") === "true") return null;
  button.setAttribute("aria-disabled", "true");
  try {
    const answer = await work();
    if (done) toast(done, { kind: "success" });
    return { answer };
  } catch (problem) {
    if (problem?.name !== "AbortError") toast(problemText(problem), { kind: "error" });
    return null;
  } finally {
    button.removeAttribute("aria-disabled");
  }
}

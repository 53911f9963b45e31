// Light or dark: as the system has it, or as chosen here. Runs before anything is drawn.

const KEPT = "usher.theme";

/** @typedef {"system" | "light" | "dark"} Theme */

/** The theme that was chosen. @returns {Theme} */
export function theme() {
  const kept = localStorage.getItem(KEPT);
  return kept === "light" || kept === "dark" ? kept : "system";
}

/**
 * Chooses a theme, remembered.
 *
 * @param {Theme} name
 */
export function setTheme(name) {
  if (name === "system") localStorage.removeItem(KEPT);
  else localStorage.setItem(KEPT, name);
  apply();
}

/** What is seen now, whoever chose it. @returns {"light" | "dark"} */
export function seenTheme() {
  const chosen = theme();
  if (chosen !== "system") return chosen;
  return matchMedia("(prefers-color-scheme: dark)").matches ? "dark" : "light";
}

function apply() {
  const name = theme();
  if (name === "system") delete document.documentElement.dataset.theme;
  else document.documentElement.dataset.theme = name;
}

apply();
// Another tab has chosen.
addEventListener("storage", ({ key }) => {
  if (key === KEPT) apply();
});

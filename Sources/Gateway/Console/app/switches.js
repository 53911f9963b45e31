// The switches of language and theme, for every page of the console.

import { h, icon, replace } from "./dom.js";
import { LANGUAGES, language, setLanguage, t } from "./texts.js";
import { seenTheme, setTheme } from "./theme.js";

/** A choice of the language. */
export function languageSwitch() {
  const options = Object.entries(LANGUAGES).map(([name, own]) => h("option", { value: name, lang: name }, own));
  const select = h(
    "select",
    { class: "language-switch", "aria-label": t("app.language"), on: { change: () => setLanguage(select.value) } },
    options,
  );
  select.value = language;
  return h("span", { class: "with-icon" }, icon("globe"), select);
}

/** A button that goes from light to dark and back. */
export function themeSwitch() {
  const button = h("button", { type: "button", class: "button quiet icon-only", on: { click: () => {
    setTheme(seenTheme() === "dark" ? "light" : "dark");
    show();
  } } });
  const show = () => {
    const isDark = seenTheme() === "dark";
    replace(button, icon(isDark ? "sun" : "moon"));
    button.setAttribute("aria-label", t(isDark ? "app.theme_light" : "app.theme_dark"));
    button.title = t(isDark ? "app.theme_light" : "app.theme_dark");
  };
  show();
  return button;
}

// What stands round every page of a user who is signed in: brand, navigation, switches.

import { h, icon, iconButton, replace } from "./dom.js";
import { liveStatus } from "./live-status.js";
import { routesFor } from "./router.js";
import { showShortcuts } from "./shortcuts.js";
import { languageSwitch, themeSwitch } from "./switches.js";
import { t } from "./texts.js";

/**
 * @param {{session: import("./session.js").Session, live: import("./live.js").Live, signal: AbortSignal}} context
 * @returns {{element: HTMLElement[], main: HTMLElement, mark: (route: import("./router.js").Route | null) => void}}
 */
export function frame({ session, live, signal }) {
  const main = h("main", { id: "main", class: "main", tabindex: "-1" });
  /** @type {Map<string, HTMLElement>} */
  const links = new Map();
  const link = (/** @type {any} */ route) => {
    const made = h("a", { href: `#${route.pattern}`, class: "nav-link" }, icon(route.nav.icon), h("span", {}, t(route.title)));
    links.set(route.pattern, made);
    return h("li", {}, made);
  };
  const shown = routesFor(session.user.level, session.user.queues).filter((one) => one.nav);
  const groups = [...new Set(shown.map((one) => one.nav.group ?? ""))];
  const lists = groups.map((group) => {
    const inGroup = shown.filter((one) => (one.nav.group ?? "") === group);
    return [
      group && h("h2", { class: "nav-group", id: group }, t(group)),
      h("ul", { class: "nav-list", "aria-labelledby": group || null }, inGroup.map(link)),
    ];
  });
  const name = session.user.display_name ?? session.user.username;
  const account = h("a", { href: "#/account", class: "nav-link" }, icon("user"), h("span", { class: "nav-user" }, name));
  links.set("/account", account);
  const signOut = h(
    "button",
    { type: "button", class: "nav-link", on: { click: () => session.signOut().catch(() => {}) } },
    icon("sign_out"),
    h("span", {}, t("app.sign_out")),
  );
  const panel = h(
    "nav",
    { class: "nav-panel", id: "nav-panel", "aria-label": t("app.navigation") },
    h("div", {}, lists),
    h("div", { class: "nav-foot" }, account, signOut),
  );
  const menu = h(
    "button",
    {
      type: "button", class: "button quiet icon-only menu-button", "aria-label": t("app.menu"),
      "aria-expanded": "false", "aria-controls": "nav-panel",
    },
    icon("menu"),
  );
  const setOpen = (/** @type {boolean} */ is) => {
    menu.setAttribute("aria-expanded", String(is));
    panel.classList.toggle("open", is);
    replace(menu, icon(is ? "close" : "menu"));
  };
  menu.addEventListener("click", () => setOpen(menu.getAttribute("aria-expanded") !== "true"));
  panel.addEventListener("keydown", (/** @type {KeyboardEvent} */ event) => {
    if (event.key !== "Escape" || menu.getAttribute("aria-expanded") !== "true") return;
    setOpen(false);
    menu.focus();
  });
  const header = h(
    "header",
    { class: "topbar" },
    menu,
    h(
      "a",
      { class: "brand", href: "#/", "aria-label": "Usher" },
      h("img", { src: "/console/app/usher.svg", alt: "", width: 28, height: 28 }),
      h("span", {}, "Usher"),
    ),
    liveStatus(live, null, signal),
    h(
      "div",
      { class: "topbar-tools" },
      iconButton("keyboard", t("app.shortcuts"), showShortcuts),
      languageSwitch(),
      themeSwitch(),
    ),
  );
  const skip = h("a", { class: "skip-link", href: "#main", on: { click: (/** @type {Event} */ event) => {
    event.preventDefault();
    main.focus();
  } } }, t("app.skip"));
  const mark = (/** @type {import("./router.js").Route | null} */ route) => {
    setOpen(false);
    for (const [pattern, one] of links) {
      const isHere = route !== null && (route.pattern === pattern || route.pattern.startsWith(`${pattern}/`));
      if (isHere) one.setAttribute("aria-current", "page");
      else one.removeAttribute("aria-current");
    }
  };
  return { element: [skip, header, h("div", { class: "body" }, panel, main)], main, mark };
}

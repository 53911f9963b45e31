// From the address to the page that is shown.

import { h, replace } from "./dom.js";
import { match, mayDo, splitHash } from "./route-table.js";
import { problemText, t } from "./texts.js";

/**
 * `title`: a key of the texts. `level`: the least that sees it; null for one that is shown without signing in. `nav`: its
 * place in the navigation, with its picture, and for a page of a group the group's key. `ofAllQueues`: not for who is limited
 * to some queues.
 *
 * @typedef {{
 *   pattern: string, title: string, level: string | null, load: () => Promise<{page: (context: any) => Promise<void>}>,
 *   nav?: {icon: string, group?: string}, ofAllQueues?: boolean,
 * }} Route
 */

/** @type {Route[]} */
const routes = [];

/**
 * Registers a page. Its module exports `async function page({session, api, live, commands, root, parameters, query, signal})`,
 * which fills `root` (with an `h1`) and stops when `signal` aborts.
 *
 * @param {string} pattern such as `/admin/users/:id`
 * @param {Omit<Route, "pattern">} options
 */
export function route(pattern, options) {
  routes.push({ pattern, ...options });
}

/** All pages, in the order of their registration. */
export function allRoutes() {
  return routes;
}

/**
 * The pages that somebody may see.
 *
 * @param {string} level
 * @param {string[] | null} [queues] that they are limited to
 */
export function routesFor(level, queues = null) {
  return routes.filter((one) => one.level === null || (mayDo(level, one.level) && !(one.ofAllQueues && queues)));
}

/**
 * Goes to a page.
 *
 * @param {string} path such as `/work`
 * @param {Record<string, any>} [query]
 */
export function navigate(path, query = {}) {
  const text = new URLSearchParams(query).toString();
  location.hash = `#${path}${text ? `?${text}` : ""}`;
}

/** Shows the page of the address in `main`, for one user. */
export class Router {
  #main;
  #context;
  /** @type {AbortController | null} */
  #present = null;
  #stop = new AbortController();
  /** Called with the route that is shown. @type {(route: Route | null) => void} */
  onShown = () => {};

  /**
   * @param {HTMLElement} main
   * @param {Record<string, any>} context what every page gets; `level` chooses among the pages
   */
  constructor(main, context) {
    this.#main = main;
    this.#context = context;
    addEventListener("hashchange", () => this.show(), { signal: this.#stop.signal });
  }

  /**
   * Shows the page of the address, anew.
   *
   * @param {{focus?: boolean}} [options]
   */
  async show({ focus = true } = {}) {
    this.#present?.abort();
    const present = (this.#present = new AbortController());
    const { path, query } = splitHash(location.hash);
    const seen = routesFor(this.#context.level, this.#context.session.user?.queues);
    if (path === "" || path === "/") {
      const first = seen.find((one) => one.nav) ?? seen.find((one) => one.level);
      return location.replace(`#${first?.pattern ?? "/none"}`);
    }
    let parameters = null;
    const found = seen.find((one) => (parameters = match(one.pattern, path)));
    const root = h("div", { class: "page" });
    replace(this.#main, root);
    this.onShown(found ?? null);
    document.title = `${t(found?.title ?? "app.not_found")} · Usher`;
    try {
      if (found) {
        const { page } = await found.load();
        if (present.signal.aborted) return;
        await page({ ...this.#context, root, parameters, query, signal: present.signal });
      } else {
        replace(root, h("h1", {}, t("app.not_found")), h("p", {}, t("app.not_found_text")));
      }
    } catch (error) {
      if (present.signal.aborted) return;
      const again = h("button", { type: "button", class: "button", on: { click: () => this.show() } }, t("app.try_again"));
      replace(root, h("h1", {}, t(found?.title ?? "app.not_found")), h("p", { role: "alert" }, problemText(error)), again);
    }
    if (present.signal.aborted) return;
    // Whoever has got somewhere in it already stays there.
    const isLost = document.activeElement === document.body || !document.activeElement?.isConnected;
    const inside = root.contains(document.activeElement);
    if (focus && !inside && (isLost || !document.activeElement?.closest("dialog"))) focusHeading(root);
  }

  /** Ends the present page, and shows no other. */
  close() {
    this.#stop.abort();
    this.#present?.abort();
  }
}

/** @param {HTMLElement} root */
function focusHeading(root) {
  const heading = root.querySelector("h1");
  if (!heading) return;
  heading.tabIndex = -1;
  heading.focus({ preventScroll: true });
  scrollTo(0, 0);
}

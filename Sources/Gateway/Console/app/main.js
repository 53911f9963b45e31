// The console: signed in or not, and which page.

import "./routes.js";
import "./server-clock.js";
import "./theme.js";
import { Api } from "./api.js";
import { Commands } from "./commands.js";
import { h, replace } from "./dom.js";
import { frame } from "./frame.js";
import { Live } from "./live.js";
import { allRoutes, Router } from "./router.js";
import { match, mayDo, splitHash } from "./route-table.js";
import { Session } from "./session.js";
import { shortcut, showShortcuts } from "./shortcuts.js";
import { showSignIn } from "./sign-in.js";
import { onLanguage, problemText, t } from "./texts.js";
import { toastRegion } from "./toast.js";

/** Before the server is asked again while it cannot be reached at the start, in milliseconds. */
const AGAIN = 3_000;

const root = h("div", { id: "app" });
/**
 * What belongs to the user who is signed in; ended when nobody is any more.
 *
 * @type {{live: Live, redraw: () => void, end: () => void} | null}
 */
let present = null;

document.body.append(root);
toastRegion();
// The page that is most likely shown comes while the session is asked for.
const { path: wanted } = splitHash(location.hash);
allRoutes().find((one) => match(one.pattern, wanted.length > 1 ? wanted : "/work"))?.load().catch(() => {});
const session = await resume();
session.on("state", show);
session.on("user", () => present?.redraw());
onLanguage(() => {
  if (present) return present.redraw();
  show();
  /** @type {HTMLElement | null} */ (document.querySelector(".language-switch"))?.focus();
});
// A page without signing in, such as an invitation, has an address of its own.
addEventListener("hashchange", () => {
  if (session.state === "signed_out") show();
});
show();

/** @returns {Promise<Session>} */
async function resume() {
  for (;;) {
    try {
      return await Session.resume();
    } catch (problem) {
      const text = h("p", { role: "alert" }, problemText(problem));
      replace(root, h("main", { class: "sign-in" }, h("h1", {}, "Usher"), text, h("p", { class: "muted" }, t("app.trying_again"))));
      await new Promise((resolve) => setTimeout(resolve, AGAIN));
    }
  }
}

function show() {
  const path = splitHash(location.hash).path;
  const open = allRoutes().find((one) => one.level === null && match(one.pattern, path));
  if (session.state === "signed_in") {
    present ??= begin();
    return;
  }
  present?.end();
  present = null;
  for (const shown of document.querySelectorAll("dialog[open]")) /** @type {HTMLDialogElement} */ (shown).close();
  if (!open) return showSignIn(root, session);
  const main = h("main", { class: "main open-page" });
  replace(root, main);
  const router = new Router(main, { session, api: new Api(session), level: "none" });
  const stop = session.on("state", () => (stop(), router.close()));
  addEventListener("hashchange", () => router.close(), { once: true });
  router.show();
}

function begin() {
  const api = new Api(session);
  const live = new Live(session);
  const commands = new Commands(live, api);
  // Claims are kept whichever page is shown. Where its queues cannot be had now, the work page asks again.
  if (mayDo(session.user.level, "agent")) {
    import("../work/desk.js").then(({ deskOf }) => deskOf({ live, session, api }).load()).catch(() => {});
  }
  let drawn = draw();

  function draw(focus = true) {
    const stop = new AbortController();
    const { signal } = stop;
    shortcut("?", t("app.shortcuts"), showShortcuts, signal);
    const { element, main, mark } = frame({ session, live, signal });
    replace(root, element);
    const router = new Router(main, { session, api, live, commands, level: session.user.level });
    router.onShown = mark;
    router.show({ focus });
    return () => {
      router.close();
      stop.abort();
    };
  }

  return {
    live,
    redraw() {
      const hadSwitch = document.activeElement?.matches(".language-switch") ?? false;
      drawn();
      drawn = draw(!hadSwitch);
      if (hadSwitch) /** @type {HTMLElement | null} */ (document.querySelector(".language-switch"))?.focus();
    },
    end() {
      drawn();
      live.close();
    },
  };
}

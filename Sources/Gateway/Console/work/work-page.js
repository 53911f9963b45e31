// The page at which employees work: the queue in order, and what one has in hand.

import { h } from "../app/dom.js";
import { liveStatus } from "../app/live-status.js";
import { shortcut } from "../app/shortcuts.js";
import { useStyle } from "../app/styles.js";
import { t } from "../app/texts.js";
import { ALL_ACTIONS } from "./card-actions.js";
import { callNext } from "./call-next.js";
import { deskOf } from "./desk.js";
import { MyServices } from "./my-services.js";
import { queueList } from "./queue-list.js";
import { queueTabs } from "./queue-tabs.js";
import { showService } from "./service-dialog.js";

/** @param {any} context as in `app/router.js` */
export async function page({ session, api, live, commands, root, signal }) {
  const desk = deskOf({ live, session, api });
  await Promise.all([useStyle("/console/work/work.css"), desk.load()]);
  if (signal.aborted) return;
  root.classList.add("work-page");
  const heading = h("h1", {}, t("nav.work"));
  if (desk.names.length === 0) return root.append(heading, h("p", { class: "empty" }, t("work.no_queues")));

  const spoken = h("p", { class: "visually-hidden", role: "status" });
  const say = (/** @type {string} */ text) => (spoken.textContent = text);
  const call = callNext({ desk, commands, live, say, signal });
  const mine = new MyServices(desk, commands, signal);
  mine.say = say;
  mine.onGone = call.focus;
  const tabs = /** @type {any} */ (queueTabs(desk, { panel: "queue-panel", signal }));
  const open = (/** @type {any} */ service) => showService(service, {
    hindrance: commands.hindrance, signal, call: () => call.call("service.claim", { id: service.id }),
  });
  const panel = h("section", { id: "queue-panel", class: "card queue-panel", role: "tabpanel" });
  let status = new AbortController();
  const showPanel = () => {
    panel.setAttribute("aria-labelledby", `tab-${desk.chosen}`);
    status.abort();
    status = new AbortController();
    const subscription = desk.queue(desk.chosen)?.subscription ?? null;
    const strip = liveStatus(live, subscription, status.signal);
    panel.querySelector(".live-status")?.remove();
    panel.prepend(strip);
  };
  panel.append(queueList(desk, { user: session.user.id, open, signal }));
  showPanel();
  const stops = [desk.on("queues", showPanel), live.on("state", () => mine.update())];
  signal.addEventListener("abort", () => {
    status.abort();
    for (const stop of stops) stop();
  }, { once: true });

  root.append(
    heading,
    tabs,
    h(
      "div",
      { class: "work-area" },
      h(
        "section",
        { class: "desk", "aria-labelledby": "in-hand" },
        call.element,
        h("h2", { id: "in-hand" }, t("work.in_hand")),
        mine.element,
        spoken,
      ),
      panel,
    ),
  );
  shortcut("n", t("work.call_next"), call.press, signal);
  const keys = new Map();
  for (const { key, name } of ALL_ACTIONS) keys.set(key, [...(keys.get(key) ?? []), t(`work.${name}`)]);
  for (const [key, names] of keys) shortcut(key, names.join(" / "), () => mine.press(key), signal);
  shortcut(",", t("work.previous_queue"), () => tabs.step(-1), signal);
  shortcut(".", t("work.next_queue"), () => tabs.step(1), signal);
  for (const key of ["ArrowDown", "PageDown", "Home", "Enter"]) shortcut(key, t(`work.list_${key}`), null, signal);
}

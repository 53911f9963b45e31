// The customer's ticket: `/ticket/ID#TOKEN`.

import { confirm } from "../app/dialog.js";
import { ApiProblem, send } from "../app/request.js";
import { serverNow } from "../app/server-clock.js";
import { onLanguage, t } from "../app/texts.js";
import { every } from "../app/ticker.js";
import { toast, toastRegion } from "../app/toast.js";
import { h } from "../app/dom.js";
import { Chime } from "../public/chime.js";
import { newIdempotencyKey } from "../usher-client.js";
import { TicketState } from "./ticket-state.js";
import { TicketView } from "./ticket-view.js";

/** For an answer of the server, in milliseconds. */
const TIMEOUT = 10_000;
/** How a telephone shakes for a call, in milliseconds on and off. */
const SHAKE = [300, 150, 300, 150, 600];

const id = encodeURIComponent(decodeURIComponent(location.pathname.split("/")[2] ?? ""));
const headers = { "Ticket-Token": location.hash.slice(1) };
const root = h("div", { class: "ticket-root" });
const now = () => performance.now();

/** @type {TicketView | undefined} */
let view;
const state = new TicketState(Math.random);
const chime = new Chime("usher.ticket.sound", () => view?.showSound());
const actions = { chime, onCancel: cancel };
let timer = 0;
let isAsking = false;
/** Of the last answer: the next one is short when nothing is different. @type {string | null} */
let etag = null;
/** The same for every attempt to cancel, until one has its answer: it is one wish. */
let idempotencyKey = newIdempotencyKey();

document.body.append(root);
toastRegion();
view = new TicketView(root, actions);
onLanguage(() => {
  view = new TicketView(root, actions);
  draw();
});
addEventListener("hashchange", () => location.reload());
addEventListener("online", () => void ask());
document.addEventListener("visibilitychange", () => {
  if (document.visibilityState === "visible") void ask();
  else clearTimeout(timer);
});
every(root, 1, draw);
draw();
void ask();

/** Asks how the ticket stands, and again when it is time: not while nobody looks, nor when there is nothing more to learn. */
async function ask() {
  clearTimeout(timer);
  if (isAsking || state.nextQuestion() === null) return;
  isAsking = true;
  try {
    const known = etag ? { "If-None-Match": etag } : {};
    const answer = await send("GET", `/v1/tickets/${id}`, { headers: { ...headers, ...known }, timeout: TIMEOUT });
    take(await answer.json());
    etag = answer.headers.get("etag");
  } catch (problem) {
    failed(problem);
  } finally {
    isAsking = false;
  }
  draw();
  plan();
}

function plan() {
  clearTimeout(timer);
  const wait = state.nextQuestion();
  if (wait !== null && document.visibilityState === "visible") timer = setTimeout(ask, wait);
}

/** @param {import("./ticket-state.js").Ticket} ticket */
function take(ticket) {
  if (!state.answered(ticket, now())) return;
  chime.play();
  // Browsers refuse it, and say so, before the page has been touched.
  if (navigator.userActivation?.hasBeenActive) navigator.vibrate?.(SHAKE);
}

/** @param {unknown} problem */
function failed(problem) {
  const { status = 0, retryAfter = null } = problem instanceof ApiProblem ? problem : {};
  if (status === 304) state.unchanged(now());
  else if (status === 404 || status === 400) state.invalid();
  else state.failed((retryAfter ?? 0) * 1_000);
}

function draw() {
  const status = state.status(now());
  const asOf = status.asOf === null ? null : serverNow() - (now() - status.asOf);
  view?.draw(status, { now: now(), asOf });
}

async function cancel() {
  const isSure = await confirm({
    title: t("ticket.cancel_title"), text: t("ticket.cancel_text"), action: t("ticket.cancel_yes"),
    dismiss: t("ticket.cancel_no"), danger: true,
  });
  if (!isSure) return;
  try {
    const path = `/v1/tickets/${id}/cancel`;
    const answer = await send("POST", path, {
      headers: { ...headers, "Idempotency-Key": idempotencyKey }, body: {}, timeout: TIMEOUT,
    });
    take(await answer.json());
    draw();
    plan();
  } catch (problem) {
    const { code = "", status = 0, outcomeUnknown = false } = problem instanceof ApiProblem ? problem : {};
    if (!outcomeUnknown) idempotencyKey = newIdempotencyKey();
    const text = code === "illegal_transition" ? "too_late" : outcomeUnknown ? "cancel_unknown" : "cancel_failed";
    if (status !== 404) toast(t(`ticket.${text}`), { kind: "error", seconds: 15 });
    void ask();
  }
}

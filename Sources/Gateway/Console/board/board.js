// The display board: `/board/QUEUE#SECRET`.

import { ApiProblem, send } from "../app/request.js";
import { serverNow } from "../app/server-clock.js";
import { onLanguage } from "../app/texts.js";
import { every } from "../app/ticker.js";
import { Chime } from "../public/chime.js";
import { keepScreenOn } from "../public/wake-lock.js";
import { UsherClient } from "../usher-client.js";
import { BoardCalls } from "./board-calls.js";
import { BoardConnection, LinkError } from "./board-connection.js";
import { boardModel } from "./board-model.js";
import { BoardView } from "./board-view.js";
import { BoardWait } from "./board-wait.js";

/** Services that the display holds; of a longer queue it shows the front. */
const LIMIT = 1_000;
/** Events before a snapshot that are looked through for the times of calls. */
const PAST = 500;
/** For an answer of the server, in milliseconds. */
const TIMEOUT = 10_000;
/** Changes that come within so long are drawn together, in milliseconds. */
const TOGETHER = 60;
/** Without a pointer or a key for so long the switches leave the wall alone, in milliseconds. */
const IDLE = 10_000;

const queue = decodeURIComponent(location.pathname.split("/")[2] ?? "");
const secret = location.hash.slice(1);
const root = document.body;
const now = () => performance.now();

/** @type {BoardView | undefined} */
let view;
let isDrawing = false;
const calls = new BoardCalls();
const chime = new Chime("usher.board.sound", () => view?.showSound());

/** Tells of every message, pings too: only they prove that what is shown is true. */
class Heard extends WebSocket {
  /** @param {string | URL} address */
  constructor(address) {
    super(address);
    this.addEventListener("message", () => connection.heard());
  }
}

const connection = new BoardConnection({
  queue,
  limit: LIMIT,
  clock: {
    now,
    wall: () => Date.now(),
    setTimeout: (action, delay) => setTimeout(action, delay),
    clearTimeout: (timer) => clearTimeout(timer),
  },
  exchange,
  makeClient: (getToken) => new UsherClient({ getToken, WebSocket: Heard, clock: {
    now,
    setTimeout: (action, delay) => setTimeout(action, delay),
    clearTimeout: (timer) => clearTimeout(timer),
  } }),
  onChange: changed,
  onStatus: draw,
});
const wait = new BoardWait((id) => connection.ask("service.position", { id }), now);

view = new BoardView(root, queue, chime);
onLanguage(() => {
  view = new BoardView(root, queue, chime);
  drawNow();
});
addEventListener("hashchange", () => location.reload());
keepScreenOn();
hideWhenIdle();
if (secret) {
  addEventListener("online", () => connection.hurry());
  document.addEventListener("visibilitychange", () => {
    if (document.visibilityState === "visible") connection.hurry();
  });
  every(root, 1, drawNow);
  connection.start();
}
drawNow();

/** The link for a token. */
async function exchange() {
  try {
    const answer = await send("POST", "/v1/auth/board", { body: { link: secret }, timeout: TIMEOUT });
    return (await answer.json()).access_token;
  } catch (problem) {
    const { status = 0, retryAfter = 0 } = problem instanceof ApiProblem ? problem : {};
    const kind = status === 429 ? "limited" : [400, 401, 403].includes(status) ? "refused" : "unreachable";
    throw new LinkError(kind, (retryAfter ?? 0) * 1_000);
  }
}

/** @param {import("../queue-subscription.js").Change} change */
function changed({ reason, events }) {
  const copy = connection.copy;
  if (!copy) return;
  if (reason === "snapshot") calls.keep(copy);
  const fresh = calls.take(events, serverNow());
  if (fresh.length > 0) {
    view?.call(fresh, serverNow());
    chime.play();
  }
  if (reason === "snapshot" && calls.lacksTimes(copy)) void learn(copy);
  draw();
}

/**
 * Those whose calls were before this page: in which order they were.
 *
 * @param {import("../queue-copy.js").QueueCopy} copy
 */
async function learn({ version, epoch }) {
  const query = { after: Math.max(0, version - PAST), epoch, limit: PAST };
  try {
    const path = `/v1/queues/${encodeURIComponent(queue)}/events`;
    const answer = await send("GET", path, { query, token: connection.token, timeout: TIMEOUT });
    const { events } = await answer.json();
    if (connection.copy) calls.learn(events, connection.copy);
  } catch {
    // They are too old, or the server is gone: the queue's order has to do.
    return;
  }
  draw();
}

/** Soon, together with what comes at the same time. */
function draw() {
  if (isDrawing) return;
  isDrawing = true;
  setTimeout(drawNow, TOGETHER);
}

function drawNow() {
  isDrawing = false;
  const status = connection.state.status(now());
  const copy = connection.copy;
  const model = copy && boardModel(copy, calls);
  view?.draw({
    kind: secret ? status.kind : "incomplete",
    asOf: status.asOf === null ? null : serverNow() - (now() - status.asOf),
    now: serverNow(),
    model,
    estimate: wait.estimate,
    waiting: (model?.isWhole ? model.waiting : wait.waiting) ?? model?.waiting ?? 0,
    showsEstimate: status.showsEstimate,
  });
  if (model && status.kind === "live") void wait.refresh(model.lastWaiting);
}

function hideWhenIdle() {
  let timer = 0;
  const wake = () => {
    root.classList.remove("is-idle");
    clearTimeout(timer);
    timer = setTimeout(() => root.classList.add("is-idle"), IDLE);
  };
  for (const name of ["pointermove", "pointerdown", "keydown"]) addEventListener(name, wake, { passive: true });
  wake();
}

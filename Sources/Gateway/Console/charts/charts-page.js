// Charts of one queue: how long people wait and are handled, how many come and go, and how many there are.

import { h, replace, setText } from "../app/dom.js";
import { liveStatus } from "../app/live-status.js";
import { useStyle } from "../app/styles.js";
import { clockTime, duration, number, problemText, stopwatch, t } from "../app/texts.js";
import { every } from "../app/ticker.js";
import { barChart } from "./bar-chart.js";
import { DepthSeries } from "./depth-series.js";
import { lineChart } from "./line-chart.js";
import { partsOf, PERIODS } from "./period.js";
import { durationTicks, niceTicks } from "./scale.js";
import { eventsBefore, summaries } from "./statistics-source.js";

/** Under what the choice is kept. */
const CHOICE = "usher.charts";
/** How often the statistics are asked for again, in seconds: sooner when something has happened. */
const REFRESH = { busy: 15, idle: 60 };
/** How finely the depth is drawn: so many samples for each part of the period. */
const FINER = 5;

/**
 * Shows the page until `signal` aborts.
 *
 * @param {any} context as the router gives it
 */
export async function page({ api, live, root, signal }) {
  const [{ queues }] = await Promise.all([api.get("/v1/queues", { signal }), useStyle("/console/charts/charts.css")]);
  signal.throwIfAborted();
  new ChartsPage(queues.map((/** @type {{queue: string}} */ { queue }) => queue), { api, live, root, signal });
}

class ChartsPage {
  #api;
  #live;
  #signal;
  /** @type {import("./period.js").PeriodName} */
  #period = "hour";
  #queue = "";
  #depth = new DepthSeries();
  /** What belongs to the chosen queue and period; the next choice ends it. */
  #present = new AbortController();
  #hasNews = false;
  #age = 0;
  #isAsking = false;
  #status = h("div", { class: "charts-status" });
  #problem = h("p", { role: "status", class: "charts-problem" });
  #tiles = h("dl", { class: "tiles" });
  #picked;
  #periods;
  #charts = {
    waiting: lineChart(t("charts.waiting"), t("charts.waiting_note")),
    handling: lineChart(t("charts.handling"), t("charts.handling_note")),
    throughput: barChart(t("charts.throughput"), t("charts.throughput_note")),
    depth: lineChart(t("charts.depth"), t("charts.depth_note"), { isStep: true }),
  };

  /** @param {string[]} queues @param {any} context */
  constructor(queues, { api, live, root, signal }) {
    this.#api = api;
    this.#live = live;
    this.#signal = signal;
    const [queue, period] = (localStorage.getItem(CHOICE) ?? "").split(" ");
    this.#picked = h("select", { id: "charts-queue", on: { change: () => this.#choose(this.#picked.value, this.#period) } },
      queues.map((name) => h("option", {}, name)));
    this.#periods = Object.keys(PERIODS).map((name) => h("button", { type: "button", class: "chip", dataset: { period: name },
      on: { click: () => this.#choose(this.#queue, name) } }, t(`charts.period_${name}`)));
    replace(root,
      h("div", { class: "page-head" }, h("h1", {}, t("charts.title")),
        h("div", { class: "charts-choice" },
          h("label", { for: "charts-queue", class: "field-label" }, t("charts.queue")), this.#picked,
          h("div", { role: "group", "aria-label": t("charts.period"), class: "chips" }, this.#periods))),
      this.#status, this.#problem, this.#tiles,
      h("div", { class: "charts" }, Object.values(this.#charts).map(({ element }) => element)));
    signal.addEventListener("abort", () => this.#present.abort());
    if (queues.length === 0) return void setText(this.#problem, t("supervise.no_queues"));
    every(root, 1, () => this.#tick());
    this.#choose(queues.includes(queue) ? queue : queues[0], period === "day" ? "day" : "hour");
  }

  /** @param {string} queue @param {any} period */
  #choose(queue, period) {
    [this.#queue, this.#period] = [queue, period];
    localStorage.setItem(CHOICE, `${queue} ${period}`);
    this.#picked.value = queue;
    for (const chip of this.#periods) chip.setAttribute("aria-pressed", String(chip.dataset.period === period));
    this.#present.abort();
    this.#present = new AbortController();
    const { signal } = this.#present;
    const { subscription, release } = this.#live.queue(queue, { limit: 0 });
    const stops = [subscription.on("change", (change) => this.#changed(subscription.copy, change))];
    signal.addEventListener("abort", () => (stops.forEach((stop) => stop()), release()));
    replace(this.#status, liveStatus(this.#live, subscription, signal));
    this.#depth = new DepthSeries();
    if (subscription.hasCopy) this.#lookBack(subscription.copy);
    this.#isAsking = false;
    this.#ask();
  }

  /** @param {any} copy @param {{reason: string}} change */
  #changed(copy, { reason }) {
    this.#hasNews = true;
    if (reason === "snapshot") return void this.#lookBack(copy);
    this.#depth.add(Date.now(), copy.total);
    this.#drawDepth();
  }

  /** Fills in how the queue came to where it is. @param {any} copy */
  async #lookBack({ total, version, epoch }) {
    const { signal } = this.#present;
    const now = Date.now();
    this.#depth.reset(total, [], now);
    this.#drawDepth();
    try {
      const start = partsOf(this.#period, now)[0].start;
      const events = await eventsBefore(this.#api, this.#queue, { version, epoch }, start, signal);
      if (signal.aborted) return;
      const since = this.#depth.since ?? now;
      const later = this.#depth;
      this.#depth = new DepthSeries();
      this.#depth.reset(total, events, since);
      later.copyTo(this.#depth);
      this.#drawDepth();
    } catch (problem) {
      if (!signal.aborted) this.#tell(problem);
    }
  }

  #tick() {
    this.#age += 1;
    if (document.hidden) return;
    if (this.#age % 10 === 0) this.#drawDepth();
    if (this.#age >= (this.#hasNews ? REFRESH.busy : REFRESH.idle)) this.#ask();
  }

  async #ask() {
    if (this.#isAsking) return;
    const { signal } = this.#present;
    this.#isAsking = true;
    this.#hasNews = false;
    this.#age = 0;
    try {
      const [statistics, { parts, found }] = await Promise.all([
        this.#api.get(`/v1/queues/${this.#queue}/stats`, { signal }),
        summaries(this.#api, this.#queue, this.#period, Date.now(), signal),
      ]);
      if (signal.aborted) return;
      setText(this.#problem, "");
      this.#drawTiles(statistics);
      this.#draw(parts, found);
    } catch (problem) {
      if (!signal.aborted) this.#tell(problem);
    } finally {
      if (!signal.aborted) this.#isAsking = false;
    }
  }

  /** @param {any} problem */
  #tell(problem) {
    setText(this.#problem, problemText(problem));
  }

  /** @param {any} statistics */
  #drawTiles({ waiting, claimed, serving, on_hold, active_employees, handling_seconds }) {
    const shown = [
      ["charts.tile_waiting", number(waiting)], ["charts.tile_in_hand", number(claimed + serving)],
      ["charts.tile_on_hold", number(on_hold)], ["charts.tile_employees", number(active_employees)],
      ["charts.tile_handling", handling_seconds ? duration(handling_seconds.p50 * 1_000) : t("charts.nothing")],
    ];
    replace(this.#tiles, shown.map(([key, value]) => h("div", { class: "tile card" }, h("dt", {}, t(key)), h("dd", {}, value))));
  }

  /** @param {import("./period.js").Part[]} parts @param {import("./statistics-series.js").Summary[]} found */
  #draw(parts, found) {
    const labels = parts.map(({ start }) => clockTime(start));
    const times = (/** @type {string} */ title, /** @type {any} */ median, /** @type {any} */ most) => {
      const series = [
        { name: t("charts.median"), values: found.map((one) => one[median]) },
        { name: t("charts.p90"), values: found.map((one) => one[most]) },
      ];
      const ticks = durationTicks(highest(series));
      return { labels, series, ticks, format: duration, tick: stopwatch, description: describe(title, labels, series, duration) };
    };
    this.#charts.waiting.show(times(t("charts.waiting"), "waitingMedian", "waitingMost"));
    this.#charts.handling.show(times(t("charts.handling"), "handlingMedian", "handlingMost"));
    const series = [
      { name: t("charts.submitted"), values: found.map((one) => one.submitted) },
      { name: t("charts.completed"), values: found.map((one) => one.completed) },
    ];
    const description = describe(t("charts.throughput"), labels, series, number);
    this.#charts.throughput.show({ labels, series, ticks: niceTicks(highest(series), true), format: number, description });
  }

  #drawDepth() {
    const now = Date.now();
    const parts = partsOf(this.#period, now, FINER).filter(({ start }) => start <= now);
    const labels = parts.map(({ end }) => clockTime(Math.min(end, now)));
    const series = [{ name: t("charts.depth_series"), values: this.#depth.sampled(parts.map(({ end }) => Math.min(end, now))) }];
    const description = describe(t("charts.depth"), labels, series, number);
    this.#charts.depth.show({ labels, series, ticks: niceTicks(highest(series), true), format: number, description });
  }
}

/** @param {import("./chart-frame.js").Series[]} series */
function highest(series) {
  return Math.max(0, ...series.flatMap(({ values }) => values.map((value) => value ?? 0)));
}

/**
 * What the chart shows, in a sentence.
 *
 * @param {string} title
 * @param {string[]} labels
 * @param {import("./chart-frame.js").Series[]} series
 * @param {(value: number) => string} format
 */
function describe(title, labels, series, format) {
  const parts = series.map(({ name, values }) => {
    const known = values.filter((value) => value !== null);
    if (known.length === 0) return t("charts.described_nothing", { name });
    const latest = known[known.length - 1];
    return t("charts.described_series", { name, latest: format(latest), highest: format(Math.max(...known)) });
  });
  return [t("charts.described", { title, from: labels[0], to: labels[labels.length - 1] }), ...parts].join(" ");
}

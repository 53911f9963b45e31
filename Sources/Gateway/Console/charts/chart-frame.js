// What every chart has: a frame with axes, a read-out for pointer, keyboard and screen reader, and the same numbers as a
// table. What is drawn inside is the caller's.

import { h, svg, visuallyHidden } from "../app/dom.js";
import { t } from "../app/texts.js";
import { placeOf, slotAt, thinned } from "./scale.js";

/** In pixels: the drawing's height, and what the labels need around the plot. */
const HEIGHT = 220;
const MARGIN = { top: 12, right: 12, bottom: 26, left: 62 };
/** Pixels that a label below needs. */
const LABEL = 64;

/**
 * @typedef {{name: string, values: (number | null)[]}} Series
 * @typedef {{
 *   labels: string[], series: Series[], ticks: number[], format: (value: number) => string, description: string,
 *   tick?: (value: number) => string,
 * }} ChartData `labels`: what each slot of the time is called; `tick`: how values are written at the axis, where there is less room
 * @typedef {{width: number, across: [number, number], y: import("./scale.js").Scale, data: ChartData}} Plot
 */

let number = 0;

/** A figure that shows `ChartData`, drawn anew whenever they or its width change. */
export class ChartFrame {
  /** @type {ChartData | null} */
  #data = null;
  /** The slot that is read out; -1 for none. */
  #slot = -1;
  #draw;
  #svg;
  #range;
  #readout = h("p", { class: "chart-readout", "aria-hidden": "true" });
  #legend = h("ul", { class: "chart-legend", role: "list" });
  #table = h("div", { class: "chart-table", tabindex: "0", role: "region", hidden: true });
  #plot;
  #id = `chart-${(number += 1)}`;

  /**
   * @param {string} title
   * @param {string} note what the numbers mean
   * @param {(plot: Plot) => SVGElement[]} draw
   */
  constructor(title, note, draw) {
    this.title = title;
    this.#draw = draw;
    // It has its name from the start, before there are numbers to draw.
    this.#svg = svg("svg", { role: "img", "aria-labelledby": `${this.#id}-title ${this.#id}-desc`, height: HEIGHT }, svg("title", { id: `${this.#id}-title` }, title));
    this.#range = h("input", {
      type: "range", min: "0", step: "1", class: "chart-range", "aria-label": t("charts.read_out", { title }),
      on: { input: () => this.#point(Number(this.#range.value)), focus: () => this.#point(Number(this.#range.value)), blur: () => this.#point(-1) },
    });
    this.#plot = h("div", { class: "chart-plot", on: {
      pointermove: (/** @type {PointerEvent} */ event) => this.#pointAt(event.clientX),
      pointerleave: () => document.activeElement !== this.#range && this.#point(-1),
    } }, this.#svg, this.#range);
    const toggle = h("button", { type: "button", class: "button quiet", "aria-pressed": "false", on: { click: () => {
      const isTable = this.#table.hidden;
      this.#table.hidden = !isTable;
      this.#plot.hidden = isTable;
      this.#readout.hidden = isTable;
      toggle.setAttribute("aria-pressed", String(isTable));
    } } }, t("charts.as_table"), visuallyHidden(`: ${title}`));
    this.#table.setAttribute("aria-label", t("charts.table_of", { title }));
    this.element = h("figure", { class: "chart card", "aria-labelledby": this.#id },
      h("div", { class: "chart-head" }, h("h2", { id: this.#id }, title), toggle),
      h("figcaption", { class: "chart-note" }, note), this.#legend, this.#plot, this.#readout, this.#table);
    new ResizeObserver(() => this.#redraw()).observe(this.#plot);
  }

  /** @param {ChartData} data */
  show(data) {
    this.#data = data;
    this.#range.max = String(data.labels.length - 1);
    if (this.#slot < 0) this.#range.value = this.#range.max;
    this.#slot = Math.min(this.#slot, data.labels.length - 1);
    const names = data.series.map(({ name }) => name);
    if (names.join() !== [...this.#legend.children].map((item) => item.textContent).join()) {
      this.#legend.replaceChildren(...names.map((name, at) =>
        h("li", {}, h("span", { class: `chart-key series-${at + 1}`, "aria-hidden": "true" }), name)));
    }
    this.#tabulate(data);
    this.#redraw();
  }

  #redraw() {
    const width = this.#plot.clientWidth;
    if (!this.#data || width === 0) return;
    const data = this.#data;
    /** @type {Plot} */
    const plot = {
      width, data, across: [MARGIN.left, width - MARGIN.right],
      y: { domain: [0, data.ticks.at(-1) ?? 1], range: [HEIGHT - MARGIN.bottom, MARGIN.top] },
    };
    this.#svg.setAttribute("viewBox", `0 0 ${width} ${HEIGHT}`);
    this.#svg.replaceChildren(
      svg("title", { id: `${this.#id}-title` }, this.title),
      svg("desc", { id: `${this.#id}-desc` }, data.description),
      ...axes(plot), ...this.#draw(plot), svg("line", { class: "chart-cursor", y1: MARGIN.top, y2: HEIGHT - MARGIN.bottom }));
    this.#point(this.#slot);
  }

  /** @param {number} clientX */
  #pointAt(clientX) {
    if (!this.#data) return;
    const { left, width } = this.#svg.getBoundingClientRect();
    const slot = slotAt(clientX - left, [MARGIN.left, width - MARGIN.right], this.#data.labels.length);
    this.#range.value = String(slot);
    this.#point(slot);
  }

  /** @param {number} slot */
  #point(slot) {
    this.#slot = slot;
    const cursor = this.#svg.querySelector(".chart-cursor");
    if (!this.#data || !cursor) return;
    const text = slot < 0 ? "" : readout(this.#data, slot);
    this.#readout.textContent = text || t("charts.hint");
    this.#readout.classList.toggle("is-hint", text === "");
    this.#range.setAttribute("aria-valuetext", readout(this.#data, Math.max(0, Number(this.#range.value))));
    cursor.toggleAttribute("hidden", slot < 0);
    const x = centreOf(slot, [MARGIN.left, this.#plot.clientWidth - MARGIN.right], this.#data.labels.length);
    cursor.setAttribute("x1", String(x));
    cursor.setAttribute("x2", String(x));
  }

  /** @param {ChartData} data */
  #tabulate({ labels, series, format }) {
    const head = h("tr", {}, h("th", { scope: "col" }, t("charts.time")),
      series.map(({ name }) => h("th", { scope: "col", class: "number" }, name)));
    const body = labels.map((label, at) => h("tr", {}, h("th", { scope: "row" }, label),
      series.map(({ values }) => h("td", { class: "number" }, valueText(values[at], format)))));
    this.#table.replaceChildren(h("table", {}, h("caption", { class: "visually-hidden" }, this.title),
      h("thead", {}, head), h("tbody", {}, body)));
  }
}

/**
 * The middle of a slot.
 *
 * @param {number} slot
 * @param {[number, number]} across
 * @param {number} count
 */
export function centreOf(slot, [left, right], count) {
  return left + ((slot + 0.5) / Math.max(1, count)) * (right - left);
}

/** @param {Plot} plot */
function axes({ data, across, y }) {
  const [left, right] = across;
  const most = Math.floor((right - left) / LABEL);
  return [
    ...data.ticks.flatMap((tick) => {
      const at = placeOf(y, tick);
      return [
        svg("line", { class: "chart-grid", x1: left, x2: right, y1: at, y2: at }),
        svg("text", { class: "chart-label", x: left - 8, y: at + 4, "text-anchor": "end" }, (data.tick ?? data.format)(tick)),
      ];
    }),
    ...thinned(data.labels.length, most).map((at) => {
      const x = Math.min(centreOf(at, across, data.labels.length), right - LABEL / 4);
      return svg("text", { class: "chart-label", x, y: HEIGHT - 6, "text-anchor": "middle" }, data.labels[at]);
    }),
  ];
}

/** @param {ChartData} data @param {number} slot */
function readout({ labels, series, format }, slot) {
  const values = series.map(({ name, values: all }) => `${name}: ${valueText(all[slot], format)}`);
  return [labels[slot], ...values].join(" · ");
}

/** @param {number | null | undefined} value @param {(value: number) => string} format */
function valueText(value, format) {
  return value === null || value === undefined ? t("charts.nothing") : format(value);
}

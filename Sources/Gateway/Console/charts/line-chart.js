// A chart of lines: how long something took, or how many there were, over time.

import { svg } from "../app/dom.js";
import { centreOf, ChartFrame } from "./chart-frame.js";
import { linePath, placeOf } from "./scale.js";

/**
 * @param {string} title
 * @param {string} note
 * @param {{isStep?: boolean}} [options] `isStep`: each value holds until the next
 */
export function lineChart(title, note, { isStep = false } = {}) {
  return new ChartFrame(title, note, ({ data, across, y }) =>
    data.series.flatMap(({ values }, series) => {
      const points = values.map((value, slot) => ({
        x: centreOf(slot, across, values.length),
        y: value === null ? null : placeOf(y, value),
      }));
      const line = svg("path", { class: `chart-line series-${series + 1}`, d: linePath(points, isStep) });
      return [line, ...(isStep ? [] : points.map((point) => marker(point, series)))];
    }));
}

/** Series differ by the form of their points, too. @param {import("./scale.js").Point} point @param {number} series */
function marker({ x, y }, series) {
  if (y === null) return svg("g");
  const name = `chart-point series-${series + 1}`;
  if (series === 0) return svg("circle", { class: name, cx: x, cy: y, r: 3.5 });
  return svg("rect", { class: name, x: x - 3.5, y: y - 3.5, width: 7, height: 7 });
}

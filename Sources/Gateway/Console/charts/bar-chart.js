// A chart of bars: how many there were in each part of the time, one bar beside the other for each series.

import { svg } from "../app/dom.js";
import { ChartFrame } from "./chart-frame.js";
import { bars } from "./scale.js";

/**
 * @param {string} title
 * @param {string} note
 */
export function barChart(title, note) {
  return new ChartFrame(title, note, ({ data, across, y }) =>
    data.series.flatMap(({ values }, series) =>
      bars(values, across, y).map((bar) => {
        if (!bar) return svg("g");
        const width = bar.width / data.series.length;
        const place = { x: bar.x + series * width, y: bar.y, width: Math.max(1, width - 1), height: bar.height };
        return svg("rect", { class: `chart-bar series-${series + 1}`, ...place });
      })));
}

// Which queues a supervisor looks at, side by side, and in which order.

/** The most queues side by side: each is a subscription of up to 5,000 services. */
export const MOST_CHOSEN = 8;

/**
 * The queues to show: those that were chosen before and may still be seen; the first two when there are none.
 *
 * @param {unknown} remembered as `remember` wrote it
 * @param {string[]} available
 * @returns {string[]}
 */
export function chosenQueues(remembered, available) {
  let names = [];
  try {
    const read = JSON.parse(String(remembered));
    if (Array.isArray(read)) names = read;
  } catch {
    // What is no list says nothing.
  }
  const known = [...new Set(names)].filter((name) => available.includes(name));
  return (known.length > 0 ? known : available.slice(0, 2)).slice(0, MOST_CHOSEN);
}

/**
 * What to remember of a choice.
 *
 * @param {string[]} chosen
 */
export function remember(chosen) {
  return JSON.stringify(chosen.slice(0, MOST_CHOSEN));
}

/**
 * The choice with one queue more or less. The last queue stays, and beyond `MOST_CHOSEN` none comes.
 *
 * @param {string[]} chosen
 * @param {string} name
 * @returns {string[]}
 */
export function toggled(chosen, name) {
  if (chosen.includes(name)) return chosen.length > 1 ? chosen.filter((other) => other !== name) : chosen;
  return chosen.length < MOST_CHOSEN ? [...chosen, name] : chosen;
}

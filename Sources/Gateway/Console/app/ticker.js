// The page's one clock tick, for everything that shows a time that passes.

/** @typedef {{node: Node, every: number, left: number, unseen: number, update: () => void}} Entry */

/** Ticks after which a node that never came into the document is given up. */
const NEVER_SHOWN = 60;

/** @type {Set<Entry>} */
const entries = new Set();
let timer = 0;

/**
 * Calls back every so many seconds for as long as the node is in the document, beginning at the next tick.
 *
 * @param {Node} node
 * @param {number} seconds
 * @param {() => void} update
 * @returns {() => void} ends it sooner
 */
export function every(node, seconds, update) {
  const entry = { node, every: seconds, left: seconds, unseen: 0, update };
  entries.add(entry);
  timer ||= setInterval(tick, 1_000);
  return () => void entries.delete(entry);
}

function tick() {
  for (const entry of entries) {
    if (!entry.node.isConnected) {
      // Not shown yet, or not any more.
      if (entry.unseen < 0 || ++entry.unseen > NEVER_SHOWN) entries.delete(entry);
      continue;
    }
    entry.unseen = -1;
    entry.left -= 1;
    if (entry.left > 0) continue;
    entry.left = entry.every;
    entry.update();
  }
  if (entries.size === 0) {
    clearInterval(timer);
    timer = 0;
  }
}

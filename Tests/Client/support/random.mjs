// Random numbers that a seed repeats.

/** Mulberry32: numbers in 0 ..< 1. */
export function seeded(seed) {
  let state = seed >>> 0;
  const next = () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let t = state;
    t = Math.imul(t ^ (t >>> 15), t | 1);
    t ^= t + Math.imul(t ^ (t >>> 7), t | 61);
    return ((t ^ (t >>> 14)) >>> 0) / 2 ** 32;
  };
  next.below = (bound) => Math.floor(next() * bound);
  next.of = (list) => list[next.below(list.length)];
  return next;
}

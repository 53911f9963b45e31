// Keeps the screen on, where the browser can.

/** Asks for it now and whenever the page is seen again: browsers take the lock away from hidden pages. */
export function keepScreenOn() {
  if (!navigator.wakeLock) return;
  const ask = () => {
    // Refused on a low battery, for one: the screen then does as its owner has set it.
    if (document.visibilityState === "visible") navigator.wakeLock.request("screen").catch(() => {});
  };
  document.addEventListener("visibilitychange", ask);
  ask();
}

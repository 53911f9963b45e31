// Style sheets of the areas, loaded when their page is first shown.

/** @type {Map<string, Promise<void>>} */
const loaded = new Map();

/**
 * Links a style sheet, once. Resolves when it is in force, so that a page is not drawn without it.
 *
 * @param {string} address such as `/console/work/work.css`
 * @returns {Promise<void>}
 */
export function useStyle(address) {
  let promise = loaded.get(address);
  if (!promise) {
    promise = new Promise((resolve) => {
      const link = document.createElement("link");
      link.rel = "stylesheet";
      link.href = address;
      // A page without its style is still one.
      link.onload = link.onerror = () => resolve();
      document.head.append(link);
    });
    loaded.set(address, promise);
  }
  return promise;
}

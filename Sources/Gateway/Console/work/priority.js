// Priorities in words.

import { hasText, t } from "../app/texts.js";

/**
 * The name of a priority, or its level where it has none.
 *
 * @param {number} level 0 to 9
 */
export function priorityText(level) {
  return hasText(`priority.${level}`) ? t(`priority.${level}`) : t("priority.level", { n: level });
}

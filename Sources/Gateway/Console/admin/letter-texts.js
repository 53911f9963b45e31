// Dead letters in words.

import { confirm } from "../app/dialog.js";
import { hasText, plural, t } from "../app/texts.js";

/** The reasons that docs/dead-letters.md lists. */
export const REASONS = [
  "malformed_json", "too_large", "too_deep", "missing_id", "missing_field", "wrong_type", "invalid_value",
  "unsupported_version", "unsupported_content_type", "unsupported_encoding", "rejected_by_rule", "unknown_queue",
  "queue_draining", "idempotency_key_reused", "refused", "delivery_limit", "expired", "maxlen", "rejected", "unknown",
];

/** @param {string} reason one that a policy of RabbitMQ's has made up is shown by its own name */
export function reasonText(reason) {
  return hasText(`admin.letters.reason.${reason}`) ? t(`admin.letters.reason.${reason}`) : reason;
}

/**
 * Asks before one is deleted.
 *
 * @param {AbortSignal} signal of the page
 */
export function confirmPurge(signal) {
  return confirm({
    title: t("admin.letters.purge_one_title"),
    text: t("admin.letters.purge_hint"),
    action: t("admin.letters.purge"),
    danger: true,
    signal,
  });
}

/**
 * What came of requeueing or purging.
 *
 * @param {{requeued?: number, purged?: number, unroutable: number, remaining: number, complete: boolean}} outcome
 */
export function outcomeText({ requeued, purged, unroutable, complete }) {
  return [
    requeued === undefined ? plural("admin.letters.purged", purged) : plural("admin.letters.requeued", requeued),
    unroutable > 0 ? plural("admin.letters.unroutable", unroutable) : null,
    complete ? null : t("admin.letters.not_all"),
  ].filter(Boolean).join(" ");
}

// Tells the user, on whichever page, what others do with services of theirs.

import { t } from "../app/texts.js";
import { toast } from "../app/toast.js";

/** How long it is shown, in seconds: longer than what one has done oneself, for nobody expects it. */
const SHOWN = 10;

/** @param {import("./desk.js").Desk} desk */
export function tellHandovers(desk) {
  desk.on("handover", ({ kind, ticket, by, to }) => toast(t(`work.${kind}`, { ticket, by, to }), { seconds: SHOWN }));
}

// What a supervisor does in one queue: shown at once, and taken back in sight when the server refuses it.

import { confirm, dialog } from "../app/dialog.js";
import { field, form } from "../app/form.js";
import { t } from "../app/texts.js";
import { toast } from "../app/toast.js";

/** How long a refused row stays marked, in milliseconds. */
const MARKED = 2_500;
/** The levels of priority that have a name, as the server knows them. */
const NAMED = new Map([[2, "low"], [4, "normal"], [6, "high"], [9, "urgent"]]);

/**
 * @typedef {import("../queue-copy.js").Service} Service
 * @typedef {import("./pending-changes.js").Change} Change
 */

/** The actions on one column's services and on its queue. */
export class ColumnActions {
  /** Services whose change was refused a moment ago. @type {Set<string>} */
  refused = new Set();
  #column;
  #commands;

  /**
   * @param {import("./queue-column.js").QueueColumn} column
   * @param {import("../app/commands.js").Commands} commands
   */
  constructor(column, commands) {
    this.#column = column;
    this.#commands = commands;
  }

  /** @param {string} id @param {import("./move-plan.js").Target} target */
  move(id, target) {
    return this.#change({ kind: "move", id, target }, "service.move", { id, ...target });
  }

  /** @param {string} id @param {number} priority */
  reprioritise(id, priority) {
    return this.#change({ kind: "reprioritise", id, priority }, "service.reprioritise", { id, priority });
  }

  /** @param {string} id @param {string} to */
  transfer(id, to) {
    return this.#change({ kind: "transfer", id, to }, "service.transfer", { id, to });
  }

  /**
   * Takes a claim from who has it: the service waits again at its old place, and another can claim it.
   *
   * @param {string} id
   */
  takeBack(id) {
    return this.#change({ kind: "release", id }, "service.release", { id });
  }

  /**
   * Removes it, if nobody has changed it since it was seen at that version.
   *
   * @param {string} id
   * @param {number} version
   */
  remove(id, version) {
    return this.#change({ kind: "remove", id }, "service.remove", { id, if_version: version });
  }

  /** @param {"pause" | "resume" | "drain"} command */
  async setMode(command) {
    const { queue } = this.#column;
    const answer = await this.#commands.run(`queue.${command}`, { queue });
    if (answer) toast(t(`supervise.done_${command}`, { queue }), { kind: "success" });
  }

  /** @param {Service} service @param {string[]} queues @param {AbortSignal} signal */
  askTransfer(service, queues, signal) {
    const to = field({
      name: "to", label: t("supervise.to_queue"), type: "select", required: true,
      options: queues.map((value) => ({ value, label: value })),
    });
    this.#ask(t("supervise.transfer_title", { ticket: service.ticket }), to, t("supervise.transfer"), signal,
      (values) => this.transfer(service.id, values.to));
  }

  /** @param {Service} service @param {AbortSignal} signal */
  askPriority(service, signal) {
    const options = Array.from({ length: 10 }, (_, n) => 9 - n).map((n) => ({
      value: String(n), label: NAMED.has(n) ? `${n} – ${t(`supervise.priority_${NAMED.get(n)}`)}` : String(n),
    }));
    const priority = field({
      name: "priority", label: t("supervise.priority"), type: "select", value: String(service.priority), options,
      hint: t("supervise.priority_hint"),
    });
    this.#ask(t("supervise.priority_title", { ticket: service.ticket }), priority, t("supervise.priority_set"), signal,
      (values) => this.reprioritise(service.id, Number(values.priority)));
  }

  /** @param {Service} service @param {string} to @param {AbortSignal} signal */
  async confirmTransfer(service, to, signal) {
    const isMeant = await confirm({
      title: t("supervise.transfer_title", { ticket: service.ticket }),
      text: t("supervise.transfer_text", { ticket: service.ticket, from: this.#column.queue, to }),
      action: t("supervise.transfer"), signal,
    });
    if (isMeant) await this.transfer(service.id, to);
  }

  /**
   * @param {string} title
   * @param {import("../app/form.js").Field} only
   * @param {string} submit
   * @param {AbortSignal} signal
   * @param {(values: Record<string, string>) => void} run
   */
  #ask(title, only, submit, signal, run) {
    const made = form({ fields: [only], submit, onSubmit: async (values) => {
      shown.close();
      run(values);
    } });
    const shown = dialog(made.element, { title, signal });
    only.input.focus();
  }

  /**
   * @param {Change} change
   * @param {string} method
   * @param {object} data
   */
  async #change(change, method, data) {
    const { model, queue } = this.#column;
    if (model.pending.isFull) return void toast(t("supervise.too_many"), { kind: "error" });
    const answer = await this.#commands.run(method, { queue, ...data }, {
      optimistic: () => {
        model.pending.add(change);
        this.#column.refresh();
      },
      rollback: () => {
        model.pending.drop(change);
        this.#mark(change.id);
      },
    });
    if (!answer) return;
    model.pending.confirm(change, answer.service.version);
    this.#column.refresh();
  }

  /** @param {string} id */
  #mark(id) {
    this.refused.add(id);
    this.#column.refresh();
    setTimeout(() => {
      this.refused.delete(id);
      this.#column.refresh();
    }, MARKED);
  }
}

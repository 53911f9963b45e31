// What a supervisor does in one queue: shown at once, and taken back in sight when the server refuses it.

import { confirm, dialog } from "../app/dialog.js";
import { field, form } from "../app/form.js";
import { serverNow } from "../app/server-clock.js";
import { hasText, t } from "../app/texts.js";
import { toast } from "../app/toast.js";
import { askForEmployee } from "./assign-dialog.js";

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
  #user;

  /**
   * @param {import("./queue-column.js").QueueColumn} column
   * @param {import("../app/commands.js").Commands} commands
   * @param {string} user the supervisor's id
   */
  constructor(column, commands, user) {
    this.#column = column;
    this.#commands = commands;
    this.#user = user;
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
   * Gives it to an employee, if nobody has changed it since it was seen: who has called it meanwhile keeps it.
   *
   * @param {Service} service
   * @param {import("./employees.js").Employee} employee
   */
  async assign({ id, ticket, version }, { id: assignee, name }) {
    const change = /** @type {Change} */ ({ kind: "assign", id, employee: { id: assignee, name }, at: new Date(serverNow()).toISOString() });
    const isDone = await this.#change(change, "service.assign", { id, assignee, if_version: version }, (refusal) => {
      // What is said elsewhere of these is said to who lacks it.
      const text = `supervise.refused_${refusal.code}`;
      if (assignee === this.#user || !hasText(text)) return false;
      toast(t(text, { employee: name, ticket }), { kind: "error" });
      return true;
    });
    if (isDone) toast(t("supervise.given", { ticket, employee: name }), { kind: "success" });
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
  async askAssign(service, signal) {
    const { hindrance } = this.#commands;
    if (hindrance) return void toast(hindrance, { kind: "error" });
    const employee = await askForEmployee({
      ticket: service.ticket, queue: this.#column.queue, user: this.#user, find: () => this.#column.employeesFor(service), signal,
    });
    if (employee) await this.assign(service, employee);
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
   * @param {(refusal: import("../app/commands.js").Refusal) => boolean} [refused] as in `Commands.run`
   * @returns {Promise<boolean>} true when it was done
   */
  async #change(change, method, data, refused) {
    const { model, queue } = this.#column;
    if (model.pending.isFull) {
      toast(t("supervise.too_many"), { kind: "error" });
      return false;
    }
    const answer = await this.#commands.run(method, { queue, ...data }, {
      optimistic: () => {
        model.pending.add(change);
        this.#column.refresh();
      },
      rollback: () => {
        model.pending.drop(change);
        this.#mark(change.id);
      },
      refused,
    });
    if (!answer) return false;
    model.pending.confirm(change, answer.service.version);
    this.#column.refresh();
    return true;
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

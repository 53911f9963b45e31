// Services by their place: a treap, so that inserting, removing, and asking for a place each take O(log n).

/**
 * @typedef {import("./queue-copy.js").Service} Service
 * @typedef {{order: number, id: string}} Key where a service stands: by `order`, then by `id`
 * @typedef {{service: Service, priority: number, size: number, left: Node | null, right: Node | null}} Node
 */

/**
 * True when `a` stands before `b` on every screen.
 *
 * @param {Key} a
 * @param {Key} b
 */
export function standsBefore(a, b) {
  return a.order === b.order ? a.id < b.id : a.order < b.order;
}

/** Services sorted by (`order`, `id`), each id once. */
export class OrderedServices {
  /** @type {Node | null} */
  #root = null;
  /** @type {Map<string, Service>} */
  #byID = new Map();

  /** How many there are. */
  get size() {
    return this.#byID.size;
  }

  /** @param {string} id */
  get(id) {
    return this.#byID.get(id);
  }

  /**
   * Puts a service in its place; the one with its id makes room.
   *
   * @param {Service} service
   * @returns {Service | undefined} the one that made room
   */
  insert(service) {
    const old = this.remove(service.id);
    const [before, after] = split(this.#root, service);
    const node = { service, priority: Math.random(), size: 1, left: null, right: null };
    this.#root = merge(merge(before, node), after);
    this.#byID.set(service.id, service);
    return old;
  }

  /**
   * @param {string} id
   * @returns {Service | undefined} the one that was there
   */
  remove(id) {
    const service = this.#byID.get(id);
    if (service) {
      this.#byID.delete(id);
      this.#root = without(this.#root, service);
    }
    return service;
  }

  /**
   * The service at a place, counted from 0.
   *
   * @param {number} place
   * @returns {Service | undefined}
   */
  at(place) {
    let node = this.#root;
    while (node) {
      const before = size(node.left);
      if (place === before) return node.service;
      if (place < before) {
        node = node.left;
      } else {
        place -= before + 1;
        node = node.right;
      }
    }
    return undefined;
  }

  /**
   * The place of a service, counted from 0; -1 when it is not there.
   *
   * @param {string} id
   */
  indexOf(id) {
    const service = this.#byID.get(id);
    if (!service) return -1;
    let place = 0;
    let node = this.#root;
    while (node && node.service.id !== id) {
      if (standsBefore(service, node.service)) {
        node = node.left;
      } else {
        place += size(node.left) + 1;
        node = node.right;
      }
    }
    return place + size(node?.left ?? null);
  }

  /**
   * The services from one place up to another, as in an array.
   *
   * @param {number} [start]
   * @param {number} [end]
   * @returns {Service[]}
   */
  slice(start = 0, end = this.size) {
    /** @type {Service[]} */
    const found = [];
    collect(this.#root, Math.max(0, start), Math.min(end, this.size), found);
    return found;
  }

  /** All, in order. What changes meanwhile is not seen. */
  [Symbol.iterator]() {
    return this.slice()[Symbol.iterator]();
  }
}

/** @param {Node | null} node */
function size(node) {
  return node ? node.size : 0;
}

/**
 * @param {Node} node
 * @returns {Node}
 */
function counted(node) {
  node.size = size(node.left) + 1 + size(node.right);
  return node;
}

/**
 * Cuts a tree before `key`.
 *
 * @param {Node | null} node
 * @param {Key} key
 * @returns {[Node | null, Node | null]}
 */
function split(node, key) {
  if (!node) return [null, null];
  if (standsBefore(node.service, key)) {
    const [before, after] = split(node.right, key);
    node.right = before;
    return [counted(node), after];
  }
  const [before, after] = split(node.left, key);
  node.left = after;
  return [before, counted(node)];
}

/**
 * Joins two trees, the first wholly before the second.
 *
 * @param {Node | null} before
 * @param {Node | null} after
 * @returns {Node | null}
 */
function merge(before, after) {
  if (!before) return after;
  if (!after) return before;
  if (before.priority > after.priority) {
    before.right = merge(before.right, after);
    return counted(before);
  }
  after.left = merge(before, after.left);
  return counted(after);
}

/**
 * @param {Node | null} node
 * @param {Service} service one that is in the tree
 * @returns {Node | null}
 */
function without(node, service) {
  if (!node) return null;
  if (node.service.id === service.id) return merge(node.left, node.right);
  if (standsBefore(service, node.service)) node.left = without(node.left, service);
  else node.right = without(node.right, service);
  return counted(node);
}

/**
 * @param {Node | null} node
 * @param {number} start
 * @param {number} end
 * @param {Service[]} found
 */
function collect(node, start, end, found) {
  if (!node || start >= end) return;
  const place = size(node.left);
  if (start < place) collect(node.left, start, Math.min(end, place), found);
  if (start <= place && place < end) found.push(node.service);
  if (end > place + 1) collect(node.right, Math.max(0, start - place - 1), end - place - 1, found);
}

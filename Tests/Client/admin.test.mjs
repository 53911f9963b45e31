// What the administrator's pages decide, without a page.

import assert from "node:assert/strict";
import test from "node:test";

import { invitationLink, invitationToken } from "../../Sources/Gateway/Console/account/invitation-link.js";
import { auditQuery, detailRows } from "../../Sources/Gateway/Console/admin/audit-query.js";
import { columnProgress, percent, sealingKeys } from "../../Sources/Gateway/Console/admin/key-progress.js";
import { skillUsage } from "../../Sources/Gateway/Console/admin/skill-usage.js";
import {
  changesOf,
  conflictOf,
  isUsername,
  parseCapacity,
  parseSkills,
  textOrNull,
} from "../../Sources/Gateway/Console/admin/user-changes.js";
import { bodyText, visible } from "../../Sources/Gateway/Console/admin/visible-text.js";

const EVE = {
  display_name: "Eve",
  email: null,
  level: "agent",
  queues: ["front-desk", "roadside"],
  skills: ["german"],
  capacity: null,
};

test("a PATCH has what is another now, and nothing else", () => {
  const same = { ...EVE, queues: ["roadside", "front-desk"] };
  assert.deepEqual(changesOf(EVE, same), {});
  assert.deepEqual(changesOf(EVE, { ...same, queues: null, capacity: 3 }), { queues: null, capacity: 3 });
  assert.deepEqual(changesOf(EVE, { level: "supervisor" }), { level: "supervisor" });
  assert.deepEqual(changesOf({ ...EVE, queues: null }, { ...EVE, queues: [] }), { queues: [] });
});

test("a conflict shows what they changed and what one wanted", () => {
  const now = { ...EVE, level: "supervisor", skills: ["german", "towing"], capacity: 2 };
  const rows = conflictOf(EVE, { level: "viewer", email: "eve@example.org", capacity: 2 }, now);
  assert.deepEqual(rows.map((row) => [row.field, row.isTheirs, row.isMine]), [
    ["email", false, true],
    ["level", true, true],
    ["skills", true, false],
    ["capacity", true, false],
  ]);
  assert.deepEqual(rows[1], {
    field: "level", before: "agent", now: "supervisor", mine: "viewer", isTheirs: true, isMine: true,
  });
  assert.deepEqual(conflictOf(EVE, {}, EVE), []);
});

test("skills are read as people write them", () => {
  assert.deepEqual(parseSkills(" German, towing;german\n sign-language "), {
    skills: ["german", "sign-language", "towing"], wrong: [], tooMany: false,
  });
  assert.deepEqual(parseSkills("größe, ok").wrong, ["größe"]);
  assert.deepEqual(parseSkills("a".repeat(33)).skills, []);
  assert.equal(parseSkills(Array.from({ length: 65 }, (_, i) => `s${i}`).join()).tooMany, true);
  assert.deepEqual(parseSkills(""), { skills: [], wrong: [], tooMany: false });
});

test("a capacity is absent, 1 to 10,000, or none", () => {
  assert.equal(parseCapacity(" "), null);
  assert.equal(parseCapacity("3"), 3);
  assert.equal(parseCapacity("10000"), 10_000);
  for (const wrong of ["0", "-1", "1.5", "1e3", "10001", "three"]) assert.equal(parseCapacity(wrong), undefined, wrong);
  assert.equal(textOrNull("  "), null);
  assert.equal(textOrNull(" Eve "), "Eve");
});

test("user names are the server's", () => {
  for (const name of ["eve", "E", "eve@example.org", "a".repeat(64)]) assert.ok(isUsername(name), name);
  for (const name of ["", ".eve", "eve smith", "erased-1", "a".repeat(65), "oidc:eve"]) assert.ok(!isUsername(name), name);
});

test("skills are those of users and of what waits", () => {
  const users = [
    { id: "1", username: "eve", skills: ["german", "towing"], state: "active" },
    { id: "2", username: "bob", skills: ["crane"], state: "disabled" },
    { id: "3", username: "ann", skills: ["german"], state: "invited" },
  ];
  const services = [
    { state: "waiting", requires: ["german"] },
    { state: "waiting", requires: ["crane"] },
    { state: "scheduled", requires: ["welding", "german"] },
    { state: "serving", requires: ["towing"] },
    { state: "waiting" },
  ];
  assert.deepEqual(
    skillUsage(users, services).map((use) => [use.skill, use.users.map((user) => user.username), use.waiting, use.isMissing]),
    [
      ["crane", ["bob"], 1, true],
      ["german", ["eve", "ann"], 2, false],
      ["towing", ["eve"], 0, false],
      ["welding", [], 1, true],
    ],
  );
});

test("what hides in a text is shown", () => {
  assert.equal(visible("a\u202eb\u0000c\u200bd\ud800e\n\tf"), "a\\u202eb\\u0000c\\u200bd\\ud800e\n\tf");
  assert.equal(visible("Grüße, 日本, 👩"), "Grüße, 日本, 👩");
});

test("a body is JSON, text, bytes or nothing", () => {
  const letter = (body, other) => ({ body, body_base64: null, truncated: false, ...other });
  assert.deepEqual(bodyText(letter('{"a":[1]}')), { form: "json", text: '{\n  "a": [\n    1\n  ]\n}', isCut: false });
  // A number that JavaScript would round, and a member that is there twice, stay as they were written.
  assert.equal(bodyText(letter('{"a":9007199254740993}')).text, '{"a":9007199254740993}');
  assert.equal(bodyText(letter('{"a":true,"a":null}')).text, '{"a":true,"a":null}');
  assert.deepEqual(bodyText(letter("{not json")), { form: "text", text: "{not json", isCut: false });
  assert.deepEqual(bodyText(letter('{"a":', { truncated: true })), { form: "text", text: '{"a":', isCut: true });
  assert.deepEqual(bodyText(letter("")), { form: "empty", text: "", isCut: false });
  const bytes = bodyText(letter(null, { body_base64: btoa("\xff<b>\x00") }));
  assert.equal(bytes.form, "bytes");
  assert.match(bytes.text, /^000000 {2}ff 3c 62 3e 00 +\.<b>\.$/);
  assert.equal(bodyText(letter(null, { body_base64: btoa("a".repeat(5_000)) })).isCut, true);
});

test("the audit's query has what the form says", () => {
  assert.deepEqual(auditQuery({ action: "user.*", actor: " eve ", object: "", from: "", to: "nonsense" }), {
    action: "user.*", actor: "eve",
  });
  const query = auditQuery({ from: "2026-11-30T10:00" });
  assert.equal(new Date(query.from).getTime(), new Date("2026-11-30T10:00").getTime());
  assert.match(query.from, /Z$/);
});

test("a detail becomes rows", () => {
  assert.deepEqual(detailRows({ by: "command line", filter: { queue: "a", limit: 3 }, members: ["level"], none: null }), [
    ["by", "command line"],
    ["filter.queue", "a"],
    ["filter.limit", "3"],
    ["members", '["level"]'],
    ["none", "null"],
  ]);
  assert.deepEqual(detailRows(null), []);
  assert.equal(detailRows(Object.fromEntries(Array.from({ length: 200 }, (_, i) => [i, i]))).length, 100);
});

test("the progress of a rotation", () => {
  const key = (id, kind, isPrimary, values, state = "enabled") => ({
    id, kind, state, is_primary: isPrimary, primary_since: isPrimary ? "2026-11-01T00:00:00Z" : null, values,
  });
  const keyset = {
    keys: [key(1, "encryption", false, 25), key(2, "encryption", true, 75), key(4, "encryption", false, 0, "destroyed"), key(3, "index", false, 0)],
    columns: [
      { column: "users.email", keys: [{ id: 2, values: 50 }], rewrap: null },
      { column: "sessions.address", keys: [{ id: 1, values: 25 }, { id: 2, values: 25 }], rewrap: { unreadable: 1 } },
    ],
  };
  const { keys, indexKeys, total, remaining, done } = sealingKeys(keyset);
  assert.deepEqual(keys.map((one) => [one.id, one.isPrimary, one.share]), [[2, true, 0.75], [1, false, 0.25], [4, false, 0]]);
  assert.deepEqual([indexKeys, total, remaining, done], [[3], 100, 25, 0.75]);
  assert.deepEqual(columnProgress(keyset), [
    { column: "sessions.address", values: 50, remaining: 25, unreadable: 1 },
    { column: "users.email", values: 50, remaining: 0, unreadable: 0 },
  ]);
  assert.equal(sealingKeys({ keys: [] }).done, 1);
});

test("a percentage promises nothing", () => {
  assert.deepEqual([percent(0, 0), percent(0, 9), percent(1, 100_000), percent(99_999, 100_000), percent(9, 9)], [
    100, 0, 1, 99, 100,
  ]);
});

test("an invitation's token comes from its address or alone", () => {
  const token = "A-_z".repeat(10) + "abc";
  const link = invitationLink("https://usher.example", token);
  assert.equal(new URL(link).hash, `#/invitation/${token}`);
  assert.equal(new URL(link).search, "");
  assert.equal(invitationToken(` ${link} `), token);
  assert.equal(invitationToken(token), token);
  for (const wrong of ["", "short", `${token}x`, `${link}/`]) assert.equal(invitationToken(wrong), null, wrong);
});

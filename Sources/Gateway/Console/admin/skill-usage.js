// Which skills there are: Usher has no list of them. They are what users have and services ask for.

/**
 * @typedef {{skill: string, users: {id: string, username: string}[], waiting: number, isMissing: boolean}} SkillUse
 * `isMissing`: services wait for it, and nobody who can sign in has it.
 */

const OPEN = new Set(["scheduled", "waiting"]);

/**
 * @param {{id: string, username: string, skills: string[], state: string}[]} users
 * @param {{requires?: string[], state: string}[]} services
 * @returns {SkillUse[]} by name
 */
export function skillUsage(users, services) {
  /** @type {Map<string, SkillUse>} */
  const uses = new Map();
  const use = (skill) => {
    if (!uses.has(skill)) uses.set(skill, { skill, users: [], waiting: 0, isMissing: false });
    return uses.get(skill);
  };
  for (const user of users) {
    for (const skill of user.skills) use(skill).users.push({ id: user.id, username: user.username });
  }
  for (const service of services) {
    if (!OPEN.has(service.state)) continue;
    for (const skill of service.requires ?? []) use(skill).waiting++;
  }
  const able = new Set(users.filter((user) => user.state === "active").flatMap((user) => user.skills));
  for (const one of uses.values()) one.isMissing = one.waiting > 0 && !able.has(one.skill);
  return [...uses.values()].sort((a, b) => (a.skill < b.skill ? -1 : 1));
}

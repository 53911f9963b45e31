// Every page of the console: its address, who sees it, and its place in the navigation.

import { route } from "./router.js";

route("/work", { title: "nav.work", level: "agent", nav: { icon: "call" }, load: () => import("../work/work-page.js") });
route("/supervise", { title: "nav.supervise", level: "supervisor", nav: { icon: "list" }, load: () => import("../supervise/supervise-page.js") });
route("/charts", { title: "nav.charts", level: "supervisor", nav: { icon: "chart" }, load: () => import("../charts/charts-page.js") });
route("/history", { title: "nav.history", level: "supervisor", nav: { icon: "history" }, load: () => import("../history/history-page.js") });
route("/admin/users", { title: "nav.users", level: "admin", ofAllQueues: true, nav: { icon: "users", group: "nav.admin" }, load: () => import("../admin/users-page.js") });
route("/admin/users/new", { title: "admin.users.new", level: "admin", ofAllQueues: true, load: () => import("../admin/new-user-page.js") });
route("/admin/users/:id", { title: "nav.user", level: "admin", ofAllQueues: true, load: () => import("../admin/user-page.js") });
route("/admin/queues", { title: "nav.queues", level: "admin", nav: { icon: "list", group: "nav.admin" }, load: () => import("../admin/queues-page.js") });
route("/admin/queues/:queue", { title: "admin.queues.queue", level: "admin", load: () => import("../admin/queue-page.js") });
route("/admin/skills", { title: "nav.skills", level: "admin", ofAllQueues: true, nav: { icon: "book", group: "nav.admin" }, load: () => import("../admin/skills-page.js") });
route("/admin/dead-letters", { title: "nav.dead_letters", level: "admin", ofAllQueues: true, nav: { icon: "alert", group: "nav.admin" }, load: () => import("../admin/dead-letters-page.js") });
route("/admin/dead-letters/:id", { title: "admin.letter.title", level: "admin", ofAllQueues: true, load: () => import("../admin/dead-letter-page.js") });
route("/admin/erasures", { title: "nav.erasures", level: "admin", ofAllQueues: true, nav: { icon: "trash", group: "nav.admin" }, load: () => import("../admin/erasures-page.js") });
route("/admin/keys", { title: "nav.keys", level: "admin", ofAllQueues: true, nav: { icon: "key", group: "nav.admin" }, load: () => import("../admin/keys-page.js") });
route("/admin/audit", { title: "nav.audit", level: "admin", ofAllQueues: true, nav: { icon: "lock", group: "nav.admin" }, load: () => import("../admin/audit-page.js") });
route("/account", { title: "nav.account", level: "viewer", load: () => import("../account/account-page.js") });
route("/invitation", { title: "account.invitation", level: null, load: () => import("../account/invitation-page.js") });
route("/invitation/:token", { title: "account.invitation", level: null, load: () => import("../account/invitation-page.js") });

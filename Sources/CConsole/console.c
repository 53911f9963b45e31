// Written by ops/console-files.

#include "CConsole.h"

// Swift's own way, an array literal of bytes, takes the compiler minutes for so much.
#pragma clang diagnostic ignored "-Wc23-extensions"

static const unsigned char file_0[] = {
#embed "../Gateway/Console/account/account-page.js"
};

static const unsigned char file_1[] = {
#embed "../Gateway/Console/account/invitation-link.js"
};

static const unsigned char file_2[] = {
#embed "../Gateway/Console/account/invitation-page.js"
};

static const unsigned char file_3[] = {
#embed "../Gateway/Console/account/new-password.js"
};

static const unsigned char file_4[] = {
#embed "../Gateway/Console/admin/act.js"
};

static const unsigned char file_5[] = {
#embed "../Gateway/Console/admin/admin-frame.js"
};

static const unsigned char file_6[] = {
#embed "../Gateway/Console/admin/admin.css"
};

static const unsigned char file_7[] = {
#embed "../Gateway/Console/admin/all-users.js"
};

static const unsigned char file_8[] = {
#embed "../Gateway/Console/admin/audit-page.js"
};

static const unsigned char file_9[] = {
#embed "../Gateway/Console/admin/audit-query.js"
};

static const unsigned char file_10[] = {
#embed "../Gateway/Console/admin/board-links.js"
};

static const unsigned char file_11[] = {
#embed "../Gateway/Console/admin/copy-field.js"
};

static const unsigned char file_12[] = {
#embed "../Gateway/Console/admin/data-table.js"
};

static const unsigned char file_13[] = {
#embed "../Gateway/Console/admin/dead-letter-page.js"
};

static const unsigned char file_14[] = {
#embed "../Gateway/Console/admin/dead-letters-page.js"
};

static const unsigned char file_15[] = {
#embed "../Gateway/Console/admin/erasures-page.js"
};

static const unsigned char file_16[] = {
#embed "../Gateway/Console/admin/filter-form.js"
};

static const unsigned char file_17[] = {
#embed "../Gateway/Console/admin/filtered-list.js"
};

static const unsigned char file_18[] = {
#embed "../Gateway/Console/admin/key-progress.js"
};

static const unsigned char file_19[] = {
#embed "../Gateway/Console/admin/keys-page.js"
};

static const unsigned char file_20[] = {
#embed "../Gateway/Console/admin/kind-badge.js"
};

static const unsigned char file_21[] = {
#embed "../Gateway/Console/admin/letter-texts.js"
};

static const unsigned char file_22[] = {
#embed "../Gateway/Console/admin/loading.js"
};

static const unsigned char file_23[] = {
#embed "../Gateway/Console/admin/new-user-page.js"
};

static const unsigned char file_24[] = {
#embed "../Gateway/Console/admin/queue-choice.js"
};

static const unsigned char file_25[] = {
#embed "../Gateway/Console/admin/queue-mode.js"
};

static const unsigned char file_26[] = {
#embed "../Gateway/Console/admin/queue-page.js"
};

static const unsigned char file_27[] = {
#embed "../Gateway/Console/admin/queues-page.js"
};

static const unsigned char file_28[] = {
#embed "../Gateway/Console/admin/session-list.js"
};

static const unsigned char file_29[] = {
#embed "../Gateway/Console/admin/shown-once.js"
};

static const unsigned char file_30[] = {
#embed "../Gateway/Console/admin/skill-usage.js"
};

static const unsigned char file_31[] = {
#embed "../Gateway/Console/admin/skills-page.js"
};

static const unsigned char file_32[] = {
#embed "../Gateway/Console/admin/user-access.js"
};

static const unsigned char file_33[] = {
#embed "../Gateway/Console/admin/user-changes.js"
};

static const unsigned char file_34[] = {
#embed "../Gateway/Console/admin/user-conflict.js"
};

static const unsigned char file_35[] = {
#embed "../Gateway/Console/admin/user-form.js"
};

static const unsigned char file_36[] = {
#embed "../Gateway/Console/admin/user-page.js"
};

static const unsigned char file_37[] = {
#embed "../Gateway/Console/admin/user-texts.js"
};

static const unsigned char file_38[] = {
#embed "../Gateway/Console/admin/users-page.js"
};

static const unsigned char file_39[] = {
#embed "../Gateway/Console/admin/visible-text.js"
};

static const unsigned char file_40[] = {
#embed "../Gateway/Console/app/api.js"
};

static const unsigned char file_41[] = {
#embed "../Gateway/Console/app/commands.js"
};

static const unsigned char file_42[] = {
#embed "../Gateway/Console/app/components.css"
};

static const unsigned char file_43[] = {
#embed "../Gateway/Console/app/console.css"
};

static const unsigned char file_44[] = {
#embed "../Gateway/Console/app/console.html"
};

static const unsigned char file_45[] = {
#embed "../Gateway/Console/app/dialog.js"
};

static const unsigned char file_46[] = {
#embed "../Gateway/Console/app/dom.js"
};

static const unsigned char file_47[] = {
#embed "../Gateway/Console/app/form.js"
};

static const unsigned char file_48[] = {
#embed "../Gateway/Console/app/frame.css"
};

static const unsigned char file_49[] = {
#embed "../Gateway/Console/app/frame.js"
};

static const unsigned char file_50[] = {
#embed "../Gateway/Console/app/icons.js"
};

static const unsigned char file_51[] = {
#embed "../Gateway/Console/app/live-status.js"
};

static const unsigned char file_52[] = {
#embed "../Gateway/Console/app/live.js"
};

static const unsigned char file_53[] = {
#embed "../Gateway/Console/app/main.js"
};

static const unsigned char file_54[] = {
#embed "../Gateway/Console/app/message-format.js"
};

static const unsigned char file_55[] = {
#embed "../Gateway/Console/app/request.js"
};

static const unsigned char file_56[] = {
#embed "../Gateway/Console/app/route-table.js"
};

static const unsigned char file_57[] = {
#embed "../Gateway/Console/app/router.js"
};

static const unsigned char file_58[] = {
#embed "../Gateway/Console/app/routes.js"
};

static const unsigned char file_59[] = {
#embed "../Gateway/Console/app/row-window.js"
};

static const unsigned char file_60[] = {
#embed "../Gateway/Console/app/server-clock.js"
};

static const unsigned char file_61[] = {
#embed "../Gateway/Console/app/session.js"
};

static const unsigned char file_62[] = {
#embed "../Gateway/Console/app/shared-subscription.js"
};

static const unsigned char file_63[] = {
#embed "../Gateway/Console/app/shortcuts.js"
};

static const unsigned char file_64[] = {
#embed "../Gateway/Console/app/sign-in.js"
};

static const unsigned char file_65[] = {
#embed "../Gateway/Console/app/styles.js"
};

static const unsigned char file_66[] = {
#embed "../Gateway/Console/app/switches.js"
};

static const unsigned char file_67[] = {
#embed "../Gateway/Console/app/texts.js"
};

static const unsigned char file_68[] = {
#embed "../Gateway/Console/app/theme.js"
};

static const unsigned char file_69[] = {
#embed "../Gateway/Console/app/ticker.js"
};

static const unsigned char file_70[] = {
#embed "../Gateway/Console/app/toast.js"
};

static const unsigned char file_71[] = {
#embed "../Gateway/Console/app/usher.svg"
};

static const unsigned char file_72[] = {
#embed "../Gateway/Console/app/view-status.js"
};

static const unsigned char file_73[] = {
#embed "../Gateway/Console/app/virtual-list.js"
};

static const unsigned char file_74[] = {
#embed "../Gateway/Console/board/board-calls.js"
};

static const unsigned char file_75[] = {
#embed "../Gateway/Console/board/board-connection.js"
};

static const unsigned char file_76[] = {
#embed "../Gateway/Console/board/board-model.js"
};

static const unsigned char file_77[] = {
#embed "../Gateway/Console/board/board-state.js"
};

static const unsigned char file_78[] = {
#embed "../Gateway/Console/board/board-view.js"
};

static const unsigned char file_79[] = {
#embed "../Gateway/Console/board/board-wait.js"
};

static const unsigned char file_80[] = {
#embed "../Gateway/Console/board/board.css"
};

static const unsigned char file_81[] = {
#embed "../Gateway/Console/board/board.html"
};

static const unsigned char file_82[] = {
#embed "../Gateway/Console/board/board.js"
};

static const unsigned char file_83[] = {
#embed "../Gateway/Console/charts/bar-chart.js"
};

static const unsigned char file_84[] = {
#embed "../Gateway/Console/charts/chart-frame.js"
};

static const unsigned char file_85[] = {
#embed "../Gateway/Console/charts/charts-page.js"
};

static const unsigned char file_86[] = {
#embed "../Gateway/Console/charts/charts.css"
};

static const unsigned char file_87[] = {
#embed "../Gateway/Console/charts/depth-series.js"
};

static const unsigned char file_88[] = {
#embed "../Gateway/Console/charts/line-chart.js"
};

static const unsigned char file_89[] = {
#embed "../Gateway/Console/charts/period.js"
};

static const unsigned char file_90[] = {
#embed "../Gateway/Console/charts/scale.js"
};

static const unsigned char file_91[] = {
#embed "../Gateway/Console/charts/statistics-series.js"
};

static const unsigned char file_92[] = {
#embed "../Gateway/Console/charts/statistics-source.js"
};

static const unsigned char file_93[] = {
#embed "../Gateway/Console/command-line.js"
};

static const unsigned char file_94[] = {
#embed "../Gateway/Console/emitter.js"
};

static const unsigned char file_95[] = {
#embed "../Gateway/Console/history/history-page.js"
};

static const unsigned char file_96[] = {
#embed "../Gateway/Console/history/history-query.js"
};

static const unsigned char file_97[] = {
#embed "../Gateway/Console/history/history-table.js"
};

static const unsigned char file_98[] = {
#embed "../Gateway/Console/history/history.css"
};

static const unsigned char file_99[] = {
#embed "../Gateway/Console/history/service-life.js"
};

static const unsigned char file_100[] = {
#embed "../Gateway/Console/ordered-services.js"
};

static const unsigned char file_101[] = {
#embed "../Gateway/Console/public/chime-switch.js"
};

static const unsigned char file_102[] = {
#embed "../Gateway/Console/public/chime.js"
};

static const unsigned char file_103[] = {
#embed "../Gateway/Console/public/public.css"
};

static const unsigned char file_104[] = {
#embed "../Gateway/Console/public/queue-title.js"
};

static const unsigned char file_105[] = {
#embed "../Gateway/Console/public/wait-range.js"
};

static const unsigned char file_106[] = {
#embed "../Gateway/Console/public/wake-lock.js"
};

static const unsigned char file_107[] = {
#embed "../Gateway/Console/queue-copy.js"
};

static const unsigned char file_108[] = {
#embed "../Gateway/Console/queue-digest.js"
};

static const unsigned char file_109[] = {
#embed "../Gateway/Console/queue-subscription.js"
};

static const unsigned char file_110[] = {
#embed "../Gateway/Console/supervise/action-menu.js"
};

static const unsigned char file_111[] = {
#embed "../Gateway/Console/supervise/assign-dialog.js"
};

static const unsigned char file_112[] = {
#embed "../Gateway/Console/supervise/chosen-queues.js"
};

static const unsigned char file_113[] = {
#embed "../Gateway/Console/supervise/column-actions.js"
};

static const unsigned char file_114[] = {
#embed "../Gateway/Console/supervise/column-model.js"
};

static const unsigned char file_115[] = {
#embed "../Gateway/Console/supervise/employees.js"
};

static const unsigned char file_116[] = {
#embed "../Gateway/Console/supervise/keyboard-grab.js"
};

static const unsigned char file_117[] = {
#embed "../Gateway/Console/supervise/move-plan.js"
};

static const unsigned char file_118[] = {
#embed "../Gateway/Console/supervise/pending-changes.js"
};

static const unsigned char file_119[] = {
#embed "../Gateway/Console/supervise/queue-column.js"
};

static const unsigned char file_120[] = {
#embed "../Gateway/Console/supervise/removals.js"
};

static const unsigned char file_121[] = {
#embed "../Gateway/Console/supervise/row-drag.js"
};

static const unsigned char file_122[] = {
#embed "../Gateway/Console/supervise/service-row.js"
};

static const unsigned char file_123[] = {
#embed "../Gateway/Console/supervise/supervise-page.js"
};

static const unsigned char file_124[] = {
#embed "../Gateway/Console/supervise/supervise.css"
};

static const unsigned char file_125[] = {
#embed "../Gateway/Console/texts/admin-de.js"
};

static const unsigned char file_126[] = {
#embed "../Gateway/Console/texts/admin-en.js"
};

static const unsigned char file_127[] = {
#embed "../Gateway/Console/texts/admin-pt.js"
};

static const unsigned char file_128[] = {
#embed "../Gateway/Console/texts/app-de.js"
};

static const unsigned char file_129[] = {
#embed "../Gateway/Console/texts/app-en.js"
};

static const unsigned char file_130[] = {
#embed "../Gateway/Console/texts/app-pt.js"
};

static const unsigned char file_131[] = {
#embed "../Gateway/Console/texts/catalogue.js"
};

static const unsigned char file_132[] = {
#embed "../Gateway/Console/texts/people-de.js"
};

static const unsigned char file_133[] = {
#embed "../Gateway/Console/texts/people-en.js"
};

static const unsigned char file_134[] = {
#embed "../Gateway/Console/texts/people-pt.js"
};

static const unsigned char file_135[] = {
#embed "../Gateway/Console/texts/public-de.js"
};

static const unsigned char file_136[] = {
#embed "../Gateway/Console/texts/public-en.js"
};

static const unsigned char file_137[] = {
#embed "../Gateway/Console/texts/public-pt.js"
};

static const unsigned char file_138[] = {
#embed "../Gateway/Console/texts/supervise-de.js"
};

static const unsigned char file_139[] = {
#embed "../Gateway/Console/texts/supervise-en.js"
};

static const unsigned char file_140[] = {
#embed "../Gateway/Console/texts/supervise-pt.js"
};

static const unsigned char file_141[] = {
#embed "../Gateway/Console/texts/work-de.js"
};

static const unsigned char file_142[] = {
#embed "../Gateway/Console/texts/work-en.js"
};

static const unsigned char file_143[] = {
#embed "../Gateway/Console/texts/work-pt.js"
};

static const unsigned char file_144[] = {
#embed "../Gateway/Console/ticket/ticket-state.js"
};

static const unsigned char file_145[] = {
#embed "../Gateway/Console/ticket/ticket-view.js"
};

static const unsigned char file_146[] = {
#embed "../Gateway/Console/ticket/ticket.css"
};

static const unsigned char file_147[] = {
#embed "../Gateway/Console/ticket/ticket.html"
};

static const unsigned char file_148[] = {
#embed "../Gateway/Console/ticket/ticket.js"
};

static const unsigned char file_149[] = {
#embed "../Gateway/Console/usher-client.js"
};

static const unsigned char file_150[] = {
#embed "../Gateway/Console/usher-error.js"
};

static const unsigned char file_151[] = {
#embed "../Gateway/Console/work/call-next.js"
};

static const unsigned char file_152[] = {
#embed "../Gateway/Console/work/card-actions.js"
};

static const unsigned char file_153[] = {
#embed "../Gateway/Console/work/customer-details.js"
};

static const unsigned char file_154[] = {
#embed "../Gateway/Console/work/desk.js"
};

static const unsigned char file_155[] = {
#embed "../Gateway/Console/work/expectations.js"
};

static const unsigned char file_156[] = {
#embed "../Gateway/Console/work/handover-toasts.js"
};

static const unsigned char file_157[] = {
#embed "../Gateway/Console/work/lease-keeper.js"
};

static const unsigned char file_158[] = {
#embed "../Gateway/Console/work/lease-plan.js"
};

static const unsigned char file_159[] = {
#embed "../Gateway/Console/work/lease-ring.js"
};

static const unsigned char file_160[] = {
#embed "../Gateway/Console/work/my-services.js"
};

static const unsigned char file_161[] = {
#embed "../Gateway/Console/work/own-claims.js"
};

static const unsigned char file_162[] = {
#embed "../Gateway/Console/work/priority.js"
};

static const unsigned char file_163[] = {
#embed "../Gateway/Console/work/queue-figures.js"
};

static const unsigned char file_164[] = {
#embed "../Gateway/Console/work/queue-list.js"
};

static const unsigned char file_165[] = {
#embed "../Gateway/Console/work/queue-tabs.js"
};

static const unsigned char file_166[] = {
#embed "../Gateway/Console/work/service-card.js"
};

static const unsigned char file_167[] = {
#embed "../Gateway/Console/work/service-dialog.js"
};

static const unsigned char file_168[] = {
#embed "../Gateway/Console/work/transfer-dialog.js"
};

static const unsigned char file_169[] = {
#embed "../Gateway/Console/work/work-page.js"
};

static const unsigned char file_170[] = {
#embed "../Gateway/Console/work/work.css"
};

static const struct console_file files[] = {
    {"account/account-page.js", file_0, sizeof file_0},
    {"account/invitation-link.js", file_1, sizeof file_1},
    {"account/invitation-page.js", file_2, sizeof file_2},
    {"account/new-password.js", file_3, sizeof file_3},
    {"admin/act.js", file_4, sizeof file_4},
    {"admin/admin-frame.js", file_5, sizeof file_5},
    {"admin/admin.css", file_6, sizeof file_6},
    {"admin/all-users.js", file_7, sizeof file_7},
    {"admin/audit-page.js", file_8, sizeof file_8},
    {"admin/audit-query.js", file_9, sizeof file_9},
    {"admin/board-links.js", file_10, sizeof file_10},
    {"admin/copy-field.js", file_11, sizeof file_11},
    {"admin/data-table.js", file_12, sizeof file_12},
    {"admin/dead-letter-page.js", file_13, sizeof file_13},
    {"admin/dead-letters-page.js", file_14, sizeof file_14},
    {"admin/erasures-page.js", file_15, sizeof file_15},
    {"admin/filter-form.js", file_16, sizeof file_16},
    {"admin/filtered-list.js", file_17, sizeof file_17},
    {"admin/key-progress.js", file_18, sizeof file_18},
    {"admin/keys-page.js", file_19, sizeof file_19},
    {"admin/kind-badge.js", file_20, sizeof file_20},
    {"admin/letter-texts.js", file_21, sizeof file_21},
    {"admin/loading.js", file_22, sizeof file_22},
    {"admin/new-user-page.js", file_23, sizeof file_23},
    {"admin/queue-choice.js", file_24, sizeof file_24},
    {"admin/queue-mode.js", file_25, sizeof file_25},
    {"admin/queue-page.js", file_26, sizeof file_26},
    {"admin/queues-page.js", file_27, sizeof file_27},
    {"admin/session-list.js", file_28, sizeof file_28},
    {"admin/shown-once.js", file_29, sizeof file_29},
    {"admin/skill-usage.js", file_30, sizeof file_30},
    {"admin/skills-page.js", file_31, sizeof file_31},
    {"admin/user-access.js", file_32, sizeof file_32},
    {"admin/user-changes.js", file_33, sizeof file_33},
    {"admin/user-conflict.js", file_34, sizeof file_34},
    {"admin/user-form.js", file_35, sizeof file_35},
    {"admin/user-page.js", file_36, sizeof file_36},
    {"admin/user-texts.js", file_37, sizeof file_37},
    {"admin/users-page.js", file_38, sizeof file_38},
    {"admin/visible-text.js", file_39, sizeof file_39},
    {"app/api.js", file_40, sizeof file_40},
    {"app/commands.js", file_41, sizeof file_41},
    {"app/components.css", file_42, sizeof file_42},
    {"app/console.css", file_43, sizeof file_43},
    {"app/console.html", file_44, sizeof file_44},
    {"app/dialog.js", file_45, sizeof file_45},
    {"app/dom.js", file_46, sizeof file_46},
    {"app/form.js", file_47, sizeof file_47},
    {"app/frame.css", file_48, sizeof file_48},
    {"app/frame.js", file_49, sizeof file_49},
    {"app/icons.js", file_50, sizeof file_50},
    {"app/live-status.js", file_51, sizeof file_51},
    {"app/live.js", file_52, sizeof file_52},
    {"app/main.js", file_53, sizeof file_53},
    {"app/message-format.js", file_54, sizeof file_54},
    {"app/request.js", file_55, sizeof file_55},
    {"app/route-table.js", file_56, sizeof file_56},
    {"app/router.js", file_57, sizeof file_57},
    {"app/routes.js", file_58, sizeof file_58},
    {"app/row-window.js", file_59, sizeof file_59},
    {"app/server-clock.js", file_60, sizeof file_60},
    {"app/session.js", file_61, sizeof file_61},
    {"app/shared-subscription.js", file_62, sizeof file_62},
    {"app/shortcuts.js", file_63, sizeof file_63},
    {"app/sign-in.js", file_64, sizeof file_64},
    {"app/styles.js", file_65, sizeof file_65},
    {"app/switches.js", file_66, sizeof file_66},
    {"app/texts.js", file_67, sizeof file_67},
    {"app/theme.js", file_68, sizeof file_68},
    {"app/ticker.js", file_69, sizeof file_69},
    {"app/toast.js", file_70, sizeof file_70},
    {"app/usher.svg", file_71, sizeof file_71},
    {"app/view-status.js", file_72, sizeof file_72},
    {"app/virtual-list.js", file_73, sizeof file_73},
    {"board/board-calls.js", file_74, sizeof file_74},
    {"board/board-connection.js", file_75, sizeof file_75},
    {"board/board-model.js", file_76, sizeof file_76},
    {"board/board-state.js", file_77, sizeof file_77},
    {"board/board-view.js", file_78, sizeof file_78},
    {"board/board-wait.js", file_79, sizeof file_79},
    {"board/board.css", file_80, sizeof file_80},
    {"board/board.html", file_81, sizeof file_81},
    {"board/board.js", file_82, sizeof file_82},
    {"charts/bar-chart.js", file_83, sizeof file_83},
    {"charts/chart-frame.js", file_84, sizeof file_84},
    {"charts/charts-page.js", file_85, sizeof file_85},
    {"charts/charts.css", file_86, sizeof file_86},
    {"charts/depth-series.js", file_87, sizeof file_87},
    {"charts/line-chart.js", file_88, sizeof file_88},
    {"charts/period.js", file_89, sizeof file_89},
    {"charts/scale.js", file_90, sizeof file_90},
    {"charts/statistics-series.js", file_91, sizeof file_91},
    {"charts/statistics-source.js", file_92, sizeof file_92},
    {"command-line.js", file_93, sizeof file_93},
    {"emitter.js", file_94, sizeof file_94},
    {"history/history-page.js", file_95, sizeof file_95},
    {"history/history-query.js", file_96, sizeof file_96},
    {"history/history-table.js", file_97, sizeof file_97},
    {"history/history.css", file_98, sizeof file_98},
    {"history/service-life.js", file_99, sizeof file_99},
    {"ordered-services.js", file_100, sizeof file_100},
    {"public/chime-switch.js", file_101, sizeof file_101},
    {"public/chime.js", file_102, sizeof file_102},
    {"public/public.css", file_103, sizeof file_103},
    {"public/queue-title.js", file_104, sizeof file_104},
    {"public/wait-range.js", file_105, sizeof file_105},
    {"public/wake-lock.js", file_106, sizeof file_106},
    {"queue-copy.js", file_107, sizeof file_107},
    {"queue-digest.js", file_108, sizeof file_108},
    {"queue-subscription.js", file_109, sizeof file_109},
    {"supervise/action-menu.js", file_110, sizeof file_110},
    {"supervise/assign-dialog.js", file_111, sizeof file_111},
    {"supervise/chosen-queues.js", file_112, sizeof file_112},
    {"supervise/column-actions.js", file_113, sizeof file_113},
    {"supervise/column-model.js", file_114, sizeof file_114},
    {"supervise/employees.js", file_115, sizeof file_115},
    {"supervise/keyboard-grab.js", file_116, sizeof file_116},
    {"supervise/move-plan.js", file_117, sizeof file_117},
    {"supervise/pending-changes.js", file_118, sizeof file_118},
    {"supervise/queue-column.js", file_119, sizeof file_119},
    {"supervise/removals.js", file_120, sizeof file_120},
    {"supervise/row-drag.js", file_121, sizeof file_121},
    {"supervise/service-row.js", file_122, sizeof file_122},
    {"supervise/supervise-page.js", file_123, sizeof file_123},
    {"supervise/supervise.css", file_124, sizeof file_124},
    {"texts/admin-de.js", file_125, sizeof file_125},
    {"texts/admin-en.js", file_126, sizeof file_126},
    {"texts/admin-pt.js", file_127, sizeof file_127},
    {"texts/app-de.js", file_128, sizeof file_128},
    {"texts/app-en.js", file_129, sizeof file_129},
    {"texts/app-pt.js", file_130, sizeof file_130},
    {"texts/catalogue.js", file_131, sizeof file_131},
    {"texts/people-de.js", file_132, sizeof file_132},
    {"texts/people-en.js", file_133, sizeof file_133},
    {"texts/people-pt.js", file_134, sizeof file_134},
    {"texts/public-de.js", file_135, sizeof file_135},
    {"texts/public-en.js", file_136, sizeof file_136},
    {"texts/public-pt.js", file_137, sizeof file_137},
    {"texts/supervise-de.js", file_138, sizeof file_138},
    {"texts/supervise-en.js", file_139, sizeof file_139},
    {"texts/supervise-pt.js", file_140, sizeof file_140},
    {"texts/work-de.js", file_141, sizeof file_141},
    {"texts/work-en.js", file_142, sizeof file_142},
    {"texts/work-pt.js", file_143, sizeof file_143},
    {"ticket/ticket-state.js", file_144, sizeof file_144},
    {"ticket/ticket-view.js", file_145, sizeof file_145},
    {"ticket/ticket.css", file_146, sizeof file_146},
    {"ticket/ticket.html", file_147, sizeof file_147},
    {"ticket/ticket.js", file_148, sizeof file_148},
    {"usher-client.js", file_149, sizeof file_149},
    {"usher-error.js", file_150, sizeof file_150},
    {"work/call-next.js", file_151, sizeof file_151},
    {"work/card-actions.js", file_152, sizeof file_152},
    {"work/customer-details.js", file_153, sizeof file_153},
    {"work/desk.js", file_154, sizeof file_154},
    {"work/expectations.js", file_155, sizeof file_155},
    {"work/handover-toasts.js", file_156, sizeof file_156},
    {"work/lease-keeper.js", file_157, sizeof file_157},
    {"work/lease-plan.js", file_158, sizeof file_158},
    {"work/lease-ring.js", file_159, sizeof file_159},
    {"work/my-services.js", file_160, sizeof file_160},
    {"work/own-claims.js", file_161, sizeof file_161},
    {"work/priority.js", file_162, sizeof file_162},
    {"work/queue-figures.js", file_163, sizeof file_163},
    {"work/queue-list.js", file_164, sizeof file_164},
    {"work/queue-tabs.js", file_165, sizeof file_165},
    {"work/service-card.js", file_166, sizeof file_166},
    {"work/service-dialog.js", file_167, sizeof file_167},
    {"work/transfer-dialog.js", file_168, sizeof file_168},
    {"work/work-page.js", file_169, sizeof file_169},
    {"work/work.css", file_170, sizeof file_170},
};

size_t console_file_count(void) { return sizeof files / sizeof *files; }

struct console_file console_file_at(size_t index) { return files[index]; }

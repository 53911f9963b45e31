extension Schema {
  /// The history by months: `service_history` by `submitted_at` and `service_events` by `at`, which never change for one
  /// service or event. Months are those of UTC. A default partition takes what has no month, so that nothing is refused.
  static let historyPartitions = SchemaMigration(
    number: 11, name: "history-partitions",
    statements: [
      "ALTER TABLE service_history RENAME TO service_history_whole",
      "ALTER TABLE service_history_whole RENAME CONSTRAINT service_history_pkey TO service_history_whole_pkey",
      """
      DROP INDEX service_history_submitted, service_history_queue, service_history_assignee_id,
        service_history_assignee_name, service_history_open
      """,
      "ALTER TABLE service_events RENAME TO service_events_whole",
      "ALTER TABLE service_events_whole RENAME CONSTRAINT service_events_pkey TO service_events_whole_pkey",
      "DROP INDEX service_events_service_id",
      // Waiting ends at the last claim, or at the end of one that nobody had claimed; handling is from its start to the end,
      // holds included. A clock of Redis that went back makes no negative times.
      """
      CREATE TABLE service_history (
        LIKE service_history_whole INCLUDING DEFAULTS,
        ended_by text,
        waited_ms bigint GENERATED ALWAYS AS (
          CASE WHEN claimed_at IS NOT NULL OR ended_at IS NOT NULL THEN greatest(0, (
            extract(epoch FROM coalesce(claimed_at, ended_at) - greatest(submitted_at, scheduled_for)) * 1000)::bigint)
          END) STORED,
        served_ms bigint GENERATED ALWAYS AS (
          CASE WHEN started_at IS NOT NULL AND ended_at IS NOT NULL
            THEN greatest(0, (extract(epoch FROM ended_at - started_at) * 1000)::bigint) END) STORED,
        PRIMARY KEY (id, submitted_at)
      ) PARTITION BY RANGE (submitted_at)
      """,
      "CREATE TABLE service_history_default PARTITION OF service_history DEFAULT",
      "CREATE INDEX service_history_submitted ON service_history (submitted_at DESC, id DESC)",
      "CREATE INDEX service_history_queue ON service_history (queue, submitted_at DESC, id DESC)",
      "CREATE INDEX service_history_kind ON service_history (kind, submitted_at DESC, id DESC)",
      "CREATE INDEX service_history_state ON service_history (state, submitted_at DESC, id DESC)",
      "CREATE INDEX service_history_submitter ON service_history (submitter, submitted_at DESC, id DESC)",
      "CREATE INDEX service_history_assignee_id ON service_history (assignee_id, submitted_at DESC)",
      "CREATE INDEX service_history_assignee_name ON service_history (assignee_name, submitted_at DESC)",
      "CREATE INDEX service_history_ended ON service_history (ended_at DESC, id DESC) WHERE ended_at IS NOT NULL",
      "CREATE INDEX service_history_open ON service_history (queue, id) WHERE ended_at IS NULL",
      // `service_version` orders the events of a service, whatever queues it was in.
      """
      CREATE TABLE service_events (
        LIKE service_events_whole INCLUDING DEFAULTS,
        service_version bigint,
        PRIMARY KEY (queue, epoch, version, at)
      ) PARTITION BY RANGE (at)
      """,
      "CREATE TABLE service_events_default PARTITION OF service_events DEFAULT",
      "CREATE INDEX service_events_service_id ON service_events (service_id, service_version)",
      "CREATE INDEX service_events_actor ON service_events (actor)",
      makeMonth, dropMonth,
      """
      SELECT make_history_month(month) FROM (
        SELECT date_trunc('month', submitted_at AT TIME ZONE 'UTC')::date FROM service_history_whole
        UNION SELECT date_trunc('month', at AT TIME ZONE 'UTC')::date FROM service_events_whole
      ) AS there (month) ORDER BY month
      """,
      """
      INSERT INTO service_history (
        id, queue, epoch, queue_version, ticket, kind, priority, state, version, attempts, submitter, assignee_id,
        assignee_name, order_ticks, submitted_at, claimed_at, started_at, ended_at, personal_key, personal, updated_at,
        scheduled_for, requires, held_at, hold_until, ended_by)
      SELECT h.id, h.queue, h.epoch, h.queue_version, h.ticket, h.kind, h.priority, h.state, h.version, h.attempts,
        h.submitter, h.assignee_id, h.assignee_name, h.order_ticks, h.submitted_at, h.claimed_at, h.started_at, h.ended_at,
        h.personal_key, h.personal, h.updated_at, h.scheduled_for, h.requires, h.held_at, h.hold_until, e.actor
      FROM service_history_whole h LEFT JOIN service_events_whole e
        ON h.ended_at IS NOT NULL AND (e.queue, e.epoch, e.version) = (h.queue, h.epoch, h.queue_version)
      """,
      """
      INSERT INTO service_events (queue, epoch, version, type, at, actor, service_id, state)
      SELECT queue, epoch, version, type, at, actor, service_id, state FROM service_events_whole
      """,
      "DROP TABLE service_history_whole",
      "DROP TABLE service_events_whole",
    ])

  /// Makes the partitions of a month, unless they are there, and brings into them what the default partition has of it.
  /// Columns that later steps add are known by the catalogue alone.
  private static let makeMonth = """
    CREATE FUNCTION make_history_month(month date) RETURNS boolean LANGUAGE plpgsql AS $$
    DECLARE
      low timestamptz := month::timestamp AT TIME ZONE 'UTC';
      high timestamptz := (month + interval '1 month') AT TIME ZONE 'UTC';
      made boolean := false;
      parent text; moment text; part text; fields text;
    BEGIN
      -- "usherH" as a number: nodes take turns.
      PERFORM pg_advisory_xact_lock(129138533167688);
      FOR parent, moment IN VALUES ('service_events', 'at'), ('service_history', 'submitted_at') LOOP
        part := parent || to_char(month, '_YYYY_MM');
        CONTINUE WHEN to_regclass(part) IS NOT NULL;
        made := true;
        SELECT string_agg(quote_ident(attname), ', ' ORDER BY attnum) INTO fields FROM pg_attribute
          WHERE attrelid = parent::regclass AND attnum > 0 AND NOT attisdropped AND attgenerated = '';
        EXECUTE format('LOCK TABLE %I IN ACCESS EXCLUSIVE MODE', parent || '_default');
        EXECUTE format('CREATE TABLE %I (LIKE %I INCLUDING ALL)', part, parent);
        EXECUTE format(
          'WITH strays AS (DELETE FROM %1$I WHERE %2$I >= %3$L AND %2$I < %4$L RETURNING %5$s)
           INSERT INTO %6$I (%5$s) SELECT %5$s FROM strays',
          parent || '_default', moment, low, high, fields, part);
        EXECUTE format('ALTER TABLE %I ATTACH PARTITION %I FOR VALUES FROM (%L) TO (%L)', parent, part, low, high);
      END LOOP;
      RETURN made;
    END $$
    """

  /// Drops a month with all that has ended. Services that are open still go to the default partition with their events, and so
  /// does the last event of a lifetime of a queue in which nothing has happened since.
  private static let dropMonth = """
    CREATE FUNCTION drop_history_month(month date) RETURNS void LANGUAGE plpgsql AS $$
    DECLARE
      services text := 'service_history' || to_char(month, '_YYYY_MM');
      events text := 'service_events' || to_char(month, '_YYYY_MM');
      fields text;
    BEGIN
      PERFORM pg_advisory_xact_lock(129138533167688);
      IF to_regclass(services) IS NULL AND to_regclass(events) IS NULL THEN
        RAISE EXCEPTION USING ERRCODE = 'undefined_object', MESSAGE = 'there is no such month any more';
      END IF;
      IF to_regclass(events) IS NOT NULL THEN
        -- Before the lock that everybody else waits for.
        EXECUTE format(
          'CREATE TEMP TABLE kept_events ON COMMIT DROP AS
           WITH newest AS (SELECT queue, epoch, max(version) AS version FROM %1$I GROUP BY queue, epoch)
           SELECT e.* FROM %1$I e LEFT JOIN newest n USING (queue, epoch, version)
           WHERE e.service_id IN (SELECT id FROM service_history WHERE ended_at IS NULL)
             OR n.queue IS NOT NULL AND NOT EXISTS (SELECT FROM service_events s
               WHERE s.queue = e.queue AND s.epoch = e.epoch AND s.version > e.version)', events);
        EXECUTE format('ALTER TABLE service_events DETACH PARTITION %I', events);
        SELECT string_agg(quote_ident(attname), ', ' ORDER BY attnum) INTO fields FROM pg_attribute
          WHERE attrelid = 'service_events'::regclass AND attnum > 0 AND NOT attisdropped AND attgenerated = '';
        EXECUTE format('INSERT INTO service_events (%1$s) SELECT %1$s FROM kept_events', fields);
        EXECUTE format('DROP TABLE %I', events);
        DROP TABLE kept_events;
      END IF;
      IF to_regclass(services) IS NOT NULL THEN
        EXECUTE format('ALTER TABLE service_history DETACH PARTITION %I', services);
        SELECT string_agg(quote_ident(attname), ', ' ORDER BY attnum) INTO fields FROM pg_attribute
          WHERE attrelid = 'service_history'::regclass AND attnum > 0 AND NOT attisdropped AND attgenerated = '';
        EXECUTE format(
          'INSERT INTO service_history (%1$s) SELECT %1$s FROM %2$I WHERE ended_at IS NULL', fields, services);
        EXECUTE format('DROP TABLE %I', services);
      END IF;
    END $$
    """
}

"""What Schemathesis is told besides the document; loaded by it, through SCHEMATHESIS_HOOKS.

The document says which values a member may have, but not which go together, nor what there is. Here valid data are made possible
data; invalid data are left as they are.
"""

import datetime
import json
import os

import schemathesis
from schemathesis import GenerationMode

# Users that must stay as they are: those who test.
TESTERS = set(json.loads(os.environ["USHER_FUZZ_TESTERS"]))
# A live service, in place of the document's example.
SERVICE = os.environ["USHER_FUZZ_SERVICE"]
EXAMPLE = "0192f7a0-0000-7000-8000-000000000001"
SOMEBODY = "0192f7a0-0000-4000-8000-000000000001"


@schemathesis.hook
def before_call(context, case, **kwargs):
    path = case.path_parameters or {}
    if "/users/{id}" in case.operation.label and case.method != "GET" and path.get("id") in TESTERS:
        path["id"] = SOMEBODY
    if path.get("id") == EXAMPLE:
        path["id"] = SERVICE
    if case.meta is None or case.meta.generation.mode is not GenerationMode.POSITIVE or not isinstance(case.body, dict):
        return
    if case.operation.label == "POST /v1/queues/{queue}/services":
        if case.body.get("scheduled_for") is not None:
            # The document cannot say "within 366 days".
            soon = datetime.datetime.now(datetime.timezone.utc) + datetime.timedelta(hours=1)
            case.body["scheduled_for"] = soon.isoformat()
        if case.body.get("queue") is not None:
            case.body["queue"] = path["queue"]
    if case.operation.label == "POST /v1/queues/{queue}/board-links":
        # Repeated under its key it gives the first answer again, also when that link has been revoked since.
        without_key(case)
    if case.operation.label == "POST /v1/services/bulk" and case.body.get("idempotency_key") is not None:
        # One key, here or there.
        without_key(case)


def without_key(case):
    for name in [name for name in case.headers or {} if name.lower() == "idempotency-key"]:
        del case.headers[name]

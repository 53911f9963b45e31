"""Files of rules: good ones, and broken ones with what is wrong with them."""


def rule(when=None, then=None, **members) -> dict:
    """A file with one rule."""
    own = {"name": "a", **({} if when is None else {"when": when}), "then": {"drop": True} if then is None else then, **members}
    return {"rules": [own]}


def nested(depth: int) -> dict:
    return {"kind": "a"} if depth == 1 else {"not": nested(depth - 1)}


GOOD = [
    {"rules": []},
    {"$schema": "rules.schema.json", "rules": []},
    rule(),
    *[rule(when=when) for when in [
        {"kind": "a", "queue": "b", "routing_key": "service.b.a", "source": "/s", "type": "t", "priority": 3},
        {"kind": {"equals": "a", "in": ["a", "b"], "prefix": "a", "matches": "[a-z]*"}},
        {"source": {"exists": True}, "type": {"exists": False}, "scheduled_for": {"exists": True}},
        {"priority": "high"}, {"priority": 3.0}, {"priority": {"above": "low", "below": 9, "in": [3, "high"]}},
        {"headers.x-retry": {"above": 1.5}, "headers.a.b": None, "customer.vip": True, "customer.a.b": {"exists": False}},
        {"details.a.b.c": {"in": ["x", 1, True, None]}, "details.n": {"above": 1, "below": 2e3}},
        {"all": [{"kind": "a"}, {"any": [{"kind": "b"}, {"not": {"queue": "q"}}]}]},
        {"not": nested(7)},
    ]],
    *[rule(then=then) for then in [
        {"drop": True}, {"reject": ""}, {"reject": "closed"}, {"stop": True},
        {"route": "front-desk", "prioritise": "urgent", "require": ["german", "id.check"], "tag": ["Büro"], "stop": True},
        {"schedule": {"seconds": 0}}, {"schedule": {"seconds": 31622400}}, {"schedule": {"field": "details.a.b"}},
        {"schedule": {"field": "customer.due", "seconds": -900}}, {"prioritise": 0},
        {"defaults": {"priority": 3, "customer.a b": "x", "customer.a.b": 1, "details.a.b": False}},
    ]],
]  # fmt: skip

# What a schema can tell.
BROKEN = [
    [], 7, {}, {"rules": {}}, {"rules": [7]}, {"rules": [], "more": 1}, {"$schema": 1, "rules": []},
    {"rules": [{"then": {"drop": True}}]}, {"rules": [{"name": "a"}]}, rule(name=""), rule(name="x" * 65),
    rule(name="é"), rule(iff={}), {"rules": [{"name": str(n), "then": {"drop": True}} for n in range(1001)]},
    *[rule(when=when) for when in [
        {}, [], {"quue": "a"}, {"details": 1}, {"details.": 1}, {"details.a..b": 1}, {"customer.": 1}, {"headers.": 1},
        {"details.1.2.3.4.5.6.7.8.9": 1}, {"kind": 7}, {"kind": {}}, {"kind": {"is": "a"}}, {"kind": {"exists": True}},
        {"queue": {"above": 1}}, {"routing_key": None}, {"kind": {"in": []}}, {"kind": {"in": "a"}},
        {"kind": {"in": [1]}}, {"kind": {"prefix": ""}}, {"kind": {"matches": ""}}, {"kind": {"matches": 1}},
        {"priority": 10}, {"priority": "top"}, {"priority": 1.5}, {"priority": {"above": 10}},
        {"priority": {"prefix": "1"}}, {"priority": {"in": []}}, {"scheduled_for": "x"}, {"scheduled_for": {}},
        {"details.a": [1]}, {"details.a": {"equals": {}}}, {"details.a": {"above": "1"}}, {"details.a": {"exists": 1}},
        {"details.a": {"in": [[1]]}}, {"all": []}, {"any": {}}, {"any": [{}]}, {"not": {}}, {"not": [{"kind": "a"}]},
        {"not": {"quue": 1}}, {"source": 7}, {"type": {"below": 1}},
    ]],
    *[rule(then=then) for then in [
        [], {"dorp": True}, {"drop": False}, {"drop": True, "route": "q"}, {"reject": "x", "stop": True},
        {"reject": 7}, {"reject": "x" * 201}, {"route": "Q"}, {"route": 1}, {"route": ""}, {"prioritise": 10},
        {"prioritise": None}, {"require": "german"}, {"require": []}, {"require": ["German"]}, {"require": ["a", 1]},
        {"tag": []}, {"tag": ["a", "a"]}, {"tag": [""]}, {"tag": ["x" * 65]}, {"tag": "a"},
        {"tag": [str(n) for n in range(17)]}, {"stop": False}, {"schedule": {}}, {"schedule": 60},
        {"schedule": {"seconds": -1}}, {"schedule": {"seconds": 1.5}}, {"schedule": {"seconds": 31622401}},
        {"schedule": {"field": "kind"}}, {"schedule": {"field": "details"}}, {"schedule": {"after": 1}},
        {"schedule": {"field": "details.a", "seconds": "1"}}, {"defaults": {}}, {"defaults": {"queue": "q"}},
        {"defaults": {"details.a": None}}, {"defaults": {"details.a": []}}, {"defaults": {"priority": "top"}},
        {"defaults": {"customer.a": "x" * 256}}, {"defaults": {"customer." + "x" * 65: 1}},
    ]],
]  # fmt: skip

# What only Usher can tell.
BROKEN_BEYOND_THE_SCHEMA = [
    {"rules": [rule()["rules"][0], rule()["rules"][0]]},
    rule(when={"kind": {"matches": "[a"}}),
    rule(when={"kind": {"matches": "[z-a]"}}),
    rule(when={"kind": {"matches": "x" * 128}}),
    rule(when=nested(9)),
    rule(when={"any": [{"kind": str(n)} for n in range(65)]}),
    rule(then={"require": [str(n) for n in range(9)]}),
    rule(then={"tag": ["é" * 33]}),
]

"""Where two views of the same bytes differ first, as (kind, ours, theirs, index of the message);
None where they do not."""


def comparable(message):
    """What two parsers should agree on: of a name its letters, of a value what it says."""
    fields = [[name.lower(), value.strip(" \t")] for name, value in message["fields"]]
    return {**message, "fields": fields}


def first_difference(ours, theirs):
    for index in range(max(len(ours["messages"]), len(theirs["messages"]))):
        if index >= len(ours["messages"]):
            return "accepted by them", ours["verdict"], "accepted", index
        if index >= len(theirs["messages"]):
            return "accepted by us", "accepted", theirs["verdict"], index
        mine, other = comparable(ours["messages"][index]), comparable(theirs["messages"][index])
        for part in ("method", "target", "version", "fields"):
            if mine[part] != other[part]:
                return part, mine[part], other[part], index
        if mine["end"] != other["end"]:
            # One of them ended there; what became of the other is its verdict.
            verdicts = [side["verdict"] if message["end"] < 0 else f"ends at {message['end']}"
                        for side, message in ((ours, mine), (theirs, other))]
            return "end", *verdicts, index
        for part in ("body", "chunks", "keep_alive"):
            if mine["end"] >= 0 and mine[part] != other[part]:
                return part, mine[part], other[part], index
    if ours["verdict"] != theirs["verdict"]:
        under_way = bool(ours["messages"]) and ours["messages"][-1]["end"] < 0
        return "verdict", ours["verdict"], theirs["verdict"], len(ours["messages"]) - under_way
    return None

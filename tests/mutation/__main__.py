"""scripts/mutate: plants each bug of the table and reports which test notices it."""

import argparse
import json
import os
import resource
import signal
import sys
import time

import suite
import table
import tree

RESULTS = tree.WORK / "results.json"
BASELINE = tree.WORK / "baseline.json"


def read_json(path, otherwise):
    return json.loads(path.read_text()) if path.is_file() else otherwise


def baseline(jobs):
    """The longest silence of each stage without a bug. Ends the program where a stage fails: what
    fails anyhow notices nothing."""
    digest = tree.digest()
    known = read_json(BASELINE, {})
    if known.get("digest") == digest:
        return known["silences"]
    print("Without a bug:", flush=True)
    silences = {}
    for stage in suite.stages_of("base"):
        begin = time.monotonic()
        if not tree.build(stage.target, jobs):
            sys.exit(f"error: {stage.target} cannot be built; see {tree.WORK / 'build.log'}")
        built = time.monotonic()
        outcome = suite.run(stage, suite.SILENCE_SECONDS_MAX)
        if outcome.noticed_by:
            sys.exit(f"{outcome.tail}\nerror: fails without a bug: {outcome.noticed_by}")
        silences[stage.name] = outcome.silence
        print(f"  {stage.name:14} built in {built - begin:.0f} s, ran "
              f"{time.monotonic() - built:.0f} s, longest silence {outcome.silence:.1f} s",
              flush=True)
    BASELINE.write_text(json.dumps({"digest": digest, "silences": silences}, indent=1))
    return silences


def judge(bug, jobs, silences):
    """Which test notices the bug, and how long that took."""
    begin = time.monotonic()
    place = table.place_of(bug)
    result = {"name": bug.name, "file": place.file, "says": bug.says, "status": "missed", "by": ""}
    with tree.Planted(bug):
        for stage in suite.stages_of(place.layer):
            if not tree.build(stage.target, jobs):
                result.update(status="broken", by=f"{stage.target} cannot be built")
                break
            limit = max(suite.SILENCE_SECONDS_MIN, suite.SILENCE_FACTOR * silences[stage.name])
            outcome = suite.run(stage, limit)
            if outcome.noticed_by and stage.real_time:
                # On a busy machine a case may fail for another reason, but hardly twice.
                outcome = suite.run(stage, limit)
            if outcome.noticed_by:
                result.update(status="caught", by=outcome.noticed_by)
                break
    result["seconds"] = round(time.monotonic() - begin, 1)
    return result


def show(result, number, count):
    sign = {"caught": "caught", "missed": "MISSED", "broken": "BROKEN"}[result["status"]]
    print(f"{number:3}/{count} {sign}  {result['seconds']:6.1f} s  {result['name']}  "
          f"{result['by']}", flush=True)


def save(results, order):
    ordered = [results[name] for name in order if name in results]
    counts = {status: sum(r["status"] == status for r in ordered)
              for status in ("caught", "missed", "broken")}
    RESULTS.write_text(json.dumps(
        {"product": tree.digest(tree.is_product),
         "planted": len(ordered), "in_table": len(order), **counts, "bugs": ordered}, indent=1))
    return ordered, counts


def report(ordered, counts):
    judged = counts["caught"] + counts["missed"]
    for result in ordered:
        if result["status"] != "caught":
            print(f"{result['status'].upper()} {result['name']} ({result['file']}): "
                  f"{result['says']}")
    share = 100 * counts["caught"] / judged if judged else 0
    broken = f", {counts['broken']} broken" if counts["broken"] else ""
    print(f"{counts['caught']} of {judged} planted bugs caught, {share:.1f} %{broken}; "
          f"{sum(r['seconds'] for r in ordered) / 60:.1f} minutes; {RESULTS}")


def read_options():
    parser = argparse.ArgumentParser(
        prog="scripts/mutate",
        description="Plants bugs, one at a time, in a copy of the source and reports which test "
        "notices each. Results: build/mutation/results.json.",
        epilog="Exit codes: 0 at least the wanted share was caught, 1 less was, 2 bad usage, or an "
        "entry of the table that does not fit.")
    parser.add_argument("--list", action="store_true", help="only list the bugs")
    parser.add_argument("--only", action="append", metavar="NAME", help="these bugs; repeatable")
    parser.add_argument("--resume", action="store_true",
                        help="keep what an earlier run caught in the same product source")
    parser.add_argument("--jobs", type=int, default=os.cpu_count(), help="of the build")
    parser.add_argument("--wanted", type=float, default=90, metavar="PERCENT",
                        help="share to be caught (90)")
    return parser.parse_args()


def main():
    options = read_options()
    bugs = table.load()
    problems = table.misfits(bugs)
    names = [bug.name for bug in bugs]
    problems += [f"{name}: not in the table" for name in options.only or [] if name not in names]
    if problems:
        print("\n".join(problems), file=sys.stderr)
        return 2
    if options.list:
        print("\n".join(f"{bug.name:38} {bug.function}\n    {bug.says}" for bug in bugs))
        return 0

    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))  # by way of what ends the tests
    lock = tree.lock()  # held until the program ends
    if lock is None:
        print(f"error: another run uses {tree.WORK}", file=sys.stderr)
        return 2
    tree.copy_tree()
    tree.configure()
    silences = baseline(options.jobs)
    product = tree.digest(tree.is_product)
    known = read_json(RESULTS, {})
    results = {}
    if (options.resume or options.only) and known.get("product") == product:
        results = {r["name"]: r for r in known["bugs"] if r["name"] in names}
    for number, bug in enumerate(bugs, 1):
        before = results.get(bug.name, {})
        wanted = bug.name in options.only if options.only else before.get("status") != "caught"
        if not wanted:
            continue
        results[bug.name] = judge(bug, options.jobs, silences)
        show(results[bug.name], number, len(bugs))
        save(results, names)
    ordered, counts = save(results, names)
    report(ordered, counts)
    if counts["broken"]:
        return 2
    judged = counts["caught"] + counts["missed"]
    return 0 if judged and 100 * counts["caught"] >= options.wanted * judged else 1


if __name__ == "__main__":
    sys.exit(main())

"""The alerts of packaging/prometheus/echod.rules.yml: for each, series that make it fire and series
that do not, for promtool test rules. Samples are a minute apart: "0x9 1" is ten zeros and a one."""

JOB = '{job="echod",instance="a"%s}'

# alert -> (minute of the question, labels it adds to severity, firing, quiet); both are series.
CASES = {
    "EchodDown": (5, "critical", {},
                  {"up": "0x9"},
                  {"up": "1x3 0 1x5"}),
    "EchodRestarting": (16, "warning", {},
                        {"process_start_time_seconds": "5x4 6x4 7x9"},
                        {"process_start_time_seconds": "5x8 6x9"}),
    "EchodNotReady": (8, "warning", {},
                      {"echod_ready": "1 0x9"},
                      {"echod_ready": "1x5 0x9"}),
    "EchodErrorRatio": (20, "warning", {},
                        {'echod_requests_total|code="200"': "0+90x20",
                         'echod_requests_total|code="503"': "0+10x20"},
                        {'echod_requests_total|code="200"': "0+99x20",
                         'echod_requests_total|code="503"': "0+1x20"}),
    "EchodRefusals": (20, "info", {"protocol": "http/1", "reason": "malformed"},
                      {'echod_refusals_total|protocol="http/1",reason="malformed"': "0+120x20"},
                      {'echod_refusals_total|protocol="http/1",reason="malformed"': "0+30x20"}),
    "EchodSourceRefused": (12, "warning", {"reason": "source_limit"},
                           {'echod_connections_refused_total|reason="source_limit"': "0+1x15"},
                           {'echod_connections_refused_total|reason="source_limit"': "0 1x15"}),
    "EchodConnectionsNearLimit": (8, "warning", {},
                                  {'echod_connections_active|listener="x"': "50x9",
                                   'echod_connections_active|listener="y"': "45x9",
                                   "echod_connections_limit": "100x9"},
                                  {'echod_connections_active|listener="x"': "50x9",
                                   'echod_connections_active|listener="y"': "35x9",
                                   "echod_connections_limit": "100x9"}),
    "EchodDescriptorsNearLimit": (8, "warning", {},
                                  {"process_open_fds": "95x9", "process_max_fds": "100x9"},
                                  {"process_open_fds": "85x9", "process_max_fds": "100x9"}),
    "EchodAcceptPaused": (8, "critical", {},
                          {"echod_accept_pauses_total": "0+40x9"},
                          {"echod_accept_pauses_total": "40x9"}),
    "EchodListenQueueOverflow": (8, "warning", {"listener": "x"},
                                 {'echod_listen_drops_total|listener="x"': "0+4x9"},
                                 {'echod_listen_drops_total|listener="x"': "4x9"}),
    "EchodMemoryBudgetNearLimit": (8, "warning", {},
                                   {"echod_memory_budget_used_bytes": "95x9",
                                    "echod_memory_budget_limit_bytes": "100x9"},
                                   {"echod_memory_budget_used_bytes": "85x9",
                                    "echod_memory_budget_limit_bytes": "100x9"}),
    "EchodMemoryRefusals": (12, "warning", {},
                            {"echod_memory_budget_refusals_total": "0+1x15"},
                            {"echod_memory_budget_refusals_total": "7x15"}),
    "EchodLoopLag": (15, "warning", {},
                     {'echod_loop_lag_seconds_bucket|le="0.05"': "0+90x15",
                      'echod_loop_lag_seconds_bucket|le="0.1"': "0+100x15",
                      'echod_loop_lag_seconds_bucket|le="+Inf"': "0+100x15"},
                     {'echod_loop_lag_seconds_bucket|le="0.05"': "0+1000x15",
                      'echod_loop_lag_seconds_bucket|le="0.1"': "0+1001x15",
                      'echod_loop_lag_seconds_bucket|le="+Inf"': "0+1001x15"}),
    "EchodLogLinesDropped": (5, "warning", {"log": "access_log"},
                             {'echod_log_lines_dropped_total|log="access_log"': "0 0 5x9"},
                             {'echod_log_lines_dropped_total|log="access_log"': "5x9"}),
}


def series(values):
    """"NAME|LABELS" -> what promtool takes."""
    rows = []
    for name, samples in values.items():
        name, _, labels = name.partition("|")
        rows.append({"series": name + JOB % ("," + labels if labels else ""), "values": samples})
    return rows


def unit_tests(rules_file):
    """The tests as a document. Whether the annotations can be written is checked by the alert tests
    of promtool only with their whole text, so the labels are all that is compared."""
    tests = []
    for alert, (minute, severity, labels, firing, quiet) in CASES.items():
        expected = {"severity": severity, "job": "echod", "instance": "a", **labels}
        expression = f'ALERTS{{alertname="{alert}",alertstate="firing"}}'
        sample = "ALERTS{" + ",".join(
            f'{name}="{value}"' for name, value in
            sorted({**expected, "alertname": alert, "alertstate": "firing"}.items())) + "}"
        for values, samples in ((firing, [{"labels": sample, "value": 1}]), (quiet, [])):
            tests.append({
                "name": f"{alert} {'fires' if samples else 'is quiet'}",
                "interval": "1m",
                "input_series": series(values),
                "promql_expr_test": [{"expr": expression, "eval_time": f"{minute}m",
                                      "exp_samples": samples}],
            })
    return {"rule_files": [str(rules_file)], "evaluation_interval": "1m", "tests": tests}

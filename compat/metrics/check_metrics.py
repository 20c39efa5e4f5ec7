#!/usr/bin/env python3
"""check_metrics.py PROMTOOL HOME: a broker is used for a while, then looked at through its HTTP port.

Every metric that docs/grafana-dashboard.json asks for must be there, with the labels that it asks for; promtool must find nothing
to say.  The closing line is `N passed, N failed`.
"""
import json
import os
import re
import shutil
import subprocess
import sys
import time

import brokers

ODRADEK = os.path.join(brokers.ROOT, 'build', 'release', 'odradek')
DASHBOARD = os.path.join(brokers.ROOT, 'docs', 'grafana-dashboard.json')
PROMQL_WORDS = {'sum', 'max', 'rate', 'by', 'le', 'histogram_quantile', 'label_values'}


class Failure(Exception):
    pass


def expect(condition, what):
    if not condition:
        raise Failure(what)


def run(*command, text=None):
    done = subprocess.run(command, input=text, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, timeout=30)
    return done.returncode, done.stdout


class Port:
    def __init__(self, port):
        self.base = 'http://127.0.0.1:%d' % port

    def get(self, path, *options):
        """(status, body), by curl."""
        code, printed = run('curl', '-sS', '--max-time', '10', '-w', '\n%{http_code}', *options, self.base + path)
        expect(code == 0, 'curl %s: %s' % (path, printed))
        body, status = printed.rsplit('\n', 1)
        return int(status), body


def use(bootstrap):
    """Records, a group that is behind, and a request that is refused."""
    for command, text in (
            (['topic', 'create', 'tweets', '-p', '2'], None),
            (['produce', 'tweets'], 'one\ntwo\nthree\n'),
            (['consume', 'tweets', '-g', 'readers', '--from-beginning', '-n', '2'], None),
            (['produce', 'tweets'], 'four\nfive\n')):
        code, printed = run(ODRADEK, *command, '-b', bootstrap, text=text)
        expect(code == 0, '%s: %s' % (' '.join(command), printed))
    code, _ = run(ODRADEK, 'topic', 'create', 'no/name', '-b', bootstrap)
    expect(code != 0, 'a topic named no/name was created')


def parse(page):
    """name -> [{label: value}] of an exposition."""
    series = {}
    for line in page.split('\n'):
        match = re.fullmatch(r'(\w+)(?:\{(.*)\})? (\S+)', line)
        if match:
            series.setdefault(match.group(1), []).append(dict(re.findall(r'(\w+)="((?:[^"\\]|\\.)*)"', match.group(2) or '')))
    return series


def asked_for():
    """(metric, labels) of each selector of the dashboard."""
    with open(DASHBOARD) as file:
        dashboard = json.load(file)
    expressions = [target['expr'] for panel in dashboard['panels'] for target in panel['targets']]
    expressions += [variable['query'] for variable in dashboard['templating']['list'] if variable['type'] == 'query']
    for expression in expressions:
        grouped = {label.strip() for words in re.findall(r'by \(([^)]*)\)', expression) for label in words.split(',')} - {'le'}
        without = re.sub(r'by \([^)]*\)', '', re.sub(r'\[[^\]]*\]', '', expression))
        for metric, selector in re.findall(r'\b([a-z]\w*_\w+)\b(?:\{([^}]*)\})?', without):
            if metric not in PROMQL_WORDS:
                yield metric, (grouped | set(re.findall(r'(\w+)\s*[=!]', selector))) - {'instance'}


def check_health(port):
    expect(port.get('/healthz') == (200, 'ok\n'), 'healthz: %s' % (port.get('/healthz'),))
    expect(port.get('/readyz') == (200, 'ok\n'), 'readyz: %s' % (port.get('/readyz'),))
    expect(port.get('/nothing')[0] == 404, 'a path that is not there')
    expect(port.get('/metrics', '-I')[0] == 200, 'HEAD')
    expect(port.get('/metrics', '-d', 'body')[0] == 405, 'POST')
    expect(port.get('/metrics', '-H', 'X: ' + 'x' * 9000)[0] == 431, 'a head without end')


def check_counts(page):
    for sample in ('kafka_server_brokertopicmetrics_messagesin_total{topic="tweets"} 5',
                   'kafka_consumergroup_lag', 'error="INVALID_TOPIC_EXCEPTION"} 1',
                   'kafka_network_requestmetrics_totaltimems_bucket{request="Produce",le="+Inf"} '):
        expect(sample in page, 'no %s in\n%s' % (sample, page))
    lag = sum(int(value) for value in re.findall(r'^kafka_consumergroup_lag\{consumergroup="readers".*\} (\d+)$', page, re.M))
    expect(lag == 3, 'the group is %d behind, not 3' % lag)


def check_dashboard(page):
    series = parse(page)
    wanted = list(asked_for())
    expect(len(wanted) > 20, 'the dashboard asks for only %d' % len(wanted))
    for metric, labels in wanted:
        expect(any(labels <= set(found) for found in series.get(metric, [])), 'the dashboard wants %s with %s' % (metric, sorted(labels)))


def main():
    promtool, home = sys.argv[1:]
    kafka_port, http_port = brokers.free_ports(2)
    brokers.end_all_on_signals()
    log = os.path.join(home, 'broker.log')
    shutil.rmtree(log, ignore_errors=True)
    broker = brokers.start_program([ODRADEK, 'dev', '--memory', '--port', str(kafka_port), '--set',
                                    'odradek.http.listener=127.0.0.1:%d' % http_port], log, home)
    port, passed, failed = Port(http_port), 0, 0
    try:
        give_up = time.monotonic() + 10
        while run('curl', '-sf', port.base + '/readyz')[0] != 0:
            expect(time.monotonic() < give_up and broker.poll() is None, 'the broker is not ready: see %s' % log)
            time.sleep(0.02)
        use('127.0.0.1:%d' % kafka_port)
        page = port.get('/metrics')[1]
        checks = {'health': lambda: check_health(port), 'counts': lambda: check_counts(page), 'dashboard': lambda: check_dashboard(page)}
        code, printed = run(promtool, 'check', 'metrics', text=page)
        checks['promtool'] = lambda: expect(code == 0 and not printed.strip(), 'promtool: %s' % printed)
        for name, check in checks.items():
            try:
                check()
                passed += 1
                print('%-10s passed' % name)
            except Failure as failure:
                failed += 1
                print('%-10s FAILED  %s' % (name, failure))
    finally:
        brokers.end_program(broker)
    print('%d passed, %d failed' % (passed, failed))
    sys.exit(1 if failed else 0)


if __name__ == '__main__':
    main()

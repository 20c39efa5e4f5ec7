"""Runs the load generator (bench/load) against a broker."""
import json
import os
import subprocess

import machine
from rivals import ROOT

PROGRAM = os.path.join(ROOT, 'build', 'release', 'odradek_load')


class LoadError(Exception):
    pass


def command(broker, arguments, topic, configs):
    words = [PROGRAM, *arguments.split(), '--port', str(broker.port), '--topic', topic, '--broker-pid', str(broker.process.pid)]
    for pair in configs.items():
        words += ['--topic-config', '%s=%s' % pair]
    return words


def run(broker, arguments, topic, configs=()):
    """One measurement as the generator prints it, with `others`, the share of a core that others used meanwhile."""
    others = machine.Others(broker.process.pid)
    done = subprocess.run(command(broker, arguments, topic, dict(configs)), stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
                          timeout=600)
    if done.returncode != 0:
        broker.check_alive()
        raise LoadError('%s, %s: %s' % (broker.name, arguments, done.stderr.strip()))
    row = json.loads(done.stdout)
    row.update(row.pop('latency', {}))
    row['others'] = others.share()
    return row


def background(broker, arguments, topic, configs=()):
    """Begins one that runs beside others; finish() takes its row."""
    return subprocess.Popen(command(broker, arguments, topic, dict(configs)), stdin=subprocess.PIPE, stdout=subprocess.PIPE,
                            stderr=subprocess.PIPE, text=True)


def finish(process):
    """The row of a program that runs; one that waits is let go."""
    out, error = process.communicate('\n', timeout=600)
    if process.returncode != 0:
        raise LoadError(error.strip())
    row = json.loads(out)
    row.update(row.pop('latency', {}))
    return row

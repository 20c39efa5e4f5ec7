#!/usr/bin/env python3
"""Starts each compose file with our image in place of its own, and makes a round trip from inside its network and from outside.

  images.py [FILE...]      names of compose/, without .yml; all of them without names

A failure prints the containers' log.  The closing line is `N passed, N failed`.
"""
import os
import re
import subprocess
import sys
import time

HERE = os.path.dirname(os.path.abspath(__file__))
ROOT = os.path.dirname(os.path.dirname(HERE))
WORK = os.path.join(ROOT, 'build', 'compat', 'images')
ODRADEK = os.path.join(ROOT, 'build', 'release', 'odradek-static')  # of which the image was made
IMAGE = 'localhost/odradek'
READY_SECONDS = 20
# Where clients find the broker: in the network of the file, and on the host.
FILES = {
    'apache-quickstart': ('broker:9092', 'localhost:9092'),
    'apache-plaintext': ('broker:19092', 'localhost:9092'),
    'apache-mounted-file': ('broker:19092', 'localhost:9092'),
    'confluent-kraft': ('broker:29092', 'localhost:9092'),
    'confluent-zookeeper': ('broker:9092', 'localhost:29092'),
    'confluent-local': ('broker:29092', 'localhost:9092'),
    'bitnami-kraft': ('kafka:9092', None),
    'bitnami-external': ('kafka:9092', 'localhost:9094'),
    'bitnami-zookeeper': ('kafka:9092', 'localhost:9093'),
    'wurstmeister-single': ('kafka:9092', None),
    'wurstmeister-commands': ('kafka:9092', 'localhost:9094'),
    'redpanda': ('redpanda-0:9092', 'localhost:19092'),
    'redpanda-one-word': ('redpanda:29092', 'localhost:9092'),
    'kubernetes-variables': ('kafka:19092', 'localhost:9092'),
    # The image without a shell.
    'scratch': ('kafka:9092', 'localhost:9092'),
    # What `odradek compose` prints, and makes of another of these.
    'printed': ('kafka:9092', 'localhost:19092'),
    'confluent-zookeeper-converted': ('broker:9092', 'localhost:29092'),
}
CONVERTED = '-converted'
# And what must be in the log, or among the topics, of some.
TOPICS = {'wurstmeister-single': 'counts tweets', 'wurstmeister-commands': 'counts tweets'}
# The container of the broker, where the image's HEALTHCHECK is run once.
HEALTH_CHECKED = {'apache-quickstart': 'broker', 'confluent-kraft': 'broker', 'redpanda': 'redpanda-0'}
LINES = {
    'confluent-zookeeper': 'zookeeper.connect is of an earlier release',
    'redpanda': 'Successfully started Redpanda!',
    'redpanda-one-word': 'Started Kafka API server',
}


class Failure(Exception):
    pass


def run(*command, seconds=60, check=True):
    """What it printed; a failure tells it."""
    try:
        done = subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, stdin=subprocess.DEVNULL, timeout=seconds,
                              text=True, errors='replace')
    except subprocess.TimeoutExpired as error:
        raise Failure('%s: still running after %d s' % (' '.join(command), seconds)) from error
    if check and done.returncode != 0:
        raise Failure('%s: %d\n%s' % (' '.join(command), done.returncode, done.stdout))
    return done.stdout


def with_our_image(text):
    """The one line that changes.  What a ZooKeeper would be is a container that does nothing."""
    text = re.sub(r'image: \S*zookeeper\S*', 'image: localhost/odradek\n    command: sleep infinity', text)
    return re.sub(r'image: (?!localhost/)\S*(kafka|confluent-local|redpanda):?\S*', 'image: ' + IMAGE, text)


def compose_text(name):
    if name == 'printed':
        return run(ODRADEK, 'compose', 'print', '--image', IMAGE, '--port', '19092')
    path = os.path.join(HERE, 'compose', name.removesuffix(CONVERTED) + '.yml')
    if name.endswith(CONVERTED):
        done = subprocess.run([ODRADEK, 'compose', 'convert', '--image', IMAGE, path], stdout=subprocess.PIPE, text=True, check=True)
        return done.stdout
    with open(path) as file:
        return file.read()


class Project:
    def __init__(self, name):
        self.name = name
        self.network = name + '_default'
        self.file = os.path.join(HERE, 'compose', '.%s.yml' % name)  # beside what it mounts
        text = compose_text(name)
        with open(self.file, 'w') as file:
            file.write(with_our_image(text))

    def compose(self, *arguments):
        return run('podman-compose', '-p', self.name, '-f', self.file, *arguments, check=False)

    def brokers_log(self):
        names = run('podman', 'ps', '-a', '--format', '{{.Names}}').split()
        return '\n'.join(run('podman', 'logs', name, check=False) for name in names if '_zookeeper_' not in name)

    def up(self):
        printed = self.compose('up', '-d')
        give_up = time.monotonic() + READY_SECONDS
        while 'Kafka Server started' not in self.brokers_log():
            if time.monotonic() > give_up:
                raise Failure('not ready after %d s: %s' % (READY_SECONDS, printed))
            time.sleep(0.2)

    def down(self):
        self.compose('down', '-v', '-t', '5')
        os.unlink(self.file)


def inside(network, *command):
    return run('podman', 'run', '--rm', '--network', network, 'localhost/odradek-client', *command)


def check(project):
    address_inside, address_outside = FILES[project.name]
    inside(project.network, 'python3', '/client/round_trip.py', address_inside, 'inside')
    if address_outside:
        run(sys.executable, os.path.join(HERE, 'round_trip.py'), address_outside, 'outside')
    listed = inside(project.network, 'kcat', '-L', '-b', address_inside)
    for topic in TOPICS.get(project.name, '').split():
        if 'topic "%s"' % topic not in listed:
            raise Failure('no topic %s: %s' % (topic, listed))
    if project.name in HEALTH_CHECKED:  # Debian's podman has no systemd here that would run it now and then
        run('podman', 'healthcheck', 'run', HEALTH_CHECKED[project.name])
    line = LINES.get(project.name)
    if line and line not in project.brokers_log():
        raise Failure('no line "%s" in the log' % line)


def main():
    os.makedirs(WORK, exist_ok=True)
    names = sys.argv[1:] or list(FILES)
    unknown = [name for name in names if name not in FILES]
    if unknown:
        sys.exit('no such file: %s; there are %s' % (' '.join(unknown), ' '.join(FILES)))
    failed = 0
    for name in names:
        start = time.monotonic()
        project = Project(name)
        try:
            project.up()
            check(project)
            print('%-22s passed  %5.1f s' % (name, time.monotonic() - start), flush=True)
        except Failure as failure:
            failed += 1
            print('%-22s FAILED  %s\n%s' % (name, failure, project.brokers_log()), flush=True)
        finally:
            project.down()
    print('%d passed, %d failed' % (len(names) - failed, failed))
    sys.exit(1 if failed else 0)


if __name__ == '__main__':
    main()

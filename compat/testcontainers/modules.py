#!/usr/bin/env python3
"""What Testcontainers' Kafka and Redpanda modules for Go, Node, .NET, Rust, Java and Python do with an image, done with podman.

  modules.py [NAME...]       those whose name contains one of these; all of them without names

Each starts the container as its module does (entry point, command, variables, user), copies in or writes what the module copies in
while the container waits, waits for what the module waits for, and makes a round trip through what the module says is the address.
Java's and Python's run as they are in fixtures.py and Fixtures.java; here are the uses of them that those do not have.  Facts: the
sources of the modules.  The closing line is `N passed, N failed`.
"""
import io
import re
import socket
import subprocess
import sys
import tarfile
import time
import urllib.error
import urllib.request
from dataclasses import dataclass, field
from typing import Callable

from fixtures import IMAGE, round_trip

READY_SECONDS = 30
LAST_LONG = '9223372036854775807'
CLUSTER_ID = '4L6g3nShT-eMCtK--X86sw'
NETWORK = 'odradek-modules'
RECOVERED = '.*Transitioning from RECOVERY to RUNNING.*'
STARTED = r'\[KafkaServer id=\d+\] started'
# Of every module that has one broker and one copy of everything.
ALONE = {
    'KAFKA_BROKER_ID': '1',
    'KAFKA_OFFSETS_TOPIC_REPLICATION_FACTOR': '1',
    'KAFKA_OFFSETS_TOPIC_NUM_PARTITIONS': '1',
    'KAFKA_TRANSACTION_STATE_LOG_MIN_ISR': '1',
    'KAFKA_LOG_FLUSH_INTERVAL_MESSAGES': LAST_LONG,
    'KAFKA_GROUP_INITIAL_REBALANCE_DELAY_MS': '0',
    'KAFKA_INTER_BROKER_LISTENER_NAME': 'BROKER',
}
QUORUM = {
    'KAFKA_NODE_ID': '1',
    'KAFKA_PROCESS_ROLES': 'broker,controller',
    'KAFKA_CONTROLLER_LISTENER_NAMES': 'CONTROLLER',
    'KAFKA_CONTROLLER_QUORUM_VOTERS': '1@localhost:9094',
    'KAFKA_TRANSACTION_STATE_LOG_REPLICATION_FACTOR': '1',
    'KAFKA_LISTENER_SECURITY_PROTOCOL_MAP': 'BROKER:PLAINTEXT,PLAINTEXT:PLAINTEXT,CONTROLLER:PLAINTEXT',
}


class Failure(Exception):
    pass


def podman(*words, data=None, check=True):
    done = subprocess.run(('podman',) + words, input=data, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, timeout=60)
    text = done.stdout.decode(errors='replace')
    if check and done.returncode != 0:
        raise Failure('podman %s: %d\n%s' % (' '.join(words[:3]), done.returncode, text))
    return text


class Container:
    def __init__(self, module):
        words = ['create']
        for name, value in module.environment.items():
            words += ['-e', '%s=%s' % (name, value)]
        for port in module.ports:
            words += ['-p', '127.0.0.1::%d' % port]
        if module.user:
            words += ['--user', module.user]
        if module.alias:
            words += ['--network', NETWORK, '--network-alias', module.alias]
        if module.entrypoint:
            words += ['--entrypoint', module.entrypoint]
        self.id = podman(*words, IMAGE, *module.command).strip().splitlines()[-1]
        for path, text, mode in module.files:
            self.copy(path, text, mode)
        podman('start', self.id)

    def copy(self, path, text, mode):
        """As the engine's API does it: the file is root's."""
        archive = io.BytesIO()
        with tarfile.open(fileobj=archive, mode='w') as tar:
            entry = tarfile.TarInfo(path.lstrip('/'))
            entry.size, entry.mode = len(text), mode
            tar.addfile(entry, io.BytesIO(text.encode()))
        podman('cp', '-', self.id + ':/', data=archive.getvalue())

    def port(self, inside):
        return int(podman('port', self.id, '%d/tcp' % inside).rsplit(':', 1)[1])

    def inspect(self, form):
        return podman('inspect', '--format', form, self.id).strip()

    def hostname(self):
        return self.inspect('{{.Config.Hostname}}')

    def address(self):
        return self.inspect('{{range .NetworkSettings.Networks}}{{.IPAddress}}{{end}}')

    def log(self):
        return podman('logs', self.id, check=False)

    def wait(self, what, is_so):
        give_up = time.monotonic() + READY_SECONDS
        while not is_so():
            if time.monotonic() > give_up or self.inspect('{{.State.Running}}') != 'true':
                raise Failure('waited for: ' + what)
            time.sleep(0.1)

    def wait_for_log(self, pattern):
        self.wait(pattern, lambda: re.search(pattern, self.log(), re.DOTALL))

    def wait_for_listening(self, port):
        """From outside and, as the modules for Go and Node do, inside by /proc, nc or bash."""
        def connects():
            try:
                with socket.create_connection(('127.0.0.1', self.port(port)), timeout=1):
                    pass
            except OSError:
                return False
            ask = ("(cat /proc/net/tcp* | awk '{print $2}' | grep -i :%04x) || nc -vz -w 1 localhost %d || /bin/bash -c "
                   "'</dev/tcp/localhost/%d'" % (port, port, port))
            return subprocess.run(('podman', 'exec', self.id, '/bin/sh', '-c', ask), stdout=subprocess.DEVNULL,
                                  stderr=subprocess.DEVNULL).returncode == 0
        self.wait('port %d is listening' % port, connects)

    def wait_for_status(self, port, path, status):
        def has_it():
            try:
                with urllib.request.urlopen('http://127.0.0.1:%d%s' % (self.port(port), path), timeout=2) as answer:
                    return answer.status == status
            except urllib.error.HTTPError as error:
                return error.code == status
            except OSError:
                return False
        self.wait('%s of port %d answers %d' % (path, port, status), has_it)

    def remove(self):
        podman('rm', '-f', '-t', '2', self.id, check=False)


@dataclass
class Module:
    name: str
    ports: tuple
    entrypoint: str
    command: tuple
    # Copies in what the container waits for, and waits as the module does.
    start: Callable
    environment: dict = field(default_factory=dict)
    user: str = ''
    # (path, text, mode), before the start.
    files: tuple = ()
    # A name in a network of its own.
    alias: str = ''
    # What is at this address inside the network is tried too.
    sibling: str = ''


def waiting(script, run=''):
    return 'while [ ! -f %s ]; do sleep 0.1; done; %s%s' % (script, run, script)


# ---- Go

GO_SCRIPT = '/usr/sbin/testcontainers_start.sh'


def go_kafka(container):
    container.copy(GO_SCRIPT, '''#!/bin/bash
source /etc/confluent/docker/bash-config
export KAFKA_ADVERTISED_LISTENERS=PLAINTEXT://localhost:%d,BROKER://%s:9092
echo Starting Kafka KRaft mode
sed -i '/KAFKA_ZOOKEEPER_CONNECT/d' /etc/confluent/docker/configure
echo 'kafka-storage format --ignore-formatted -t "$(kafka-storage random-uuid)" -c /etc/kafka/kafka.properties' >> /etc/confluent/docker/configure
echo '' > /etc/confluent/docker/ensure
/etc/confluent/docker/configure
/etc/confluent/docker/launch''' % (container.port(9093), container.hostname()), 0o755)
    container.wait_for_log(RECOVERED)


GO_LISTENERS = 'PLAINTEXT://0.0.0.0:9093,BROKER://0.0.0.0:9092,CONTROLLER://0.0.0.0:9094'

GO_REDPANDA_ENTRYPOINT = '''#!/usr/bin/env bash

# Wait for testcontainer's injected redpanda config with the port only known after docker start
until grep -q "# Injected by testcontainers" "/etc/redpanda/redpanda.yaml"
do
  sleep 0.1
done
exec /entrypoint.sh $@'''

REDPANDA_YAML = '''# Injected by testcontainers
redpanda:
  admin:
    address: 0.0.0.0
    port: 9644

  kafka_api:
    - address: 0.0.0.0
      name: external
      port: 9092
      authentication_method: none
    - address: 0.0.0.0
      name: internal
      port: 9093
      authentication_method: none
%s
  advertised_kafka_api:
    - address: localhost
      name: external
      port: %d
    - address: 127.0.0.1
      name: internal
      port: 9093
%s
schema_registry:
  schema_registry_api:
  - address: "0.0.0.0"
    name: main
    port: 8081
    authentication_method: none

schema_registry_client:
  brokers:
    - address: localhost
      port: 9093

pandaproxy:
  pandaproxy_api:
    - address: 0.0.0.0
      port: 8082
      name: main
      authentication_method: none

pandaproxy_client:
  brokers:
    - address: localhost
      port: 9093
'''
OF_BOOTSTRAP = '# Injected by testcontainers\nsuperusers:\n  []\nkafka_enable_authorization: false\nauto_create_topics_enabled: true\n'


def go_redpanda(container):
    bound = '''    - address: 0.0.0.0
      name: redpanda
      port: 29092
      authentication_method: none
'''
    advertised = '''    - address: redpanda
      name: redpanda
      port: 29092
'''
    container.copy('/etc/redpanda/redpanda.yaml', REDPANDA_YAML % (bound, container.port(9092), advertised), 0o600)
    container.wait_for_listening(9092)
    container.wait_for_status(9644, '/', 404)
    container.wait_for_listening(8081)
    container.wait_for_listening(8082)
    container.wait_for_log('Successfully started Redpanda!')


# ---- Node

NODE_SCRIPT = '/tmp/testcontainers_start.sh'
NODE_WAITS = 'Waiting for script...'
NODE_COMMAND = ('-c', "echo '%s'; while [ ! -f %s ]; do sleep 0.1; done; %s" % (NODE_WAITS, NODE_SCRIPT, NODE_SCRIPT))


def node_kafka(container, ports, before=''):
    container.wait_for_log(re.escape(NODE_WAITS))
    container.copy(NODE_SCRIPT, '#!/bin/bash\nexport KAFKA_ADVERTISED_LISTENERS=BROKER://%s:9092,PLAINTEXT://localhost:%d\n'
                   '%s/etc/confluent/docker/run \n' % (container.hostname(), container.port(9093), before), 0o777)
    for port in ports:
        container.wait_for_listening(port)


def node_zookeeper(container):
    node_kafka(container, (9093, 2181), "echo '' > /etc/confluent/docker/ensure \n"
               "echo 'clientPort=2181' > zookeeper.properties\n"
               "echo 'dataDir=/var/lib/zookeeper/data' >> zookeeper.properties\n"
               "echo 'dataLogDir=/var/lib/zookeeper/log' >> zookeeper.properties\n"
               'zookeeper-server-start zookeeper.properties &\n')


def node_kraft(container):
    node_kafka(container, (9093,))


def node_redpanda(container):
    container.wait_for_log(re.escape(NODE_WAITS))
    # The script first, then what it needs.
    container.copy('/testcontainers_start.sh', '#!/bin/bash\nrpk redpanda start --mode dev-container --smp=1 --memory=1G', 0o777)
    time.sleep(1)
    container.copy('/etc/redpanda/redpanda.yaml', REDPANDA_YAML % ('', container.port(9092), ''), 0o644)
    container.wait_for_log('Successfully started Redpanda!')


# ---- .NET

DOTNET_SCRIPT = '/testcontainers.sh'


def dotnet_advertised(container, more=''):
    return 'export KAFKA_ADVERTISED_LISTENERS=PLAINTEXT://localhost:%d,BROKER://%s:9093,%s\n' % (
        container.port(9092), container.address(), more)


def dotnet_apache(container):
    container.copy(DOTNET_SCRIPT, '#!/bin/bash\n%sexec /etc/kafka/docker/run\n' % dotnet_advertised(container, 'TC-0://kafka:19092'), 0o755)
    container.wait_for_log(RECOVERED)


def dotnet_confluent(container):
    container.copy(DOTNET_SCRIPT, "#!/bin/bash\necho '' > /etc/confluent/docker/ensure\n"
                   "echo 'clientPort=2181' > zookeeper.properties\n"
                   "echo 'dataDir=/var/lib/zookeeper/data' >> zookeeper.properties\n"
                   "echo 'dataLogDir=/var/lib/zookeeper/log' >> zookeeper.properties\n"
                   'zookeeper-server-start zookeeper.properties &\n'
                   '%sexec /etc/confluent/docker/run\n' % dotnet_advertised(container), 0o755)
    container.wait_for_log(STARTED)


def dotnet_redpanda(container):
    container.copy(DOTNET_SCRIPT, '#!/bin/bash\n/usr/bin/rpk redpanda start --mode dev-container --smp 1 --memory 1G '
                   '--kafka-addr PLAINTEXT://0.0.0.0:29092,OUTSIDE://0.0.0.0:9092 '
                   '--advertise-kafka-addr PLAINTEXT://127.0.0.1:29092,OUTSIDE://localhost:%d' % container.port(9092), 0o755)
    container.wait_for_log('Started Kafka API server')


DOTNET = {**ALONE, **QUORUM, 'KAFKA_LISTENERS': 'PLAINTEXT://:9092,BROKER://:9093,CONTROLLER://:9094', 'CLUSTER_ID': CLUSTER_ID}
DOTNET_WITH_LISTENER = {**DOTNET, 'KAFKA_LISTENERS': DOTNET['KAFKA_LISTENERS'] + ',TC-0://kafka:19092',
                        'KAFKA_LISTENER_SECURITY_PROTOCOL_MAP': DOTNET['KAFKA_LISTENER_SECURITY_PROTOCOL_MAP'] + ',TC-0:PLAINTEXT'}
# Without withKRaft() nothing is said of roles.
DOTNET_ZOOKEEPER = {name: value for name, value in DOTNET.items() if name not in ('KAFKA_PROCESS_ROLES', 'KAFKA_CONTROLLER_LISTENER_NAMES')}
DOTNET_ZOOKEEPER['KAFKA_ZOOKEEPER_CONNECT'] = 'localhost:2181'

# ---- Rust

RUST_SCRIPT = '/opt/kafka/testcontainers_start.sh'


def rust_apache(container):
    # Written by the user of the image.
    podman('exec', container.id, 'sh', '-c',
           "echo '#!/usr/bin/env bash\nexport KAFKA_ADVERTISED_LISTENERS=PLAINTEXT://127.0.0.1:%d,BROKER://localhost:9093\n"
           "/etc/kafka/docker/run \n' > %s" % (container.port(9092), RUST_SCRIPT))
    container.wait_for_log('Kafka Server started')


RUST = {
    'KAFKA_LISTENERS': 'PLAINTEXT://0.0.0.0:9092,BROKER://0.0.0.0:9093,CONTROLLER://0.0.0.0:9094',
    'CLUSTER_ID': '5L6g3nShT-eMCtK--X86sw',
    'KAFKA_PROCESS_ROLES': 'broker,controller',
    'KAFKA_CONTROLLER_LISTENER_NAMES': 'CONTROLLER',
    'KAFKA_LISTENER_SECURITY_PROTOCOL_MAP': 'BROKER:PLAINTEXT,PLAINTEXT:PLAINTEXT,CONTROLLER:PLAINTEXT',
    'KAFKA_INTER_BROKER_LISTENER_NAME': 'BROKER',
    'KAFKA_ADVERTISED_LISTENERS': 'PLAINTEXT://localhost:9092,BROKER://localhost:9092',
    'KAFKA_BROKER_ID': '1',
    'KAFKA_OFFSETS_TOPIC_REPLICATION_FACTOR': '1',
    'KAFKA_CONTROLLER_QUORUM_VOTERS': '1@localhost:9094',
}

# ---- Java and Python, beside the real ones


def java_with_listener(container):
    container.copy(NODE_SCRIPT, '#!/bin/bash\nexport KAFKA_ADVERTISED_LISTENERS=PLAINTEXT://localhost:%d,BROKER://%s:9093,TC-0://kafka:19092\n'
                   '/etc/kafka/docker/run\n' % (container.port(9092), container.hostname()), 0o777)
    container.wait_for_log(RECOVERED)


def python_kraft(container):
    container.copy('/tc-start.sh', '''#!/bin/bash
sed -i '/KAFKA_ZOOKEEPER_CONNECT/d' /etc/confluent/docker/configure
echo 'kafka-storage format --ignore-formatted -t %s -c /etc/kafka/kafka.properties' >> /etc/confluent/docker/configure
export KAFKA_ADVERTISED_LISTENERS=PLAINTEXT://localhost:%d,BROKER://$(hostname -i):9092
. /etc/confluent/docker/bash-config
/etc/confluent/docker/configure
/etc/confluent/docker/launch
''' % (CLUSTER_ID, container.port(9093)), 0o755)
    container.wait_for_log('.*Kafka Server started.*')


JAVA_WITH_LISTENER = {**ALONE, **QUORUM, 'CLUSTER_ID': CLUSTER_ID,
                      'KAFKA_LISTENERS': 'PLAINTEXT://0.0.0.0:9092,BROKER://0.0.0.0:9093,CONTROLLER://0.0.0.0:9094,TC-0://kafka:19092',
                      'KAFKA_LISTENER_SECURITY_PROTOCOL_MAP': QUORUM['KAFKA_LISTENER_SECURITY_PROTOCOL_MAP'] + ',TC-0:PLAINTEXT'}
NODE = {**ALONE, 'KAFKA_CONFLUENT_SUPPORT_METRICS_ENABLE': 'false', 'KAFKA_ADVERTISED_LISTENERS': 'BROKER://localhost:9092'}
NODE_PLAIN = {**NODE, 'KAFKA_LISTENERS': 'PLAINTEXT://0.0.0.0:9093,BROKER://0.0.0.0:9092'}

MODULES = (
    Module('Go kafka', (9093,), 'sh', ('-c', waiting(GO_SCRIPT, 'bash ')), go_kafka,
           {**ALONE, **QUORUM, 'KAFKA_LISTENERS': GO_LISTENERS, 'KAFKA_REST_BOOTSTRAP_SERVERS': GO_LISTENERS}),
    Module('Go redpanda', (9092, 9644, 8081, 8082), '/entrypoint-tc.sh',
           ('redpanda', 'start', '--mode=dev-container', '--smp=1', '--memory=1G'), go_redpanda, user='root:root',
           files=(('/entrypoint-tc.sh', GO_REDPANDA_ENTRYPOINT, 0o700), ('/etc/redpanda/.bootstrap.yaml', OF_BOOTSTRAP, 0o600)),
           alias='redpanda', sibling='redpanda:29092'),
    Module('Node kafka, ZooKeeper', (9093, 2181), 'sh', NODE_COMMAND, node_zookeeper,
           {**NODE_PLAIN, 'KAFKA_LISTENER_SECURITY_PROTOCOL_MAP': 'BROKER:PLAINTEXT,PLAINTEXT:PLAINTEXT',
            'KAFKA_ZOOKEEPER_CONNECT': 'localhost:2181'}),
    Module('Node kafka, KRaft', (9093,), 'sh', NODE_COMMAND, node_kraft,
           {**NODE, **QUORUM, 'CLUSTER_ID': CLUSTER_ID, 'KAFKA_LISTENERS': NODE_PLAIN['KAFKA_LISTENERS'] + ',CONTROLLER://0.0.0.0:9094'}),
    Module('Node redpanda', (9092, 9644, 8081, 8082), 'sh',
           ('-c', "echo '%s'; while [ ! -f /testcontainers_start.sh ]; do sleep 0.1; done; /testcontainers_start.sh" % NODE_WAITS),
           node_redpanda, user='root:root', files=(('/etc/redpanda/.bootstrap.yaml', OF_BOOTSTRAP, 0o644),)),
    Module('.NET kafka, Apache', (9092, 9093), '/bin/sh', ('-c', waiting(DOTNET_SCRIPT)), dotnet_apache, DOTNET_WITH_LISTENER,
           alias='kafka', sibling='kafka:19092'),
    Module('.NET kafka, Confluent', (9092, 9093, 2181), '/bin/sh', ('-c', waiting(DOTNET_SCRIPT)), dotnet_confluent, DOTNET_ZOOKEEPER),
    Module('.NET redpanda', (9092, 8081), '/bin/sh', ('-c', waiting(DOTNET_SCRIPT)), dotnet_redpanda),
    Module('Rust kafka, Apache', (9092,), 'bash',
           ('-c', 'while [ ! -f {0}  ]; do sleep 0.1; done; chmod 755 {0} && {0}'.format(RUST_SCRIPT)), rust_apache, RUST),
    Module('Java with a listener', (9092,), '', ('sh', '-c', waiting(NODE_SCRIPT)), java_with_listener, JAVA_WITH_LISTENER,
           alias='kafka', sibling='kafka:19092'),
    Module('Python, KRaft by sh', (9093,), '', ('sh', '-c', waiting('/tc-start.sh', 'sh ')), python_kraft,
           {**ALONE, **QUORUM, 'KAFKA_LISTENERS': GO_LISTENERS}),
)


def check(module):
    container = Container(module)
    try:
        module.start(container)
        ready = time.monotonic()
        published = 9093 if 9093 in module.ports and 9092 not in module.ports else 9092
        round_trip('localhost:%d' % container.port(published))
        if module.sibling:
            podman('run', '--rm', '--network', NETWORK, IMAGE, 'sh', '-c',
                   'echo beside | odradek produce of-a-sibling -b {0} && odradek consume of-a-sibling -o start -n 1 -b {0}'.format(module.sibling))
        return ready
    except Exception:
        print(container.log())
        raise
    finally:
        container.remove()


def main():
    wanted = sys.argv[1:]
    chosen = [module for module in MODULES if not wanted or any(name in module.name for name in wanted)]
    podman('network', 'rm', '-f', NETWORK, check=False)
    podman('network', 'create', NETWORK)
    failed = 0
    for module in chosen:
        start = time.monotonic()
        try:
            ready = check(module)
            print('%-35s passed, ready after %.1f s' % (module.name, ready - start), flush=True)
        except Exception as error:  # whatever goes wrong is a failure of this module
            failed += 1
            print('%-35s FAILED: %s' % (module.name, error), flush=True)
    podman('network', 'rm', '-f', NETWORK, check=False)
    print('%d passed, %d failed' % (len(chosen) - failed, failed))
    sys.exit(1 if failed else 0)


if __name__ == '__main__':
    main()

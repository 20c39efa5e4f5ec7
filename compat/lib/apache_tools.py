"""Apache's own programs, against a broker of a story: tools that do one thing, and programs that stay."""
import os
import subprocess

import brokers

JVM = [*brokers.QUICK_JVM, '-Xmx384m', '-Dorg.slf4j.simpleLogger.defaultLogLevel=warn']


def jars(name, *coordinates):
    """The folder of these jars and what they need, fetched once."""
    done = subprocess.run([os.path.join(brokers.ROOT, 'compat', 'lib', 'jars.sh'), name, *coordinates], check=True,
                          stdout=subprocess.PIPE, text=True, timeout=900)
    return done.stdout.strip()


def tool(libs, name, *arguments, stdin=None, timeout=120):
    """Runs a class to its end; answers what it printed."""
    done = subprocess.run([*JVM, '-cp', libs + '/*', name, *map(str, arguments)], input=stdin, stdout=subprocess.PIPE,
                          stderr=subprocess.PIPE, text=True, timeout=timeout)
    if done.returncode:
        raise brokers.BrokerError('%s ended with %d: %s' % (name, done.returncode, done.stderr[-2000:]))
    return done.stdout


def program(libs, home, name, *arguments):
    """Starts a class that stays; its output goes to a log in `home`."""
    log = os.path.join(home, name.rsplit('.', 1)[1] + '.log')
    return brokers.start_program([*JVM, '-cp', libs + '/*', name, *map(str, arguments)], log, home)


def create_topic(libs, bootstrap, topic, partitions, *configs):
    pairs = [part for config in configs for part in ('--config', config)]
    tool(libs, 'org.apache.kafka.tools.TopicCommand', '--bootstrap-server', bootstrap, '--create', '--topic', topic,
         '--partitions', partitions, '--replication-factor', 1, *pairs)


def write_properties(path, properties):
    with open(path, 'w') as file:
        file.writelines('%s=%s\n' % pair for pair in properties.items())
    return path

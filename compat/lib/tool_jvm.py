"""Apache's command-line tools in one JVM, ToolsInOneJvm.java: each has `main` called as its script does, without two seconds for a start."""
import collections
import os
import selectors
import subprocess

import brokers

Done = collections.namedtuple('Done', 'code out err')


def command(folder, *more):
    program = os.path.join(brokers.ROOT, 'compat', 'lib', 'ToolsInOneJvm.java')
    return brokers.apache_java(program, folder, *more, log_level='off', options=['-Duser.timezone=UTC'])


class ToolJvm:
    """Runs one tool after the other; a tool that does not end takes the JVM with it, and the next has a new one."""

    def __init__(self, folder):
        self.folder, self.count, self.process = folder, 0, None
        os.makedirs(folder, exist_ok=True)

    def start(self):
        with open(os.path.join(self.folder, 'jvm.log'), 'ab') as log:
            self.process = subprocess.Popen(command(self.folder, '--serve'), stdin=subprocess.PIPE, stdout=subprocess.PIPE,
                                            stderr=log, text=True, start_new_session=True)
        brokers.STARTED.append(self.process)

    def run(self, name, *arguments, stdin='', timeout=90):
        if self.process is None:
            self.start()
        self.count += 1
        case = '%04d' % self.count
        self.write(case + '.args', '\n'.join([name, *map(str, arguments)]))
        self.write(case + '.stdin', stdin)
        self.process.stdin.write(case + '\n')
        self.process.stdin.flush()
        with selectors.DefaultSelector() as selector:
            selector.register(self.process.stdout, selectors.EVENT_READ)
            if not selector.select(timeout):
                self.end()
                raise subprocess.TimeoutExpired(name, timeout)
        if self.process.stdout.readline() != case + '\n':
            self.end()
            raise brokers.BrokerError('the JVM of the tools ended in %s; see %s/jvm.log' % (name, self.folder))
        return Done(int(self.read(case + '.code')), self.read(case + '.out'), self.read(case + '.err'))

    def write(self, name, text):
        with open(os.path.join(self.folder, name), 'w') as file:
            file.write(text)

    def read(self, name):
        with open(os.path.join(self.folder, name)) as file:
            return file.read()

    def end(self):
        if self.process is not None:
            brokers.end_program(self.process)
            self.process = None

"""The machine under a measurement: what it is, and how much of it others were using."""
import os
import platform
import subprocess
import time

TICK = os.sysconf('SC_CLK_TCK')


def first_line(path, default='?'):
    try:
        with open(path) as file:
            return file.readline().strip()
    except OSError:
        return default


def processor():
    with open('/proc/cpuinfo') as file:
        for line in file:
            if line.startswith('model name'):
                return line.split(':', 1)[1].strip()
    return platform.machine()


def describe(root):
    """What a figure means nothing without."""
    commit = subprocess.run(['git', '-C', root, 'rev-parse', '--short', 'HEAD'], stdout=subprocess.PIPE, text=True).stdout.strip()
    memory = int(first_line('/proc/meminfo').split()[1]) // (1 << 20)
    return {
        'processor': processor(), 'cpus': os.cpu_count(), 'memory_gib': memory, 'kernel': platform.release(),
        'congestion_control': first_line('/proc/sys/net/ipv4/tcp_congestion_control'), 'commit': commit,
    }


def busy_seconds():
    """CPU seconds of the whole machine, and those that the host took, since its start."""
    fields = [int(field) / TICK for field in first_line('/proc/stat').split()[1:]]
    user, nice, system, _, _, interrupts, soft, steal = fields[:8]
    return user + nice + system + interrupts + soft, steal


def process_seconds(pid):
    """To 10 ms."""
    with open('/proc/%d/stat' % pid) as file:
        fields = file.read().rsplit(')', 1)[1].split()
    return (int(fields[11]) + int(fields[12])) / TICK


def thread_seconds(pid):
    """To the nanosecond; without threads that have ended."""
    total = 0
    for thread in os.listdir('/proc/%d/task' % pid):
        try:
            with open('/proc/%d/task/%s/schedstat' % (pid, thread)) as file:
                total += int(file.read().split()[0])
        except OSError:
            pass  # it has just ended
    return total / 1e9


def resident_mib(pid):
    with open('/proc/%d/statm' % pid) as file:
        return int(file.read().split()[1]) * os.sysconf('SC_PAGESIZE') / (1 << 20)


class Others:
    """How many cores' worth others used while it was watched: processes that are not of the measurement, and the host."""

    def __init__(self, *pids):
        self.pids, self.began = pids, time.monotonic()
        self.busy, self.steal = busy_seconds()
        self.own = self.own_seconds()

    def own_seconds(self):
        times = os.times()
        return sum(process_seconds(pid) for pid in self.pids) + times.user + times.system + times.children_user + times.children_system

    def share(self):
        seconds = time.monotonic() - self.began
        busy, steal = busy_seconds()
        foreign = (busy - self.busy) - (self.own_seconds() - self.own)
        return max(0.0, foreign + steal - self.steal) / max(seconds, 0.01)

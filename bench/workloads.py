"""The workloads by name: what the load generator is told, and what is to be reached."""
import dataclasses

MIB = 1 << 20
# Of the page cache what was written is written over: fresh memory of a guest would be what is measured.
RECYCLED = {'segment.bytes': 64 * MIB, 'retention.bytes': 128 * MIB, 'segment.index.bytes': 65536, 'file.delete.delay.ms': 50}
RECYCLED_SMALL = {'segment.bytes': MIB, 'retention.bytes': MIB, 'segment.index.bytes': 65536, 'file.delete.delay.ms': 50}
# Apache writes back a segment after it has rolled, and goes offline if retention has closed that by then.
LEFT_TO_FLUSH = {'file.delete.delay.ms': 1000}
KEPT = {'segment.bytes': 64 * MIB, 'retention.bytes': -1, 'segment.index.bytes': 65536}

# figure -> (what the load generator calls it, unit, digits)
FIGURES = {
    'cpu/GiB': ('broker_cpu_s_per_gib', 's/GiB', 2),
    'cpu/request': ('broker_cpu_us_per_request', 'us', 2),
    'cpu': ('broker_cpu_share', 'of a core', 3),
    'rate': ('requests_per_s', '/s', 0),
    'MiB/s': ('mib_per_s', '', 0),
    'p50': ('p50_us', 'us', 0),
    'p99': ('p99_us', 'us', 0),
    'p99.9': ('p999_us', 'us', 0),
    'RSS': ('rss_mib', 'MiB', 1),
    'RSS/connection': ('rss_kib_per_idle_connection', 'KiB', 1),
}
AT_LEAST = ('rate', 'MiB/s')  # of these figures more is better


@dataclasses.dataclass(frozen=True)
class Workload:
    name: str
    load: str                  # the load generator's arguments
    figure: str                # that the ratio is of
    to_reach: dict = dataclasses.field(default_factory=dict)  # figure -> bound of ours
    ratio: float = 0.0         # Apache / ours, at least
    durability: str = 'relaxed'
    topic: dict = dataclasses.field(default_factory=lambda: RECYCLED)
    topic_apache: dict = dataclasses.field(default_factory=dict)  # beside these
    quick: bool = False        # belongs to the quick set
    wire_as: str = ''          # costs as much as this workload, +-5 %

    def topic_of(self, broker):
        return {**self.topic, **(self.topic_apache if broker == 'apache' else {})}


WORKLOADS = [
    Workload('produce-900KB', 'produce --batch-bytes 900000 --connections 1 --depth 5', 'cpu/GiB', {'cpu/GiB': 0.49}, 2.5,
             topic_apache=LEFT_TO_FLUSH),
    Workload('produce-100KB', 'produce --batch-bytes 100000 --connections 1 --depth 5', 'cpu/GiB', {'cpu/GiB': 0.60}, 3.8,
             topic_apache=LEFT_TO_FLUSH, quick=True),
    Workload('produce-16KB', 'produce --batch-bytes 16000 --connections 4 --depth 5', 'cpu/GiB', {'cpu/GiB': 1.1}, 4.3),
    Workload('produce-1KiB', 'produce --batch-bytes 1024 --record-bytes 1024 --connections 10 --depth 16', 'cpu/request',
             {'cpu/request': 3.5, 'rate': 300000}, 8.5),
    Workload('produce-100B', 'produce --batch-bytes 100 --record-bytes 100 --connections 10 --depth 16', 'cpu/request',
             {'cpu/request': 2.0, 'rate': 500000}, 13, quick=True),
    Workload('produce-one-by-one', 'produce --batch-bytes 1024 --record-bytes 1024 --connections 1 --depth 1', 'p50',
             {'p50': 65, 'p99': 120}, 93 / 65),
    Workload('acks-all', 'produce --acks -1 --batch-bytes 100 --record-bytes 100 --connections 1 --depth 64', 'cpu/request',
             {'cpu/request': 3}, 20),
    Workload('acks-all-fsync', 'produce --acks -1 --batch-bytes 100 --record-bytes 100 --connections 1 --depth 64', 'cpu/request',
             {'rate': 150000, 'p99': 1000}, 0, 'fsync', topic_apache={'flush.messages': 1}),
    Workload('partitions-1000', 'produce --batch-bytes 1024 --record-bytes 1024 --connections 10 --depth 16 --partitions 1000',
             'cpu/request', {'cpu/request': 8}, 6, topic=RECYCLED_SMALL),
    Workload('connections-1000', 'produce --batch-bytes 1024 --record-bytes 1024 --connections 1000 --depth 1', 'cpu/request',
             {'cpu/request': 12.5}, 2),
    Workload('fetch-1MiB', 'fetch --batch-bytes 100000 --fetch-bytes 1048576 --connections 1 --depth 1', 'cpu/GiB',
             {'cpu/GiB': 0.24}, 1, topic=KEPT),
    Workload('fetch-64KiB', 'fetch --batch-bytes 16000 --fetch-bytes 65536 --connections 4 --depth 1', 'cpu/GiB',
             {'cpu/GiB': 0.45}, 1.03 / 0.45, topic=KEPT, quick=True),
    Workload('commits', 'commit --connections 100 --depth 1 --groups 100', 'cpu/request', {'cpu/request': 9, 'rate': 110000}, 28 / 9,
             quick=True),
    Workload('api-versions', 'api-versions --connections 100 --depth 1', 'cpu/request', {'cpu/request': 7}, 4),
    Workload('metadata', 'metadata --connections 10 --depth 4', 'cpu/request', {'cpu/request': 2.5}, 24 / 2.5),
    Workload('produce-lz4', 'produce --batch-bytes 100000 --connections 1 --depth 5 --compression lz4', 'cpu/GiB',
             wire_as='produce-100KB'),
    Workload('produce-zstd', 'produce --batch-bytes 100000 --connections 1 --depth 5 --compression zstd', 'cpu/GiB',
             wire_as='produce-100KB'),
    Workload('end-to-end', 'end-to-end --record-bytes 1024 --rate 1000', 'p50', {'p50': 200, 'p99': 500, 'cpu': 0.05}, 1.5, quick=True),
    Workload('idle-connections', 'produce --batch-bytes 1024 --record-bytes 1024 --connections 1 --depth 1 --idle-connections 10000', 'p50',
             {'RSS/connection': 5}),
]
BY_NAME = {workload.name: workload for workload in WORKLOADS}

"""What is asked of each tool, in order: later cases see what earlier ones did.

A case is a line as a script would have it; {b} is the broker, {d} a folder with the files below.  What is sent to a producer's
standard input stands behind `<<`.
"""

FILES = {
    'delete.json': '{"partitions":[{"topic":"tweets","partition":0,"offset":2},{"topic":"tweets","partition":1,"offset":0}],"version":1}',
    'twice.json': '{"partitions":[{"topic":"tweets","partition":0,"offset":1},{"topic":"tweets","partition":0,"offset":2}],"version":1}',
    'reset.csv': 'tweets,0,3\ntweets,1,1\n',
    'topic.properties': 'retention.ms=3600000\nmax.message.bytes=2000000\n',
}

TOPICS = r'''
kafka-topics --bootstrap-server {b} --list
kafka-topics --bootstrap-server {b} --create --topic tweets --partitions 3 --replication-factor 1 --config retention.ms=86400000 --config cleanup.policy=delete
kafka-topics --bootstrap-server {b} --create --topic tweets
kafka-topics --bootstrap-server {b} --create --topic tweets --if-not-exists
kafka-topics --bootstrap-server {b} --create --topic with_underscore --partitions 1
kafka-topics --bootstrap-server {b} --create --topic defaults
kafka-topics --bootstrap-server {b} --create --topic single --partitions 1
kafka-topics --bootstrap-server {b} --create --topic indexed --partitions 1 --config index.interval.bytes=10
kafka-topics --bootstrap-server {b} --create --topic many --partitions 1 --replication-factor 3
kafka-topics --bootstrap-server {b} --create --topic none --partitions 0
kafka-topics --bootstrap-server {b} --create --topic bad/name --partitions 1
kafka-topics --bootstrap-server {b} --create --topic odd --config no.such.config=1
kafka-topics --bootstrap-server {b} --create --topic odd --config retention.ms=soon
kafka-topics --bootstrap-server {b} --create --topic placed --replica-assignment 1,1
kafka-topics --bootstrap-server {b} --list
kafka-topics --bootstrap-server {b} --list --topic t.*s
kafka-topics --bootstrap-server {b} --list --exclude-internal
kafka-topics --bootstrap-server {b} --describe
kafka-topics --bootstrap-server {b} --describe --topic tweets
kafka-topics --bootstrap-server {b} --describe --topic nope
kafka-topics --bootstrap-server {b} --describe --topic nope --if-exists
kafka-topics --bootstrap-server {b} --describe --under-replicated-partitions
kafka-topics --bootstrap-server {b} --describe --at-min-isr-partitions --topic tweets
kafka-topics --bootstrap-server {b} --describe --topics-with-overrides
kafka-topics --bootstrap-server {b} --alter --topic defaults --partitions 5
kafka-topics --bootstrap-server {b} --alter --topic defaults --partitions 2
kafka-topics --bootstrap-server {b} --alter --topic nope --partitions 2
kafka-topics --bootstrap-server {b} --alter --topic nope --partitions 2 --if-exists
kafka-topics --bootstrap-server {b} --describe --topic defaults
kafka-topics --bootstrap-server {b} --delete --topic with_underscore,placed
kafka-topics --bootstrap-server {b} --delete --topic nope
kafka-topics --bootstrap-server {b} --delete --topic nope --if-exists
kafka-topics --bootstrap-server {b} --list
kafka-topics
kafka-topics --bootstrap-server {b}
kafka-topics --list
kafka-topics --bootstrap-server {b} --create
kafka-topics --bootstrap-server {b} --list --create
kafka-topics --bootstrap-server {b} --list --partitions 3
kafka-topics --bootstrap-server {b} --tpoic x --list
kafka-topics --bootstrap-server {b} --create --topic
kafka-topics --bootstrap-server {b} --create --topic t --partitions three
kafka-topics --version
'''

CONSOLE = r'''
kafka-console-producer --bootstrap-server {b} --topic tweets --reader-property parse.key=true --reader-property key.separator=: << a:1\nb:2\nc:3\na:4\nd:5\nb:6\n
kafka-console-producer --bootstrap-server {b} --topic tweets --property parse.key=true --property parse.headers=true << h1:v1,h2:v2\tk\tvalue\n
kafka-console-producer --bootstrap-server {b} --topic tweets --compression-codec zstd --reader-property parse.key=true --reader-property null.marker=NULL << n\tx\nz\tNULL\n
kafka-console-producer --bootstrap-server {b} --topic tweets --reader-property parse.key=true << no separator\n
kafka-console-producer --bootstrap-server {b} --topic tweets --reader-property headers.separator=: << x\n
kafka-console-producer --bootstrap-server {b}
kafka-console-producer --topic tweets
kafka-console-producer --bootstrap-server {b} --topic single --sync << one\ntwo\nthree\n
kafka-console-producer --bootstrap-server {b} --topic indexed --sync << one\ntwo\nthree\nfour\nfive\n
kafka-console-consumer --bootstrap-server {b} --topic single --partition 0 --offset 1 --max-messages 2 --formatter-property print.offset=true --formatter-property print.partition=true --formatter-property print.timestamp=true --formatter-property print.headers=true
kafka-console-consumer --bootstrap-server {b} --topic tweets --partition 0 --offset earliest --timeout-ms 1500 --formatter-property print.key=true --formatter-property key.separator== --formatter-property print.headers=true
kafka-console-consumer --bootstrap-server {b} --topic tweets --partition 2 --from-beginning --timeout-ms 1500 --formatter-property print.key=true --formatter-property null.literal=<null>
kafka-console-consumer --bootstrap-server {b} --topic tweets --group readers --from-beginning --timeout-ms 5000 --formatter-property print.key=true | sort
kafka-console-consumer --bootstrap-server {b} --topic tweets --group readers --from-beginning --timeout-ms 3000
kafka-console-consumer --bootstrap-server {b}
kafka-console-consumer --bootstrap-server {b} --topic t --offset 3
kafka-console-consumer --bootstrap-server {b} --topic t --partition 0 --offset middle
kafka-console-consumer --bootstrap-server {b} --topic t --partition 0 --group g
kafka-console-consumer --topic t
'''

OFFSETS = r'''
kafka-get-offsets --bootstrap-server {b} --topic tweets
kafka-get-offsets --bootstrap-server {b} --topic tweets --time earliest
kafka-get-offsets --bootstrap-server {b} --topic tweets --time -1
kafka-get-offsets --bootstrap-server {b} --topic-partitions tweets:0 --time -3
kafka-get-offsets --bootstrap-server {b} --topic tweets --time 99999999999999
kafka-get-offsets --bootstrap-server {b} --topic tweets --partitions 0,2
kafka-get-offsets --bootstrap-server {b} --topic-partitions tweets:1,single:0-,def.*:-2
kafka-get-offsets --bootstrap-server {b} --exclude-internal-topics
kafka-get-offsets --bootstrap-server {b} --topic nope
kafka-get-offsets --bootstrap-server {b} --topic tweets --time soon
kafka-get-offsets --bootstrap-server {b} --topic tweets --topic-partitions single
kafka-get-offsets --bootstrap-server {b} --topic tweets --partitions x
kafka-get-offsets --topic tweets
kafka-delete-records --bootstrap-server {b} --offset-json-file {d}/delete.json | sort
kafka-delete-records --bootstrap-server {b} --offset-json-file {d}/twice.json
kafka-delete-records --bootstrap-server {b}
kafka-get-offsets --bootstrap-server {b} --topic tweets --time -2
'''

GROUPS = r'''
kafka-consumer-groups --bootstrap-server {b} --list
kafka-consumer-groups --bootstrap-server {b} --list --state
kafka-consumer-groups --bootstrap-server {b} --list --state Empty --type
kafka-consumer-groups --bootstrap-server {b} --list --state Stable
kafka-consumer-groups --bootstrap-server {b} --describe --group readers
kafka-consumer-groups --bootstrap-server {b} --describe --group readers --verbose
kafka-consumer-groups --bootstrap-server {b} --describe --group readers --members
kafka-consumer-groups --bootstrap-server {b} --describe --group readers --state
kafka-consumer-groups --bootstrap-server {b} --describe --group readers --state --verbose
kafka-consumer-groups --bootstrap-server {b} --describe --group nope
kafka-consumer-groups --bootstrap-server {b} --describe --all-groups
kafka-consumer-groups --bootstrap-server {b} --reset-offsets --group readers --topic tweets --to-earliest --dry-run
kafka-consumer-groups --bootstrap-server {b} --reset-offsets --group readers --all-topics --to-latest
kafka-consumer-groups --bootstrap-server {b} --reset-offsets --group readers --topic tweets:0,1 --to-offset 1 --execute
kafka-consumer-groups --bootstrap-server {b} --reset-offsets --group readers --topic tweets --shift-by 1 --dry-run
kafka-consumer-groups --bootstrap-server {b} --reset-offsets --group readers --topic tweets --to-current --export --dry-run
kafka-consumer-groups --bootstrap-server {b} --reset-offsets --group readers --topic tweets --to-datetime 2000-01-01T00:00:00.000 --dry-run
kafka-consumer-groups --bootstrap-server {b} --reset-offsets --group readers --topic tweets --by-duration PT0S --dry-run
kafka-consumer-groups --bootstrap-server {b} --reset-offsets --group readers --from-file {d}/reset.csv --dry-run
kafka-consumer-groups --bootstrap-server {b} --reset-offsets --group fresh --topic single --to-earliest --execute
kafka-consumer-groups --bootstrap-server {b} --reset-offsets --group readers --topic nope --to-earliest --dry-run
kafka-consumer-groups --bootstrap-server {b} --reset-offsets --group readers --to-earliest --dry-run
kafka-consumer-groups --bootstrap-server {b} --describe --group readers
kafka-consumer-groups --bootstrap-server {b} --describe --group fresh --offsets
kafka-consumer-groups --bootstrap-server {b} --delete-offsets --group readers --topic tweets:0
kafka-consumer-groups --bootstrap-server {b} --delete-offsets --group readers --topic nope
kafka-consumer-groups --bootstrap-server {b} --delete-offsets --group nope --topic tweets
kafka-consumer-groups --bootstrap-server {b} --delete --group readers
kafka-consumer-groups --bootstrap-server {b} --delete --group nope
kafka-consumer-groups --bootstrap-server {b} --delete --group fresh --group nope
kafka-consumer-groups --bootstrap-server {b} --list
kafka-consumer-groups --bootstrap-server {b} --describe
kafka-consumer-groups --bootstrap-server {b}
kafka-consumer-groups --bootstrap-server {b} --delete
kafka-consumer-groups --list
kafka-consumer-groups --validate-regex a.*
'''

# A group that has a member: the same program's console consumer on both brokers.
MEMBERS = r'''
kafka-consumer-groups --bootstrap-server {b} --describe --group live
kafka-consumer-groups --bootstrap-server {b} --describe --group live --members
kafka-consumer-groups --bootstrap-server {b} --describe --group live --members --verbose
kafka-consumer-groups --bootstrap-server {b} --describe --group live --state
kafka-consumer-groups --bootstrap-server {b} --reset-offsets --group live --topic single --to-earliest --execute
kafka-consumer-groups --bootstrap-server {b} --delete --group live
kafka-consumer-groups --bootstrap-server {b} --delete-offsets --group live --topic single
'''

CONFIGS = r'''
kafka-configs --bootstrap-server {b} --describe --entity-type topics --entity-name tweets
kafka-configs --bootstrap-server {b} --alter --entity-type topics --entity-name tweets --add-config retention.ms=3600000,max.message.bytes=2000000
kafka-configs --bootstrap-server {b} --alter --topic tweets --add-config leader.replication.throttled.replicas=[0:1,1:1]
kafka-configs --bootstrap-server {b} --describe --topic tweets
kafka-configs --bootstrap-server {b} --describe --entity-type topics
kafka-configs --bootstrap-server {b} --describe --topic tweets --all
kafka-configs --bootstrap-server {b} --alter --topic tweets --delete-config max.message.bytes,retention.ms
kafka-configs --bootstrap-server {b} --alter --topic tweets --add-config-file {d}/topic.properties
kafka-configs --bootstrap-server {b} --describe --entity-type topics --entity-name tweets
kafka-configs --bootstrap-server {b} --describe --topic nope
kafka-configs --bootstrap-server {b} --alter --topic nope --add-config retention.ms=1
kafka-configs --bootstrap-server {b} --alter --topic tweets --add-config no.such.config=1
kafka-configs --bootstrap-server {b} --alter --topic tweets --add-config retention.ms
kafka-configs --bootstrap-server {b} --alter --entity-type brokers --entity-default --add-config log.cleaner.backoff.ms=14000
kafka-configs --bootstrap-server {b} --alter --broker 1 --add-config max.connections=500
kafka-configs --bootstrap-server {b} --describe --entity-type brokers
kafka-configs --bootstrap-server {b} --describe --broker 9
kafka-configs --bootstrap-server {b} --describe --entity-type brokers --entity-name x
kafka-configs --bootstrap-server {b} --alter --entity-type brokers --entity-default --delete-config log.cleaner.backoff.ms
kafka-configs --bootstrap-server {b} --alter --entity-type users --entity-name anna --add-config producer_byte_rate=1000,request_percentage=12.5
kafka-configs --bootstrap-server {b} --alter --entity-type users --entity-name anna --entity-type clients --entity-name app --add-config consumer_byte_rate=2000
kafka-configs --bootstrap-server {b} --alter --client-defaults --add-config producer_byte_rate=3000
kafka-configs --bootstrap-server {b} --describe --entity-type users --entity-name anna
kafka-configs --bootstrap-server {b} --describe --entity-type users --entity-name anna --entity-type clients --entity-name app
kafka-configs --bootstrap-server {b} --describe --entity-type clients --entity-default
kafka-configs --bootstrap-server {b} --alter --entity-type ips --entity-name 127.0.0.1 --add-config connection_creation_rate=100
kafka-configs --bootstrap-server {b} --describe --ip 127.0.0.1
kafka-configs --bootstrap-server {b} --alter --entity-type users --entity-name anna --add-config no_such_rate=1
kafka-configs --bootstrap-server {b} --alter --entity-type groups --entity-name g --add-config consumer.session.timeout.ms=50000
kafka-configs --bootstrap-server {b} --describe --group g
kafka-configs --bootstrap-server {b} --describe
kafka-configs --bootstrap-server {b} --alter --topic tweets
kafka-configs --describe --topic tweets
kafka-configs --bootstrap-server {b} --describe --entity-type nothings
kafka-configs --bootstrap-server {b} --describe --alter --topic t
'''

VERSIONS = r'''
kafka-broker-api-versions --bootstrap-server {b}
kafka-broker-api-versions
kafka-broker-api-versions --version
'''

ADMIN = r'''
kafka-cluster cluster-id --bootstrap-server {b}
kafka-cluster list-endpoints --bootstrap-server {b}
kafka-cluster unregister --bootstrap-server {b} --id 77
kafka-features --bootstrap-server {b} describe
kafka-features --bootstrap-server {b} downgrade --feature transaction.version=1 --dry-run
kafka-features --bootstrap-server {b} downgrade --feature transaction.version=1
kafka-features --bootstrap-server {b} upgrade --feature transaction.version=2
kafka-features --bootstrap-server {b} upgrade --feature transaction.version=9
kafka-features --bootstrap-server {b} upgrade --feature no.such.feature=1
kafka-features --bootstrap-server {b} upgrade --feature transaction.version
kafka-features --bootstrap-server {b} upgrade
kafka-features --bootstrap-server {b} disable --feature group.version --dry-run
kafka-metadata-quorum --bootstrap-server {b} describe --status
kafka-metadata-quorum --bootstrap-server {b} describe --replication
kafka-metadata-quorum --bootstrap-server {b} describe
kafka-metadata-quorum --bootstrap-server {b} describe --status --human-readable
kafka-log-dirs --bootstrap-server {b} --describe --topic-list tweets
kafka-log-dirs --bootstrap-server {b} --describe --topic-list tweets,single --broker-list 1
kafka-log-dirs --bootstrap-server {b} --describe --broker-list 1,9
kafka-log-dirs --bootstrap-server {b}
kafka-transactions --bootstrap-server {b} list
kafka-transactions --bootstrap-server {b} describe --transactional-id nope
kafka-transactions --bootstrap-server {b} describe-producers --topic defaults --partition 0
kafka-transactions --bootstrap-server {b} abort --topic defaults --partition 0 --start-offset 5
kafka-transactions --bootstrap-server {b} abort --topic defaults --partition 0
kafka-transactions --bootstrap-server {b} find-hanging --topic defaults
kafka-transactions --bootstrap-server {b} find-hanging
'''

# The same files for both: a copy of what the first broker wrote.
DUMPS = r'''
kafka-dump-log --files {f}/single-0/00000000000000000000.log
kafka-dump-log --files {f}/single-0/00000000000000000000.log --print-data-log
kafka-dump-log --files {f}/tweets-0/00000000000000000000.log,{f}/tweets-1/00000000000000000000.log --deep-iteration
kafka-dump-log --files {f}/tweets-2/00000000000000000000.log --print-data-log --skip-record-metadata
kafka-dump-log --files {f}/indexed-0/00000000000000000000.index
kafka-dump-log --files {f}/indexed-0/00000000000000000000.timeindex
kafka-dump-log
'''

# Consumers without a group: Apache's leave groups of random names behind.
GROUPLESS = r'''
kafka-console-consumer --bootstrap-server {b} --topic single --from-beginning --max-messages 3
kafka-console-consumer --bootstrap-server {b} --topic single --from-beginning --max-messages 2 --property print.key=true --property print.value=true
kafka-console-consumer --bootstrap-server {b} --topic tweets --isolation-level read_committed --from-beginning --timeout-ms 3000 | sort
'''

# Names of earlier releases, which Apache's tools of today refuse: these must do their work.
OLD_NAMES = r'''
kafka-topics.sh --zookeeper localhost:2181 --list
kafka-topics.sh --broker-list {b} --list
kafka-console-producer.sh --broker-list {b} --topic single --property parse.key=true << k\tv\n
kafka-console-consumer.sh --zookeeper localhost:2181 --topic single --from-beginning --max-messages 1 --property print.key=true
kafka-console-consumer --bootstrap-server {b} --whitelist sing.* --from-beginning --max-messages 1 --new-consumer
kafka-get-offsets --broker-list {b} --topic single --time -1
kafka-run-class.sh kafka.tools.GetOffsetShell --broker-list {b} --topic single --time -1
kafka-run-class.sh kafka.admin.TopicCommand --bootstrap-server {b} --list
kafka-consumer-groups --new-consumer --bootstrap-server {b} --list
cub kafka-ready -b {b} 1 10
ub kafka-ready 1 10 -b {b}
kafkacat -L -b {b}
rpk topic create made-by-rpk -p 2 -X brokers={b}
rpk topic list --brokers {b}
rpk topic describe made-by-rpk -a --brokers {b}
rpk cluster health --brokers {b}
rpk cluster info --brokers {b}
rpk group list --brokers {b}
rpk topic produce made-by-rpk -k key --brokers {b} << value\n
rpk topic consume made-by-rpk -n 1 --brokers {b}
rpk topic delete made-by-rpk --brokers {b}
'''

# kcat itself and ours, on one broker; what is written goes to a topic of each: {t}.
KCAT = r'''
kcat -b {b} -P -t {t} -K : << a:1\nb:2\nc:3\nd:4\ne:5\n
kcat -b {b} -P -t {t} -k fixed -H h=v -H n -z zstd << with headers\n
kcat -b {b} -P -t {t} -p 1 -Z -K : << z:\n
kcat -b {b} -L -t {t}
kcat -b {b} -C -t {t} -e -f %p|%o|%k|%K|%s|%S|%h|%t\n
kcat -b {b} -C -t {t} -eq -K \t
kcat -Ct {t} -b {b} -p 1 -o 0 -c 1 -f %s\n
kcat -b {b} -C -t {t} -o -1 -e -q
kcat -b {b} -C -t {t} -p 1 -e -Z -f %k=%s\n
kcat -b {b} -C -t {t} -e -J
kcat -b {b} -Q -t {t}:0:-1 -t {t}:1:-2
kcat -b {b} -C -t {t} -o s@0 -o e@99999999999999 -eq
kcat -b {b} -C -t {t} -p 99 -e
kcat -L
'''

PARTS = {'topics': TOPICS, 'console': CONSOLE, 'offsets': OFFSETS, 'groups': GROUPS, 'configs': CONFIGS, 'versions': VERSIONS, 'admin': ADMIN, 'groupless': GROUPLESS, 'members': MEMBERS + DUMPS}

CLASSES = {
    'kafka-cluster': 'org.apache.kafka.tools.ClusterTool',
    'kafka-dump-log': 'org.apache.kafka.tools.DumpLogSegments',
    'kafka-features': 'org.apache.kafka.tools.FeatureCommand',
    'kafka-log-dirs': 'org.apache.kafka.tools.LogDirsCommand',
    'kafka-metadata-quorum': 'org.apache.kafka.tools.MetadataQuorumCommand',
    'kafka-transactions': 'org.apache.kafka.tools.TransactionsCommand',
    'kafka-broker-api-versions': 'org.apache.kafka.tools.BrokerApiVersionsCommand',
    'kafka-configs': 'kafka.admin.ConfigCommand',
    'kafka-console-consumer': 'org.apache.kafka.tools.consumer.ConsoleConsumer',
    'kafka-console-producer': 'org.apache.kafka.tools.ConsoleProducer',
    'kafka-consumer-groups': 'org.apache.kafka.tools.consumer.group.ConsumerGroupCommand',
    'kafka-delete-records': 'org.apache.kafka.tools.DeleteRecordsCommand',
    'kafka-get-offsets': 'org.apache.kafka.tools.GetOffsetShell',
    'kafka-topics': 'org.apache.kafka.tools.TopicCommand',
}

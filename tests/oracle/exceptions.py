"""What may differ between Apache Kafka and Odradek, by name, each with its reason; and what is not compared yet.

An exception is a rule over one difference: the API, the path of the field, the two values.  A run counts how often each was
used, and docs/compatibility.md is written from this list.
"""
import collections
import functools
import os

import schema

# APIs that clients may call and that are left out until Odradek serves them.
NOT_YET = {}


def each(names, reason):
    return dict.fromkeys(names.split(), reason)


SECURITY = 'security comes later: without an authorizer and SASL there is nothing behind it'
# What Apache serves and Odradek does not, why.
UNSERVED = {
    **each('AlterUserScramCredentials', SECURITY),
    **each('ConsumerGroupHeartbeat', 'groups of the consumer protocol (KIP-848) come later'),
    **each('ShareGroupHeartbeat ShareGroupDescribe ShareFetch ShareAcknowledge InitializeShareGroupState ReadShareGroupState WriteShareGroupState '
           'DeleteShareGroupState ReadShareGroupStateSummary DescribeShareGroupOffsets AlterShareGroupOffsets DeleteShareGroupOffsets',
           'share groups (KIP-932) come later'),
    **each('StreamsGroupHeartbeat StreamsGroupDescribe', 'groups of the streams protocol (KIP-1071) come later'),
}
# Apache 4.3.1 advertises Produce from 0 so that librdkafka keeps its codecs (KAFKA-18659), and closes the connection on v0-v2.
ADVERTISED_ONLY_BELOW = {'Produce': 3}
# APIs whose lowest version is another than that of 3.9, why.
FLOORS = {}

Rule = collections.namedtuple('Rule', 'name apis reason allows')


def is_time(value):
    return isinstance(value, int) and value > 1_750_000_000_000


def message_text(step, difference):
    return difference.name() in ('error_message', 'batch_index_error_message') and (difference.apache is None) == (difference.ours is None)


def broker_times(step, difference):
    return difference.name() in ('log_append_time_ms', 'transaction_start_time_ms', 'last_timestamp', 'last_fetch_timestamp',
                                   'last_caught_up_timestamp', 'timestamp', 'batch_timestamp', 'batch_max_timestamp', 'message_timestamp') and \
        is_time(difference.apache) and is_time(difference.ours)


LATER_FEATURES = {'group.version', 'share.version', 'streams.version'}


def later_features(step, difference):
    """Features that only Apache has, and only these."""
    return difference.name() in ('supported_features', 'finalized_features') and isinstance(difference.apache, list) and \
        isinstance(difference.ours, str) and {feature['name'] for feature in difference.apache} <= LATER_FEATURES


def is_created(step, difference):
    """A topic that Apache says is not there, and Odradek describes."""
    if step.version >= 4 and not step.value.get('allow_auto_topic_creation', True):
        return False
    apache, ours = difference.entries(2)
    return difference.path[0] == 'topics' and len(difference.path) > 1 and apache.get('error_code') in (3, 5) and ours.get('error_code') == 0


def is_hidden(step, difference):
    """An offset by time that only Odradek finds, in a log that has lost its beginning."""
    apache, ours = difference.entries(4)
    return difference.name() in ('timestamp', 'offset', 'leader_epoch') and apache.get('offset') == -1 and apache.get('error_code') == 0 and \
        ours.get('error_code') == 0 and difference.entries(2)[0].get('name') in difference.shortened


INVALID_TXN_STATE, TRANSACTION_ABORTABLE = 48, 120
FIRST_WITH_ABORTABLE = {'Produce': 11, 'TxnOffsetCommit': 4}


def is_verified_together(step, difference):
    """The code, and its words, of a transaction that a partition is no part of.  Odradek must have that of the request's own version."""
    apache, ours = difference.entries(len(difference.path) - 1)
    own, other = INVALID_TXN_STATE, TRANSACTION_ABORTABLE
    if step.version >= FIRST_WITH_ABORTABLE[step.api.name]:
        own, other = other, own
    return difference.name() in ('error_code', 'error_message') and (apache.get('error_code'), ours.get('error_code')) == (other, own)


KINDS_OF_CONFIGS = {'topic': 2, 'broker': 4, 'client-metrics': 16}
BROKER_CONFIGS, GROUP_CONFIGS, INVALID_REQUEST = 4, 32, 42


@functools.lru_cache(maxsize=None)
def apache_configs():
    """{type of resource: {name: (default, whether it is read-only)}} of Apache Kafka 4.3.1."""
    found = {kind: {} for kind in KINDS_OF_CONFIGS.values()}
    with open(os.path.join(schema.ROOT, 'tests', 'cluster', 'config', 'apache_configs.tsv'), encoding='utf-8') as file:
        for line in file:
            scope, _, rest = line.rstrip('\n').partition('\t')
            if scope in KINDS_OF_CONFIGS:
                name, _, default, update = rest.split('\t')[:4]
                found[KINDS_OF_CONFIGS[scope]][name] = None if default == '(null)' else default, update == 'read-only'
    return found


def of_release(step, difference):
    """Version 0 is compared with 3.9.2.  Other than there is what 4.3.1 has got, lost or changed since, as its table has it."""
    if step.version > 0 or len(difference.path) < 3 or difference.path[0] != 'results':
        return False
    resource = difference.entries(2)[0]
    if resource.get('resource_type') == GROUP_CONFIGS:
        return resource.get('error_code') == INVALID_REQUEST
    if len(difference.path) < 4 or difference.path[2] != 'configs':
        return False
    apache, ours = difference.entries(4)
    name = difference.path[3] if isinstance(difference.path[3], str) else ours.get('name')
    configs = apache_configs().get(resource.get('resource_type'), {})
    if 'absent' in (difference.apache, difference.ours):
        return (difference.apache == 'absent') == (name in configs)
    if resource.get('resource_type') != BROKER_CONFIGS or name not in configs:
        return False
    default, is_read_only = configs[name]
    if difference.name() == 'read_only':
        return difference.ours == is_read_only
    if difference.name() in ('value', 'is_sensitive') and apache.get('is_sensitive') and apache.get('value') is None:
        return not ours.get('is_sensitive')  # what 3.9.2 does not know it does not show
    return difference.name() == 'value' and difference.ours == default


def of_loggers(step, difference):
    apache, ours = difference.entries(2)
    return difference.path[0] == 'results' and len(difference.path) > 2 and difference.path[2] == 'configs' and \
        apache.get('resource_type') == 8 and ours.get('resource_type') == 8


EXCEPTIONS = [
    Rule('error texts', 'all', 'an error message is prose for people; whether there is one is compared, its words are not', message_text),
    Rule('the clock', 'all', 'times that a broker takes from its own clock', broker_times),
    Rule('measured sizes', 'DescribeLogDirs', 'the free and total bytes of a disk change while they are measured',
         lambda step, difference: step.api.name == 'DescribeLogDirs' and difference.name() in ('usable_bytes', 'total_bytes') and
         difference.apache > 0 and difference.ours > 0),
    Rule('features', ('ApiVersions',), 'features of group protocols that are not served yet: ' + ', '.join(sorted(LATER_FEATURES)), later_features),
    Rule('features\' epoch', ('ApiVersions',), 'it is a position in the metadata log, where each controller has written its own records',
         lambda step, difference: difference.name() == 'finalized_features_epoch' and min(difference.apache, difference.ours) >= 0),
    Rule('auto-creation', ('Metadata',), 'Apache answers that the topic is unknown, and creates it afterwards; Odradek answers when it is there, '
         'because old clients take the first answer for final',
         is_created),
    Rule('the beginning of a batch', ('Fetch',), 'Apache fills up the limit with a part of the next batch, which every client must throw away; '
         'Odradek ends where a batch ends',
         lambda step, difference: difference.name() == 'records' and isinstance(difference.apache, list) and difference.ours == [] and
         all(list(item) == ['part'] for item in difference.apache)),
    Rule('before the log start', ('ListOffsets',), 'Apache finds no offset of a time that a deleted record reaches, until its retention has come round to the record\'s segment; '
         'Odradek finds the next record at once',
         is_hidden),
    Rule('verified together', ('Produce', 'TxnOffsetCommit'), 'Apache asks the coordinator for several connections at once, and answers all of them with INVALID_TXN_STATE or all with '
         'TRANSACTION_ABORTABLE, whichever the version of the first one knows; Odradek answers each as its own version wants',
         is_verified_together),
    Rule('configs of a release', ('DescribeConfigs',), 'version 0 is compared with 3.9.2: configs that 4.3.1 has got, lost or changed since, and groups, whose configs 3.9.2 does not show', of_release),
    Rule('own configs', ('DescribeConfigs',), 'what only Odradek can be told: odradek.*; Apache takes them for configs that it does not know',
         lambda step, difference: len(difference.path) > 3 and difference.path[2] == 'configs' and str(difference.path[3]).startswith('odradek.')),
    Rule('documentation', ('DescribeConfigs',), 'what a config means is told in other words; whether it is told is compared',
         lambda step, difference: difference.name() == 'documentation' and bool(difference.apache) == bool(difference.ours)),
    Rule('loggers', 'DescribeConfigs', 'the loggers of a broker (resource type 8) are those of its own program',
         of_loggers),
    Rule('the metadata log', 'DescribeQuorum', 'each controller has written its own records: positions in the log are not the same',
         lambda step, difference: step.api.name == 'DescribeQuorum' and difference.name() in ('high_watermark', 'log_end_offset', 'leader_epoch') and
         difference.apache > 0 and difference.ours > 0),
]


# What is made equal before answers are compared: name, where, why.
TREATED = [
    ('order', 'all', 'Apache answers many lists in the order of a hash map: entries are compared in one order, and those of one topic together'),
    ('own choices', 'all', 'ids of producers, topics, members and sessions, ports, directories and the cluster\'s id stand for the request that brought them'),
    ('broken UTF-8', 'all', 'Apache answers with replacement characters, Odradek with the bytes that came'),
    ('not yet', 'transactions', 'where one of the two answers CONCURRENT_TRANSACTIONS, it is asked again for half a second, as clients do'),
]


def explain(step, difference):
    """The exception that covers it, or None."""
    for rule in EXCEPTIONS:
        if (rule.apis == 'all' or step.api.name in rule.apis) and rule.allows(step, difference):
            return rule
    return None


NONE = Rule('', '', '', None)

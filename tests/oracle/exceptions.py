"""What may differ between Apache Kafka and Odradek, by name, each with its reason; and what is not compared yet.

An exception is a rule over one difference: the API, the path of the field, the two values.  A run counts how often each was
used, and docs/compatibility.md is written from this list.
"""
import collections

# APIs that clients may call and that are left out until Odradek serves them.
NOT_YET = {}


def each(names, reason):
    return dict.fromkeys(names.split(), reason)


SECURITY = 'security comes later: without an authorizer and SASL there is nothing behind it'
# What Apache serves and Odradek does not, why.
UNSERVED = {
    **each('SaslHandshake SaslAuthenticate DescribeAcls CreateAcls DeleteAcls CreateDelegationToken RenewDelegationToken '
           'ExpireDelegationToken DescribeDelegationToken DescribeUserScramCredentials AlterUserScramCredentials', SECURITY),
    **each('ConsumerGroupHeartbeat ConsumerGroupDescribe', 'groups of the consumer protocol (KIP-848) come later'),
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
                                   'last_caught_up_timestamp', 'timestamp', 'batch_timestamp', 'batch_max_timestamp') and \
        is_time(difference.apache) and is_time(difference.ours)


def odd_lists(step, difference):
    return has_odd_list(step.value, False)


def has_odd_list(value, inside):
    """Whether a list of a request names something twice, a topic or a partition of it, or a topic without partitions."""
    if isinstance(value, dict):
        return any(has_odd_list(item, True) for item in value.values())
    if not isinstance(value, list):
        return False
    if not value and inside:
        return True
    names = [repr(next(iter(item.values()), None)) if isinstance(item, dict) else repr(item) for item in value]
    return len(names) != len(set(names)) or any(has_odd_list(item, True) for item in value)


LATER_FEATURES = {'group.version', 'share.version', 'streams.version'}


def later_features(step, difference):
    """Features that only Apache has, and only these."""
    return difference.name() in ('supported_features', 'finalized_features') and isinstance(difference.apache, list) and \
        isinstance(difference.ours, str) and {feature['name'] for feature in difference.apache} <= LATER_FEATURES


def may_create(step):
    return step.version < 4 or step.value.get('allow_auto_topic_creation', True)


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
         lambda step, difference: may_create(step) and difference.path[0] == 'topics'),
    Rule('the beginning of a batch', ('Fetch',), 'Apache fills up the limit with a part of the next batch, which every client must throw away; '
         'Odradek ends where a batch ends',
         lambda step, difference: difference.name() == 'records' and isinstance(difference.apache, list) and isinstance(difference.ours, str) and
         all(list(item) == ['part'] for item in difference.apache)),
    Rule('documentation', ('DescribeConfigs',), 'what a config means is told in other words; whether it is told is compared',
         lambda step, difference: difference.name() == 'documentation' and bool(difference.apache) == bool(difference.ours)),
    Rule('groups of offsets alone', ('JoinGroup',), 'Apache keeps an object for a group that has only offsets, Odradek does not: a stranger who joins it '
         'without a protocol is told that he is one, instead of that the protocol does not fit',
         lambda step, difference: difference.name() == 'error_code' and (difference.apache, difference.ours) == (23, 25)),
    Rule('broken UTF-8', 'all', 'Apache answers with replacement characters, Odradek with the bytes that came',
         lambda step, difference: isinstance(difference.ours, str) and
         difference.ours.encode('utf-8', 'surrogateescape').decode('utf-8', 'replace') == difference.apache),
    Rule('loggers', 'DescribeConfigs', 'the loggers of a broker (resource type 8) are those of its own program',
         lambda step, difference: step.api.name == 'DescribeConfigs' and any(item.get('resource_type') == 8 for item in step.value['resources'] or ())
         and difference.name() != 'error_code'),
    Rule('the metadata log', 'DescribeQuorum', 'each controller has written its own records: positions in the log are not the same',
         lambda step, difference: step.api.name == 'DescribeQuorum' and difference.name() in ('high_watermark', 'log_end_offset', 'leader_epoch') and
         difference.apache > 0 and difference.ours > 0),
    Rule('odd lists', ('Produce', 'Fetch', 'AddPartitionsToTxn', 'OffsetCommit', 'TxnOffsetCommit', 'OffsetFetch', 'WriteTxnMarkers'),
         'a request that names a partition twice, or a topic without partitions, which no client does: Apache keeps some requests in maps', odd_lists),
]


def explain(step, difference):
    """The exception that covers it, or None."""
    for rule in EXCEPTIONS:
        if (rule.apis == 'all' or step.api.name in rule.apis) and rule.allows(step, difference):
            return rule
    return None


NONE = Rule('', '', '', None)

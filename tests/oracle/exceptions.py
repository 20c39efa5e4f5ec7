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


EXCEPTIONS = [
    Rule('error texts', 'all', 'an error message is prose for people; whether there is one is compared, its words are not', message_text),
    Rule('the clock', 'all', 'times that a broker takes from its own clock', broker_times),
    Rule('measured sizes', 'DescribeLogDirs', 'the free and total bytes of a disk change while they are measured',
         lambda step, difference: step.api.name == 'DescribeLogDirs' and difference.name() in ('usable_bytes', 'total_bytes') and
         difference.apache > 0 and difference.ours > 0),
]


def explain(step, difference):
    """The exception that covers it, or None."""
    for rule in EXCEPTIONS:
        if (rule.apis == 'all' or step.api.name in rule.apis) and rule.allows(step, difference):
            return rule
    return None


NONE = Rule('', '', '', None)
